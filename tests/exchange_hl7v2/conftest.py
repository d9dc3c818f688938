"""One platform with person index, pipeline and exchange for all tests of this folder; every test is a sender of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from etl.api import ensure_tables
from exchange.hl7v2.message import Message, read
from exchange.hl7v2.models import Hl7Sender
from exchange.hl7v2.receive import Receiver
from exchange.hl7v2.server import Arrival, Peer
from health_platform.app import create_platform
from health_platform.datasets.api import dataset
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings

_NUMBERS = itertools.count(50_000)


@pytest.fixture(scope="session")
def exchange_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that takes messages and loads them."""
    settings = Settings(home=tmp_path_factory.mktemp("exchange"), components="empi,etl,exchange", max_upload_bytes=10**8)
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@dataclass
class Facility:
    """A registered sender in a test."""

    platform: Platform
    name: str
    institution_id: int

    def send(self, *contents: bytes, peer: str = "127.0.0.1") -> list[list[Message]]:
        """The answers to each message of a group, as messages."""
        arrivals = [Arrival(Peer(peer), content) for content in contents]
        return [[read(answer) for answer in replies.messages] for replies in Receiver(self.platform)(arrivals)]

    def answer(self, content: bytes) -> Message:
        """The only answer to one message."""
        ((answer,),) = self.send(content)
        return answer

    def work(self) -> None:
        Worker(self.platform).drain()

    def rows(self, name: str, *fields: str) -> list[tuple[Any, ...]]:
        """Visible rows of this sender by key."""
        wanted, order = ", ".join(fields), ", ".join(dataset(name).key)
        return self.platform.warehouse.execute(
            f"SELECT {wanted} FROM {self.platform.settings.warehouse_database}.{name} FINAL"
            f" WHERE institution = {self.institution_id} AND is_deleted = 0 ORDER BY {order}"
        )

    def unit(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))


def register(platform: Platform, division: str = "411502000000", **changes: Any) -> Facility:
    """A new sender."""
    number = next(_NUMBERS)
    values = {"facility": f"F{number}", "authority": f"A{number}", "institution_id": number, "division_code": division}
    with platform.database.unit_of_work(system_scope("test")) as session:
        session.add(Hl7Sender(**{**values, **changes}))
    return Facility(platform, changes.get("facility", f"F{number}"), number)


@pytest.fixture
def facility(exchange_platform: Platform) -> Facility:
    """A facility nobody else uses."""
    return register(exchange_platform)
