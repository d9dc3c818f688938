"""One platform with the real pipeline and warehouse; every test uploads for hospitals of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from etl.api import CodeTranslator, Pipeline, Sender, Upload, accept, ensure_tables
from etl.mapping import Tables
from etl.quality import component, running
from etl.quality.compiling import Scan, scan_statement
from etl.quality.rules import Partner, Rule
from etl.quality.runs import Run
from etl.quality.tables import ensure_tables as ensure_quality_tables
from health_platform.app import create_platform
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings

_INSTITUTIONS = itertools.count(5000)


class AllButX9:
    """A registry of standards that knows every code but X9."""

    def translate(self, session: Session, sender: Sender, wanted: Mapping[str, Iterable[str]]) -> Tables:
        return {table: {code: None if code == "X9" else code for code in codes} for table, codes in wanted.items()}


@pytest.fixture(scope="session")
def quality_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform of the pipeline alone."""
    settings = Settings(home=tmp_path_factory.mktemp("quality"), components="etl", max_upload_bytes=10**8)
    platform = create_platform(settings)
    platform.database.create_all()
    translator: CodeTranslator = AllButX9()
    platform.services[Pipeline.__qualname__] = replace(platform.service(Pipeline), translator=translator)
    ensure_tables(platform.warehouse)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@dataclass
class Hospital:
    """A sender: uploads rows at a moment, and lets the pipeline work."""

    platform: Platform
    sender: Sender
    counter: Iterator[int] = field(default_factory=itertools.count)

    @property
    def id(self) -> int:
        return self.sender.institution_id

    def land(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], at: datetime, operation: str = "upsert") -> None:
        """Upload without letting the pipeline work."""
        with clock.travel(at):
            for number, (name, mine) in enumerate(rows.items()):
                message = f"m{next(self.counter)}-{number}"
                upload = Upload.of_rows(self.sender, "data_api", message, {name: mine}, "data_api")
                with self.platform.database.unit_of_work(system_scope("test")) as session:
                    accept(session, replace(upload, operation=operation))

    def send(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], at: datetime, operation: str = "upsert") -> None:
        self.land(rows, at, operation)
        with clock.travel(at):
            Worker(self.platform).drain()

    def check(self, at: datetime) -> Run:
        """Check what changed, at a moment."""
        with clock.travel(at), self.platform.database.unit_of_work(system_scope("test")) as session:
            days = component.dirty.waiting(session)
        with clock.travel(at):
            return running.check(self.platform, days, "test")


@pytest.fixture
def hospital(quality_platform: Platform) -> Hospital:
    """A hospital nobody else uses."""
    return Hospital(quality_platform, Sender(next(_INSTITUTIONS), "411502000000"))


@pytest.fixture
def hospitals(quality_platform: Platform) -> list[Hospital]:
    """Three hospitals nobody else uses."""
    return [Hospital(quality_platform, Sender(next(_INSTITUTIONS), f"41150{n}000000")) for n in (2, 3, 4)]


@dataclass
class Stored:
    """Visits written straight into the warehouse, for scans of generated rules over generated rows."""

    platform: Platform
    institution: int
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    number: int = 0

    def replace_rows(self, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put these visits in place of those before; the rows as the reference reads them."""
        self.institution = next(_INSTITUTIONS)
        rows = [self._row(number, each) for number, each in enumerate(values)]
        stored = [{name: value for name, value in row.items() if not name.startswith("unmapped.")} for row in rows]
        for row in stored:
            row |= {"unmapped": ["gender"] if row["gender"] == "X9" else [], "institution": self.institution, "version": 1}
        names = list(stored[0])
        self.platform.warehouse.insert("visit", names, [tuple(row[name] for name in names) for row in stored])
        return rows

    def _row(self, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
        started = datetime(2026, 10, 10, 1, tzinfo=UTC)
        fixed = {"visit_no": f"v{number}", "event_time": started, "started_at": started, "patient_key": number, "shelf": number}
        return {**fixed, **values, "received_at": started, "division_code": "411502", "unmapped.gender": values["gender"] == "X9"}

    def scanned(
        self, rules: tuple[Rule, ...], partner: Partner | None = None, whole: bool = False
    ) -> dict[str, tuple[int, int, list[str]]]:
        """Rule → judged, failing, sample keys, of one scan."""
        run_id = new_id()
        scan = Scan("visit", (date(2026, 10, 10),), rules, run_id, "rows", partner, frozenset({"visit"} if whole else ()))
        statement = scan_statement(scan, self.platform.warehouse.place)
        self.platform.warehouse.command(statement.sql, statement.parameters)
        found = self.platform.warehouse.execute(
            "SELECT rules, applicable, failed, samples FROM quality_day FINAL WHERE institution = %(i)s AND version = %(v)s",
            {"i": self.institution, "v": run_id},
        )
        return {code: (j, f, s) for row in found for code, j, f, s in zip(*row, strict=True)}


@pytest.fixture(scope="session")
def stored(quality_platform: Platform) -> Stored:
    """Visits of generated tests."""
    ensure_quality_tables(quality_platform.warehouse)
    return Stored(quality_platform, 0)
