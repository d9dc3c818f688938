"""Fixtures shared by all tests. Nothing here reaches outside the machine; servers listen on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from health_platform.app import application, create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from tests.support import oracle
from tests.support import postgres as postgres_server
from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    max_examples=40,
    # too slow: on a busy machine that says something of the machine, nothing of the test
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.register_profile("thorough", parent=hypothesis_settings.get_profile("suite"), max_examples=2000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

oracle.watch()

_SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Callable[[str], Path]:
    """``shared_data("hl7v2")``: a folder or file of real inputs; the test skips visibly when it is absent."""

    def find(name: str) -> Path:
        path = _SHARED / name
        if not path.exists():
            pytest.skip(f"shared data {name} is not present")
        return path

    return find


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a throw-away platform on SQLite."""
    return Settings(home=tmp_path / "home", demonstration=True)


def _built(settings: Settings) -> Iterator[Platform]:
    platform = create_platform(settings)
    platform.database.create_all()
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    platform.services["test.shelf"] = shelf
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)  # one that idles on costs more processor time than it took to start
    platform.database.close()


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    """A platform on SQLite with all tables and components."""
    yield from _built(settings)


@pytest.fixture
def app(platform: Platform) -> Flask:
    """The web application of ``platform``."""
    made = application(platform)
    made.testing = False
    return made


@pytest.fixture
def as_principal(app: Flask, platform: Platform) -> Callable[..., CallerClient]:
    """``as_principal(division="411502", permissions={"..."})``: a client acting as that caller."""

    def make(who: Principal | None = None, **changes: Any) -> CallerClient:
        return client_for(app, platform, platform.services["test.shelf"], who or principal(**changes))

    return make


@pytest.fixture
def client(app: Flask, platform: Platform) -> CallerClient:
    """A client that nobody stands behind."""
    return client_for(app, platform, platform.services["test.shelf"], None)


@pytest.fixture
def session(platform: Platform) -> Iterator[Session]:
    """A unit of work under the platform's own scope."""
    with platform.database.unit_of_work(system_scope("test")) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_root() -> Iterator[str]:
    """URL of a real PostgreSQL server's superuser; skips visibly when PostgreSQL is not installed."""
    if postgres_server.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres_server.server() as url:
        yield url


@pytest.fixture
def postgres(postgres_root: str) -> Iterator[str]:
    """URL of an empty database of its own on the real PostgreSQL."""
    name = f"t{uuid4().hex[:16]}"
    root = create_engine(postgres_root, isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(postgres_root).set(database=name).render_as_string(hide_password=False)
    with root.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    root.dispose()


@pytest.fixture
def postgres_platform(postgres: str, tmp_path: Path) -> Iterator[Platform]:
    """A platform on real PostgreSQL."""
    yield from _built(Settings(home=tmp_path / "home", demonstration=True, database_url=postgres))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium; the tests skip visibly where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield started
        started.close()
