"""How rows of one person are read for one caller: by the person's pairs, and only what the caller may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from health_platform.kernel.db import afterwards, widened
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import Warehouse, load_query
from health_platform.records.filters import FILTERING, NO_FILTER
from health_platform.records.models import RecordSummary
from health_platform.records.overviews import Background
from health_platform.records.ports import InstitutionDirectory, PersonIndex, UploadClock
from health_platform.records.references import encode
from health_platform.records.rows import EventRow, row_of
from health_platform.records.shaping import events_of
from health_platform.records.stored import keep
from health_platform.records.summarising import build
from health_platform.records.summary import FORM, Summary, pairs_digest, restored
from health_platform.records.tables import ensure_tables
from health_platform.records.values import Event, Section
from health_platform.records.visibility import Counted, View, Wishes

_PAGE = load_query(__package__, "event_page.sql")
_ROWS = load_query(__package__, "event_rows.sql")
_COUNTS = load_query(__package__, "event_counts.sql")
# Columns, not an object: nothing is changed here, and an object costs every reading of a record.
_STORED = select(RecordSummary.pairs_digest, RecordSummary.marks, RecordSummary.content, RecordSummary.built_at).where(
    RecordSummary.person_id == bindparam("person")
)


class Reading:
    """One person's rows for one caller, within one unit of work; ``Record`` adds what is asked of them."""

    def __init__(self, platform: Platform, session: Session, person_id: int, view: View, wishes: Wishes | None) -> None:
        self.person_id = person_id
        self.view = view
        self._platform = platform
        self._session = session
        self._wishes = wishes
        index: PersonIndex = platform.service(PersonIndex)
        # A person is visible as a whole or not at all (ADR 4); which rows the caller sees is decided row by row.
        self._located = index.locate(session, person_id)
        self._pairs = sorted(self._located.pairs) if self._located else []

    @property
    def exists(self) -> bool:
        """Whether the person has an identity in the caller's scope."""
        return bool(self._pairs)

    @property
    def in_use(self) -> int:
        """The person id in use: another one than was asked for after a merge."""
        return self._located.person_id if self._located else self.person_id

    def _rows(self, filters: Mapping[str, Any], before: int, limit: int) -> list[EventRow]:
        if not self._pairs:
            return []
        query = _ROWS if FILTERING & filters.keys() else _PAGE
        values = {**filters, **self.view.parameters(), "pairs": tuple(self._pairs), "before": before, "limit": limit}
        return [row_of(row) for row in self._warehouse.query(query, values)]

    def _counts(self, filters: Mapping[str, Any]) -> list[Counted]:
        if not self._pairs:
            return []
        values = {**NO_FILTER, **filters, **self.view.parameters(), "pairs": tuple(self._pairs)}
        return [(row[0], row[1], row[2], row[3]) for row in self._warehouse.query(_COUNTS, values)]

    def _events(self, rows: Iterable[EventRow]) -> tuple[Event, ...]:
        shown = self._shown(rows)
        return events_of(shown, self._background.names_for(shown))

    def _shown(self, rows: Iterable[EventRow]) -> list[EventRow]:
        """Without what the resident hides; of whole classes the queries have left nothing."""
        found = list(rows)
        return [row for row in found if self._wished(row.section, encode(row))] if self._singled_out else found

    def _wished(self, section: str, ref: str) -> bool:
        return self._wishes is None or self._wishes.shows(section, ref)

    @property
    def _singled_out(self) -> bool:
        """Whether the resident says anything of single documents; hardly anybody does, and asking of every row costs."""
        return self._wishes is not None and self._wishes.names_documents

    @cached_property
    def _warehouse(self) -> Warehouse:
        ensure_tables(self._platform.warehouse)
        return self._platform.warehouse

    @cached_property
    def _wanted_summary(self) -> Summary:
        """The summary without the documents the resident hides one by one."""
        found = self._summary
        if not self._singled_out:
            return found
        return replace(found, rows=tuple(row for row in found.rows if not self._hidden_by_name(row)))

    def _hidden_by_name(self, row: EventRow) -> bool:
        """Whether the resident hides this one document; hidden classes are the view's business, and are counted there.

        An allergy is never hidden singly: a physician who does not know of it may kill.
        """
        if self._wishes is None or row.section == Section.ALLERGY or not self._wishes.shows(row.section):
            return False
        return not self._wishes.shows(row.section, encode(row))

    @cached_property
    def _summary(self) -> Summary:
        with widened(self._session, "record summary"):
            stored = self._session.execute(_STORED, {"person": self.in_use}).one_or_none()
            if stored is not None and self._fits(stored.pairs_digest, stored.content):
                return restored(stored.content, stored.built_at)
        made = build(self._warehouse, self._pairs)
        if stored is not None and self._pairs:  # else every reader would build it until the job does
            afterwards(self._session, partial(self._keep, stored.marks, made))
        return made

    def _keep(self, marks: int, made: Summary, session: Session) -> None:
        with widened(session, "record summary"):
            keep(session, self.in_use, marks, self._pairs, made)

    def _fits(self, digest: str, content: Mapping[str, Any]) -> bool:
        """Whether a stored summary is of these identities, and in the form of today."""
        return bool(content.get("form") == FORM) and digest == pairs_digest(self._pairs)

    @cached_property
    def _names(self) -> Mapping[int, str]:
        return self._background.names

    def _names_in(self, rows: Sequence[EventRow]) -> Mapping[int, str]:
        """Institution names for rows that do not say their own, without the summary of the person."""
        said = {row.institution: row.org_name for row in rows if row.org_name}
        silent = sorted({row.institution for row in rows if not row.org_name})
        if not silent:
            return said
        with widened(self._session, "institutions of a record"):
            names = _optional(self._platform, InstitutionDirectory, lambda port: port.names(self._session, silent))
        return {**said, **names}

    @cached_property
    def _background(self) -> Background:
        homes = frozenset(self._located.institutions.values() if self._located else ())
        return Background(homes, partial(self._every_name, homes), partial(self._uploads, homes))

    def _every_name(self, homes: frozenset[int]) -> Mapping[int, str]:
        said = {reach.institution: reach.name for reach in self._summary.reaches if reach.name}
        every = self._institutions(homes)
        with widened(self._session, "institutions of a record"):
            names = _optional(self._platform, InstitutionDirectory, lambda port: port.names(self._session, every))
        return {**said, **names}

    def _uploads(self, homes: frozenset[int]) -> Mapping[int, datetime]:
        every = self._institutions(homes)
        with widened(self._session, "institutions of a record"):
            return _optional(self._platform, UploadClock, lambda port: port.last_uploads(self._session, every))

    def _institutions(self, homes: frozenset[int]) -> list[int]:
        return sorted(homes | {reach.institution for reach in self._summary.reaches})


def _optional(platform: Platform, port: type[Any], ask: Callable[[Any], dict[int, Any]]) -> dict[int, Any]:
    bound = platform.services.get(port.__qualname__)
    return ask(bound) if bound is not None else {}
