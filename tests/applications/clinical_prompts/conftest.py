"""A whole platform with one patient of three institutions, a hospital's system, and a served site for the browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

from empi.api import by_credential
from etl.api import Sender, Upload, accept, ensure_tables
from health_platform.app import application, create_platform
from health_platform.kernel import clock
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.launch.api import NewClient, register_client
from health_platform.records.api import ensure_tables as ensure_record_tables
from health_platform.settings import Settings
from tests.journeys.patient import ID_NUMBER, local_id, parcels
from tests.support.principals import CallerClient, PrincipalShelf, client_for, principal

DIVISION = "411502000000"


@dataclass
class City:
    """The platform, its application, and the one patient in it."""

    platform: Platform
    app: Flask
    shelf: PrincipalShelf
    person_id: int
    url: str
    faults: list[str] = field(default_factory=list)

    def acting(self, **changes: Any) -> CallerClient:
        return client_for(self.app, self.platform, self.shelf, principal(**changes))

    def system(self, institution: int = 1, **changes: Any) -> CallerClient:
        """The business system of an institution, with the rights of its interface role."""
        who = Principal(
            900 + institution, "client", f"医院{institution}系统", institution, f"医院{institution}", DIVISION,
            permissions=frozenset({"prompts.check"}),
            scope=Scope(divisions=(DIVISION,), institutions=frozenset({institution})), methods=frozenset({"token"}),
        )  # fmt: skip
        return client_for(self.app, self.platform, self.shelf, who)

    def nobody(self) -> CallerClient:
        return client_for(self.app, self.platform, self.shelf, None)

    def unit(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))


@dataclass
class Hospital:
    """A hospital's side: its client code, its private key, the origin of its pages."""

    city: City
    client_key: str
    key: ECKey
    origin: str

    def launch(self, visit_no: str, patient: str = local_id(1)) -> dict[str, Any]:
        """A ticket for the pop-up or the record, from the real endpoint."""
        claims = {
            "aud": f"{self.city.url}/api/v1/launch", "iat": int(clock.now().timestamp()), "jti": uuid4().hex,
            "doctor_no": "6021", "doctor_name": "陈志强", "department": "心内科", "patient": patient,
            "visit_no": visit_no, "purpose": "TREAT",
        }  # fmt: skip
        body = {"client": self.client_key, "request": jwt.encode({"alg": "ES384"}, claims, self.key, algorithms=["ES384"])}
        answer = self.city.nobody().post("/api/v1/launch", json=body, base_url=self.city.url)
        assert answer.status_code == 201, answer.json
        return dict(answer.json or {})

    def bearer(self, path: str, header: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
        """The header a CDS client sends with a call of ``path``; ``changes`` replace claims."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.origin, "aud": self.city.url + path, "iat": now, "exp": now + 200, "jti": uuid4().hex,
            "tenant": self.client_key, **changes,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = jwt.encode(
            {"alg": "ES384", "typ": "JWT", "kid": "k1", **(header or {})}, claims, self.key, algorithms=["ES384", "ES256"]
        )
        return {"Authorization": f"Bearer {signed}"}

    def call(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        """A signed call of the CDS service."""
        given = self.bearer(path) if headers is None else headers
        return self.city.nobody().post(path, json=body, headers=given, base_url=self.city.url)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The platform, served over a real socket."""
    home = tmp_path_factory.mktemp("prompts")
    components = "registry,empi,etl,applications,browser_ui"
    platform = create_platform(Settings(home=home, demonstration=True, components=components))
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    ensure_record_tables(platform.warehouse)
    _send(platform)
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    app = application(platform)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with platform.database.unit_of_work(system_scope("test")) as session:
        person_id = by_credential(session, "id", ID_NUMBER)[0].person_id
    yield City(platform, app, shelf, person_id, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


def _send(platform: Platform) -> None:
    for number, parcel in enumerate(parcels(clock.now())):
        content = json.dumps(list(parcel.rows), ensure_ascii=False).encode()
        with platform.database.unit_of_work(system_scope("test")) as session:
            sender = Sender(parcel.institution, DIVISION)
            accept(session, Upload(sender, parcel.dataset, f"m{number}", content, "json", "upsert"))
        if parcel.dataset == "emr_patient_info":
            Worker(platform).drain()
    Worker(platform).drain()


@pytest.fixture
def hospital(city: City) -> Hospital:
    """A hospital of its own origin and code, so that no test meets another's cards."""
    return made_hospital(city, 1)


def made_hospital(city: City, institution: int, origin: str = "") -> Hospital:
    key = ECKey.generate_key("P-384", {"kid": "k1"})
    code = f"his-{uuid4().hex[:8]}"
    origin = origin or f"https://{code}.example.org"
    public = {"keys": [key.as_dict(private=False)]}
    new = NewClient(code, "门诊工作站", institution, "固始县人民医院", DIVISION, (origin,), public)
    with city.unit() as session:
        register_client(session, new)
    return Hospital(city, code, key, origin)


@pytest.fixture
def visit() -> str:
    """A visit number nobody else uses."""
    return f"MZ{uuid4().hex[:12]}"


@pytest.fixture
def ask(city: City, visit: str) -> Callable[..., Any]:
    """``ask(("drug", "布洛芬片"))``: the hospital's server checks orders of the patient; returns the answer's JSON."""

    def go(*orders: tuple[str, str], institution: int = 1, **changes: Any) -> Any:
        body = {
            "patient": local_id(institution), "visit_no": visit,
            "doctor": {"number": "6021", "name": "陈志强", "department": "心内科"},
            "orders": [{"key": f"o{n}", "kind": kind, "name": name} for n, (kind, name) in enumerate(orders)], **changes,
        }  # fmt: skip
        answer = city.system(institution).post("/api/v1/prompts/check", json=body)
        assert answer.status_code == 200, answer.json
        return answer.json

    return go
