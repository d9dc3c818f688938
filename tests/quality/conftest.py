"""One platform with the real pipeline and warehouse; every test uploads for hospitals of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from etl.api import CodeTranslator, Pipeline, Sender, Upload, accept, ensure_tables
from etl.quality import component, running
from etl.quality.runs import Run
from health_platform.app import create_platform
from health_platform.datasets.api import ValueSet
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings

_INSTITUTIONS = itertools.count(5000)


class AllButX9:
    """A registry of standards that knows every code but X9."""

    def translate(self, session: Session, sender: Sender, value_set: ValueSet, codes: Iterable[str]) -> Mapping[str, str | None]:
        return {code: None if code == "X9" else code for code in codes}


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

    def send(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], at: datetime, operation: str = "upsert") -> None:
        with clock.travel(at):
            for number, (name, mine) in enumerate(rows.items()):
                upload = Upload.of_rows(self.sender, "data_api", f"m{next(self.counter)}-{number}", {name: mine}, "data_api")
                with self.platform.database.unit_of_work(system_scope("test")) as session:
                    accept(session, upload)
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
