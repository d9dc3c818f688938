"""One platform and one warehouse for all tests of the pipeline; every test is a sender of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from etl.api import Receipt, Sender, Upload, accept, ensure_tables
from health_platform.app import create_platform
from health_platform.datasets.api import dataset
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings

_INSTITUTIONS = itertools.count(1000, 2)  # the one after each is a second of the kill tests


@pytest.fixture(scope="session")
def etl_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform without a person index, so that a patient key is its own shelf."""
    settings = Settings(home=tmp_path_factory.mktemp("etl"), components="etl", max_upload_bytes=10**8)
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@dataclass
class Hospital:
    """A sender in a test: uploads, lets the worker run, and looks at what can be read."""

    platform: Platform
    sender: Sender
    counter: Iterator[int] = field(default_factory=itertools.count)

    def send(self, name: str, rows: Any, *, operation: str = "upsert", message_id: str = "") -> Receipt:
        content = rows if isinstance(rows, bytes) else json.dumps(rows, ensure_ascii=False).encode()
        return self.upload(Upload(self.sender, name, message_id or self.new_id(), content, "json", operation))  # type: ignore[arg-type]

    def upload(self, upload: Upload) -> Receipt:
        with self.platform.database.unit_of_work(system_scope("test")) as session:
            return accept(session, upload)

    def new_id(self) -> str:
        return f"m{next(self.counter)}"

    def work(self) -> None:
        Worker(self.platform).drain()

    def rows(self, name: str, *fields: str) -> list[tuple[Any, ...]]:
        """Visible rows of this sender by key; the named fields."""
        wanted = ", ".join(fields or dataset(name).key)
        order = ", ".join(dataset(name).key)
        return self.platform.warehouse.execute(
            f"SELECT {wanted} FROM {self.platform.settings.warehouse_database}.{name} FINAL"
            f" WHERE institution = {self.sender.institution_id} ORDER BY {order}"
        )

    def unit(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))


@pytest.fixture
def hospital(etl_platform: Platform) -> Hospital:
    """A hospital nobody else uses."""
    return Hospital(etl_platform, Sender(next(_INSTITUTIONS), "411502000000"))


@pytest.fixture
def new_hospital(etl_platform: Platform) -> Callable[[], Hospital]:
    """More hospitals, for tests that run many."""
    return lambda: Hospital(etl_platform, Sender(next(_INSTITUTIONS), "411503000000"))
