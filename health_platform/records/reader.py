"""``Record``: one person's record as one caller may see it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sqlalchemy.orm import Session

from health_platform.kernel.errors import NotFound
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of
from health_platform.records.courses import Courses
from health_platform.records.filters import EVERY_SECTION, filters_of
from health_platform.records.lists import Lists
from health_platform.records.overviews import Parts
from health_platform.records.paging import END_OF_TIME
from health_platform.records.single_event import SingleEvents
from health_platform.records.values import LifeMark, Overview, Section, Withheld
from health_platform.records.visibility import Wishes, view_of
from health_platform.records.whole_rows import WholeRow, whole_rows

_WHOLE_ROWS = 20_000


class Record(Lists, Courses, SingleEvents):
    """One person's record for one caller, within one unit of work. Read by ``open_record``.

    Every method reads the warehouse by the person's (shelf, patient key) pairs and gives only what the caller may see.
    """

    def overview(self) -> Overview:
        """The overview from the summary row, made on the spot when there is none for these identities."""
        return self._overview

    def life(self) -> tuple[LifeMark, ...]:
        """Events by month and section."""
        return self.parts.life

    def counts(self) -> dict[Section, int]:
        """Reported rows by section."""
        return self.parts.counts

    def withheld(self) -> tuple[Withheld, ...]:
        """What is withheld from this caller, counted by class."""
        return self.parts.withheld

    def rows_of(self, names: Iterable[str], limit: int = _WHOLE_ROWS) -> list[WholeRow]:
        """The newest ``limit`` rows of these datasets in full, as far as the caller may see them, newest first."""
        wanted = frozenset(names)
        shown = [row for row in self._shown(self._rows(filters_of(EVERY_SECTION), END_OF_TIME, limit)) if row.dataset in wanted]
        return whole_rows(self._warehouse, self._pairs, shown) if shown else []

    @cached_property
    def parts(self) -> Parts:
        """The overview part by part, each made when it is asked for, within the unit of work."""
        return Parts(self._wanted_summary, self.view, self._background)

    @cached_property
    def _overview(self) -> Overview:
        return self.parts.whole(self.person_id)


def open_record(
    platform: Platform, session: Session, principal: Principal, person_id: int, wishes: Wishes | None = None
) -> Record:
    """The record of a person for this caller. ``wishes`` are what the resident hides (``access``: ``document_access``).

    Raises:
        NotFound: there is no such person in the caller's scope.
    """
    record = Record(platform, session, person_id, view_of(scope_of(session), principal, person_id, wishes), wishes)
    if not record.exists:
        raise NotFound("record.person_unknown")
    return record
