"""The resident's own record in plain values. A critical result is held back until a doctor has spoken with the person:
a bare alarming number on a telephone at night helps nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal
from health_platform.records.api import DetailField, Event, LabPoint, LabSeries, Record, Section, open_record
from health_platform.residents.privacy import released

_PAGE = 20  # rows at least; the summary keeps a few more, so that the first page is read off it

# What the API calls a list, and which sections of the record it holds.
LISTS: dict[str, tuple[Section, ...]] = {
    "visits": (Section.VISIT,),
    "reports": (Section.LAB_REPORT, Section.EXAM),
    "results": (Section.LAB,),
    "medication": (Section.DRUG,),
    "vaccinations": (Section.VACCINATION,),
    "services": (Section.SERVICE,),
    "costs": (Section.CHARGE,),
    "documents": (Section.DOCUMENT,),
}


@dataclass(frozen=True)
class Shown:
    """An event as the resident sees it; ``held`` means that the value waits for a doctor.

    ``opened`` is a report whose results have been looked through: only then may its conclusion be told, it may name a number
    that is held.
    """

    event: Event
    held: bool = False
    opened: bool = False

    @property
    def value(self) -> str:
        return "" if self.held else self.event.value

    @property
    def note(self) -> str:
        silent = self.held or (self.event.section is Section.LAB_REPORT and not self.opened)
        return "" if silent else self.event.note


@dataclass(frozen=True)
class Opened:
    """One event in full: its results, and what was written about it unless that waits for a doctor."""

    report: Shown
    items: list[Shown]
    texts: list[DetailField]


@dataclass(frozen=True)
class OwnRecord:
    """The open record of a resident: the own one, or a family member's."""

    record: Record
    told: frozenset[str]

    def page(self, name: str, cursor: str = "") -> tuple[list[Shown], str]:
        """A page of one list and the cursor of the next ("" = none)."""
        events, following = self.record.newest(LISTS[name], cursor=cursor, page_size=_PAGE)
        return self.shown(events), following

    def shown(self, events: Iterable[Event]) -> list[Shown]:
        return [Shown(event, self.held(event)) for event in events]

    def in_full(self, ref: str) -> Opened:
        """One event with its results; a report is held as long as any of them is.

        Raises:
            NotFound: there is no such event in the own record.
        """
        found = self.record.detail(ref)
        items = self.shown(found.items)
        held = self.held(found.event) or any(one.held for one in items)
        texts = [field for field in found.fields if field.sensitivity == "narrative" and field.text]
        return Opened(Shown(found.event, held, opened=True), items, [] if held else texts)

    def held(self, event: Event) -> bool:
        """Whether a result is critical and nobody has spoken with the person yet."""
        return event.critical and event.ref not in self.told

    def trends(self) -> list[LabSeries]:
        """Key results without the held ones: neither a number nor a point of a curve tells them."""
        series = self.record.parts.labs
        told = (replace(one, points=tuple(point for point in one.points if not self._point_held(point))) for one in series)
        return [one for one, whole in zip(told, series, strict=True) if not self._point_held(whole.points[0])]

    def _point_held(self, point: LabPoint) -> bool:
        return point.flag in ("hh", "ll") and point.ref not in self.told

    def waiting(self) -> list[Event]:
        """Critical results that wait for a doctor: told without the number."""
        return [event for event in self.record.parts.critical if self.held(event)]


def own_record(platform: Platform, session: Session, principal: Principal) -> OwnRecord:
    """The record a resident has open.

    Raises:
        NotFound: the master index knows nothing of this person any more.
    """
    person_id = principal.person_id or 0
    return OwnRecord(open_record(platform, session, principal, person_id), released(session, person_id))
