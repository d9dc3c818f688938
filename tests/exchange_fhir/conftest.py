"""One platform with person index, pipeline and FHIR service, and a real HTTP server before it."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.serving import make_server

from etl.api import Sender, Upload, accept, ensure_tables
from health_platform.app import application, create_platform
from health_platform.datasets.api import dataset
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

_NUMBERS = itertools.count(70_000)
BASE = "/fhir/R4"


@pytest.fixture(scope="session")
def fhir_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that serves FHIR and loads what becomes rows."""
    settings = Settings(home=tmp_path_factory.mktemp("fhir"), components="empi,etl,exchange", max_upload_bytes=10**8)
    platform = create_platform(settings)
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    platform.services["test.shelf"] = shelf
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@pytest.fixture(scope="session")
def fhir_app(fhir_platform: Platform) -> Flask:
    return application(fhir_platform)


@dataclass
class Hospital:
    """An institution that speaks FHIR in a test."""

    platform: Platform
    client: CallerClient
    institution_id: int
    division: str

    def call(self, method: str, url: str, content: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, body as JSON (None without), headers."""
        data = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
        kind = "application/fhir+json"
        answer = self.client.open(BASE + url, method=method, data=data, content_type=kind, headers=headers)
        return answer.status_code, json.loads(answer.data) if answer.data else None, answer.headers

    def create(self, resource: dict[str, Any]) -> dict[str, Any]:
        status, body, _ = self.call("POST", f"/{resource['resourceType']}", resource)
        assert status == 201, body
        return body  # type: ignore[no-any-return]

    def ids(self, url: str) -> list[str]:
        """Ids of the matches of a search, in order."""
        status, body, _ = self.call("GET", url)
        assert status == 200, body
        return [entry["resource"]["id"] for entry in body.get("entry", ()) if entry["search"]["mode"] == "match"]

    def upload(self, name: str, row: dict[str, Any]) -> None:
        """A row by another way in."""
        sender = Sender(self.institution_id, self.division)
        with self.platform.database.unit_of_work(system_scope("test")) as session:
            accept(session, Upload.of_rows(sender, "data_api", uuid4().hex, {name: [row]}, "data_api"))

    def work(self) -> None:
        Worker(self.platform).drain()

    def rows(self, name: str, *fields: str) -> list[tuple[Any, ...]]:
        """Visible rows of this sender by key."""
        wanted, order = ", ".join(fields), ", ".join(dataset(name).key)
        return self.platform.warehouse.execute(
            f"SELECT {wanted} FROM {self.platform.settings.warehouse_database}.{name} FINAL"
            f" WHERE institution = {self.institution_id} AND is_deleted = 0 ORDER BY {order}"
        )


@pytest.fixture(scope="session")
def new_hospital(fhir_platform: Platform, fhir_app: Flask) -> Callable[..., Hospital]:
    """Hospitals nobody else uses."""

    def make(division: str = "411502", **changes: Any) -> Hospital:
        number = next(_NUMBERS)
        who = principal(
            kind="client",
            institution_id=number,
            division_code=division.ljust(12, "0"),
            scope=Scope(divisions=(division,), institutions=frozenset({number})),
        )
        shelf = fhir_platform.services["test.shelf"]
        client = client_for(fhir_app, fhir_platform, shelf, replace(who, **changes))
        return Hospital(fhir_platform, client, number, who.division_code)

    return make


@pytest.fixture
def hospital(new_hospital: Callable[..., Hospital]) -> Hospital:
    return new_hospital()


@pytest.fixture(scope="session")
def fhir_server(fhir_app: Flask) -> Iterator[str]:
    """The service behind a real socket; its base URL."""
    server = make_server("127.0.0.1", 0, fhir_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{BASE}"
    server.shutdown()
    thread.join(10)
