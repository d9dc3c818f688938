"""One platform for all tests of these ways in; every test is an institution of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from health_platform.app import application, create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

_INSTITUTIONS = itertools.count(5000)


@pytest.fixture(scope="session")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with the pipeline and the ways in."""
    platform = create_platform(Settings(home=tmp_path_factory.mktemp("ways"), components="etl,exchange"))
    platform.database.create_all()
    platform.services["test.shelf"] = PrincipalShelf()
    platform.authenticator(platform.services["test.shelf"], first=True)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@pytest.fixture(scope="session")
def ways_app(ways: Platform) -> Flask:
    return application(ways)


@pytest.fixture
def caller(ways: Platform, ways_app: Flask) -> Callable[..., CallerClient]:
    """``caller(permissions={...})``: a client of the application; ``caller(None)``: one nobody stands behind."""

    def make(*who: None, **changes: Any) -> CallerClient:
        return client_for(ways_app, ways, ways.services["test.shelf"], None if who else principal(**changes))

    return make


@pytest.fixture
def institution() -> int:
    return next(_INSTITUTIONS)


@pytest.fixture
def sender(caller: Callable[..., CallerClient], institution: int) -> CallerClient:
    """An institution's system that may upload."""
    return caller(kind="client", institution_id=institution, permissions={"exchange.upload"}, division="411502")
