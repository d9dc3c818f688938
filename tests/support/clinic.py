"""A village clinic on a throw-away platform: enrols, fills in forms and reads lists over the JSON API, as its doctor does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from browser_ui.pages.engine import pages_of
from demonstration.city.institutions import social_credit_code
from health_platform.app import application, create_platform
from health_platform.engine.api import Application, install_application
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from registry.api import InstitutionDraft, load_divisions, register_institution
from tests.support.principals import PrincipalShelf, client_for, principal

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SERIAL = itertools.count(1)

DIVISIONS = (
    ("411500", "信阳市"),
    ("411525", "固始县"),
    ("411525100", "城关镇"),
    ("411525100201", "大塘村"),
    ("411525100202", "小塘村"),
    ("411502", "浉河区"),
    ("411502100", "五里镇"),
    ("411502100201", "河口村"),
)


def id_number(born: date, sex: str = "1", area: str = "411525") -> str:
    """A resident number that holds its check digit."""
    serial = next(_SERIAL) * 2 + (1 if sex == "1" else 0)
    head = f"{area}{born:%Y%m%d}{serial % 1000:03d}"
    return head + "10X98765432"[sum(int(d) * w for d, w in zip(head, _WEIGHTS, strict=True)) % 11]


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a table written with ``|`` under its headings."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


@dataclass
class Region:
    """A platform with divisions and institutions; ``clinic`` gives a doctor's desk."""

    platform: Platform
    app: Flask
    shelf: PrincipalShelf
    units: dict[str, int] = field(default_factory=dict)

    def unit(self, division: str, name: str) -> int:
        """An institution of a division, made once."""
        if name not in self.units:
            with self.platform.database.unit_of_work(system_scope("test")) as session:
                code = social_credit_code(division.ljust(12, "0"), 900_000 + len(self.units))
                draft = InstitutionDraft(name, "D600", division.ljust(12, "0"), date(2010, 1, 1), code=code)
                self.units[name] = register_institution(session, SYSTEM, draft).id
        return self.units[name]

    def clinic(self, division: str = "411525100201", name: str = "大塘村卫生室", **changes: Any) -> Clinic:
        """The desk of a doctor of an institution."""
        unit = self.unit(division, name)
        scope = Scope(divisions=(division,), institutions=frozenset({unit}))
        who = principal(division=division, institution_id=unit, institution_name=name, name="冯村医")
        return Clinic(self, replace(who, scope=scope, **changes))

    def office(self, division: str = "4115") -> Clinic:
        """The desk of an administrator of a division."""
        return Clinic(self, principal(division=division, institution_id=None, name="周管理"))

    def work(self) -> None:
        """Let the worker carry everything out."""
        Worker(self.platform).drain()


@dataclass
class Clinic:
    """What a caller does over the API; ``application`` is the capability at work."""

    region: Region
    who: Principal
    application: str = "hypertension"

    def call(self, method: str, path: str, expect: int | None = None, **body: Any) -> Any:
        """One request; ``expect`` is the status that is right."""
        client = client_for(self.region.app, self.region.platform, self.region.shelf, self.who)
        answer = client.open(f"/api/v1/apps/{self.application}{path}", method=method, **body)
        assert expect is None or answer.status_code == expect, (answer.status_code, answer.get_data(as_text=True)[:2000])
        return answer.json if answer.is_json else answer.data

    def get(self, path: str, **query: Any) -> Any:
        """Read something."""
        return self.call("GET", path, 200, query_string=query)

    def post(self, path: str, body: Mapping[str, Any], expect: int = 201) -> Any:
        """Send something."""
        return self.call("POST", path, expect, json=dict(body))


@contextmanager
def region(home: Path, *more: Application, database_url: str = "") -> Iterator[Region]:
    """A region in a folder, with its own database and warehouse; ``more`` are applications only a test has."""
    settings = Settings(home=home, demonstration=True)
    platform = create_platform(replace(settings, database_url=database_url) if database_url else settings)
    for one in more:
        install_application(platform, one, "tests")
        platform.blueprint(pages_of(one))
    platform.database.create_all()
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    with platform.database.unit_of_work(system_scope("test")) as session:
        load_divisions(session, [{"code": code.ljust(12, "0"), "name": name} for code, name in DIVISIONS])
    yield Region(platform, application(platform), shelf)
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@contextmanager
def on(day: str) -> Iterator[None]:
    """Noon of a day, local time."""
    with clock.travel(datetime.fromisoformat(f"{day}T04:00:00").replace(tzinfo=UTC)):
        yield
