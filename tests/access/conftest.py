"""A small region for the tests of access control: one county with a township hospital and its village clinic, another county."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.api import (
    NewAccount,
    ResidentDirectory,
    Unit,
    UnitDirectory,
    User,
    change_policy,
    ensure_first_administrators,
    open_account,
)
from health_platform.access.authority.evaluate import Duty
from health_platform.access.signin.authenticate import AccountAuthenticator
from health_platform.app import application, create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of, system_scope
from health_platform.settings import Settings

PASSWORD = "Right-Horse-7x"

UNITS = (
    Unit(10, "平桥区某乡镇卫生院", "411503101000", "medical"),
    Unit(11, "某村卫生室", "411503101201", "medical", 10),
    Unit(12, "平桥区人民医院", "411503001000", "medical"),
    Unit(20, "浉河区人民医院", "411502001000", "medical"),
)


class Units:
    """The institutions of the region."""

    def unit(self, session: Session, unit_id: int) -> Unit | None:
        return next((unit for unit in UNITS if unit.id == unit_id), None)

    def below(self, session: Session, unit_id: int) -> tuple[Unit, ...]:
        return tuple(unit for unit in UNITS if unit.parent_id == unit_id)


class Persons:
    """The residents of the region: one, of the first county."""

    def rules_over(self, session: Session, person_id: int) -> bool:
        return person_id == 777 and scope_of(session).covers_division("411503000000")


UNIT_BY_ID = {unit.id: unit for unit in UNITS}
ACCOUNTS = {
    "commission": ("commission_administrator", "411503000000", None),
    "unitadmin": ("unit_administrator", "411503101000", 10),
    "physician": ("physician", "411503001000", 12),
    "physician2": ("physician", "411502001000", 20),
    "publichealth": ("public_health_doctor", "411503101000", 10),
    "auditor1": ("auditor", "411503000000", None),
}


def id_number(serial: int) -> str:
    """A well-formed national id of nobody."""
    body = f"411502190001{serial // 900 % 28 + 1:02d}{serial % 900 + 100:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def build(settings: Settings) -> Platform:
    platform = create_platform(settings)
    platform.services[UnitDirectory.__qualname__] = Units()
    platform.services[ResidentDirectory.__qualname__] = Persons()
    return platform


@pytest.fixture(scope="session")
def region_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform with the region's accounts, made once; every test works on a copy."""
    home = tmp_path_factory.mktemp("region") / "home"
    platform = build(Settings(home=home, components=""))
    platform.database.create_all()
    with platform.database.unit_of_work(system_scope("test")) as session:
        ensure_first_administrators(session, platform)
        change_policy(session, {"second_factor_for_admins": 0})
        for serial, (name, (role, division, unit)) in enumerate(ACCOUNTS.items()):
            account = NewAccount(name, "张三", id_number(serial), role, division, UNIT_BY_ID.get(unit or 0))
            open_account(session, account, PASSWORD)
    platform.database.close()
    return home


@dataclass
class Region:
    """A platform to sign in to."""

    platform: Platform
    app: Any

    def work(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))

    def id_of(self, login_name: str) -> int:
        with self.work() as session:
            return self.id_of_in(session, login_name)

    def id_of_in(self, session: Session, login_name: str) -> int:
        return session.scalars(select(User.id).where(User.login_name == login_name)).one()

    def duties(self, login_name: str) -> tuple[Duty, ...]:
        """What the grants of an account amount to now."""
        authenticator: AccountAuthenticator = self.platform.service(AccountAuthenticator)
        with self.work() as session:
            user = session.scalars(select(User).where(User.login_name == login_name)).one()
            return authenticator.authority(session, user).duties

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def sign_in(self, login_name: str, password: str = PASSWORD) -> Caller:
        caller = Caller(self.client())
        answer = caller.client.post("/api/v1/access/session", json={"login_name": login_name, "password": password})
        assert answer.status_code == 201, answer.text
        caller.pending, caller.csrf = answer.json["pending"], answer.json["csrf_token"]
        return caller

    def principal(self, login_name: str) -> Principal:
        """The principal of an account, as a request of it would carry."""
        with self.work() as session:
            return self.principal_in(session, login_name)

    def principal_in(self, session: Session, login_name: str) -> Principal:
        authenticator: AccountAuthenticator = self.platform.service(AccountAuthenticator)
        user = session.scalars(select(User).where(User.login_name == login_name)).one()
        return authenticator.principal_of(session, user)

    def as_user(self, login_name: str) -> Any:
        """A unit of work under the scope of an account."""
        return self.platform.database.unit_of_work(self.principal(login_name).scope)


@dataclass
class Caller:
    """A signed-in browser."""

    client: FlaskClient
    csrf: str = ""
    pending: str | None = None

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.open(path, method=method, json=body, headers={"X-CSRF-Token": self.csrf})
        if answer.is_json and "csrf_token" in (answer.json or {}):
            self.csrf = answer.json["csrf_token"]
        return answer

    def get(self, path: str) -> Any:
        return self.client.get(path)


@pytest.fixture
def region(region_home: Path, tmp_path: Path) -> Iterator[Region]:
    shutil.copytree(region_home, tmp_path / "home")
    platform = build(Settings(home=tmp_path / "home", components=""))
    yield Region(platform, application(platform))
    platform.database.close()


@pytest.fixture
def pages(region_home: Path, tmp_path: Path) -> Iterator[Region]:
    """The region with its pages."""
    shutil.copytree(region_home, tmp_path / "home")
    platform = build(Settings(home=tmp_path / "home", components="browser_ui"))
    yield Region(platform, application(platform))
    platform.database.close()


@pytest.fixture
def proxied(region_home: Path, tmp_path: Path) -> Callable[[str], Region]:
    """The region behind a TLS proxy at the given address."""

    def make(proxies: str) -> Region:
        home = tmp_path / "home"
        if not home.exists():
            shutil.copytree(region_home, home)
        platform = build(replace(Settings(home=home, components=""), trusted_proxies=proxies))
        return Region(platform, application(platform))

    return make
