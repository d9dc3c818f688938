"""Facts every institution should know of a patient, gathered from all of them: blood group, histories, vaccinations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from health_platform.records.api import Event, Record, Section

_ABO = re.compile(r"(?<![A-Za-z])(AB|A|B|O)\s*型?(?![A-Za-z])", re.IGNORECASE)
_RH = {"阳": "阳性", "+": "阳性", "pos": "阳性", "阴": "阴性", "-": "阴性", "neg": "阴性"}
_PAGE = 500
_PAGES = 10


@dataclass(frozen=True)
class Statement:
    """What one source says: value, who, when (aware UTC), the event of the record."""

    value: str
    institution: str
    at: datetime
    ref: str


@dataclass(frozen=True)
class Blood:
    """Blood group by all sources. ``agreed`` is the value all say, "" when none does or they differ.

    A conflict is shown and never resolved here: before a transfusion the group is determined anew in any case.
    """

    kind: str
    agreed: str
    statements: tuple[Statement, ...]

    @property
    def conflict(self) -> bool:
        return len({one.value for one in self.statements}) > 1


@dataclass(frozen=True)
class Basics:
    """Blood groups, histories and allergies of a patient from every institution, newest first."""

    blood: tuple[Blood, ...]
    histories: tuple[Event, ...]
    allergies: tuple[Event, ...]
    operations: tuple[Event, ...]


def basics_of(record: Record) -> Basics:
    """The basics of a record, as far as its caller may see them."""
    labs = [event for event in every(record, Section.LAB) if "血型" in event.title or "Rh" in event.title]
    problems = every(record, Section.PROBLEM)
    return Basics(
        blood=tuple(_blood(kind, labs) for kind in ("ABO", "Rh")),
        histories=tuple(event for event in problems if event.dataset == "history_item"),
        allergies=tuple(every(record, Section.ALLERGY)),
        operations=tuple(every(record, Section.OPERATION)),
    )


def _blood(kind: str, events: Iterable[Event]) -> Blood:
    told = [(event, group_in(kind, event)) for event in events]
    statements = tuple(Statement(value, event.institution, event.time, event.ref) for event, value in told if value)
    values = {one.value for one in statements}
    return Blood(kind, values.pop() if len(values) == 1 else "", statements)


def group_in(kind: str, event: Event) -> str:
    """The blood group a laboratory result states, "" when it states none of this kind."""
    value = event.value or event.note
    rh = "rh" in event.title.casefold() or "rh" in value.casefold()
    if kind == "Rh":
        return next((word for mark, word in _RH.items() if mark in value.casefold()), "") if rh else ""
    if "rh" in event.title.casefold() and "abo" not in event.title.casefold():
        return ""
    found = _ABO.search(value)
    return f"{found.group(1).upper()}型" if found else ""


def every(record: Record, section: Section) -> list[Event]:
    """Every event of a section the caller may see, newest first."""
    events: list[Event] = []
    cursor = ""
    for _ in range(_PAGES):
        page = record.section(section, cursor=cursor, page_size=_PAGE)
        events += page.events
        cursor = page.cursor
        if not cursor:
            break
    return events
