"""What a physician reads across visits: problems, medicines, laboratory results over time."""

from __future__ import annotations

from health_platform.kernel import clock
from health_platform.records.filters import filters_of
from health_platform.records.gauges import gauged
from health_platform.records.labs import grid_of, item_of, series_of
from health_platform.records.medications import medications_of
from health_platform.records.overviews import measured as measured_of
from health_platform.records.paging import END_OF_TIME
from health_platform.records.problems import family_of, problems_of
from health_platform.records.reading import Reading
from health_platform.records.rows import milliseconds
from health_platform.records.values import Event, LabGrid, LabSeries, Medication, Problem, Section, Window
from health_platform.records.wording import plain

_GRID_ROWS = 3_000
_PROBLEM_ROWS = 1_000
_SERIES_ROWS = 500
_DRUG_DAYS = 730


class Courses(Reading):
    """One person's illnesses and treatments over time."""

    def problems(self) -> tuple[Problem, ...]:
        """The problem list from all diagnoses: the person's own, and suspicions as such, with what tells how each stands."""
        rows = self._rows(filters_of((Section.PROBLEM,)), END_OF_TIME, _PROBLEM_ROWS)
        measured = measured_of(self._wanted_summary, self.view, self._names)
        return gauged(problems_of(self._shown(rows), self._names, clock.now()), measured)

    def family_history(self) -> tuple[Event, ...]:
        """Diseases of relatives."""
        return family_of(self._shown(self._rows(filters_of((Section.PROBLEM,)), END_OF_TIME, _PROBLEM_ROWS)), self._names)

    def medications(self, days: int = _DRUG_DAYS) -> tuple[Medication, ...]:
        """Medicines prescribed in the last ``days``."""
        since = milliseconds(clock.now()) - days * 86_400_000
        filters = {**filters_of((Section.DRUG,)), "since": since}
        return medications_of(self._events(self._rows(filters, END_OF_TIME, _GRID_ROWS)), clock.now())

    def lab_grid(self, days: int = 12, *, window: Window | None = None) -> LabGrid:
        """Cumulative laboratory results of the newest ``days`` days."""
        filters = filters_of((Section.LAB,), window)
        limit = _GRID_ROWS // 15
        while True:
            rows = self._rows(filters, filters["before"], limit)
            newest = sorted({row.day for row in rows}, reverse=True)[: days + 1]
            if len(rows) < limit or len(newest) > days or limit >= _GRID_ROWS:
                return grid_of(self._events([row for row in rows if row.day in newest[:days]]), days)
            limit = min(limit * 4, _GRID_ROWS)

    def lab_series(self, item: str) -> tuple[LabSeries, ...]:
        """All results of one item (its code or name), one series per unit; empty when it was never measured.

        An item named like a key item is found under all its names.
        """
        events = self._events(self._rows(filters_of((Section.LAB,)), END_OF_TIME, _GRID_ROWS))
        wanted = {item_of(event) for event in events if item in (event.code, event.title)} | {plain(item)}
        return series_of([event for event in events if item_of(event) in wanted][:_SERIES_ROWS])
