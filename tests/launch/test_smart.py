"""SMART App Launch without a browser: the code flow with PKCE, and what a token reaches."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from empi.api import RawIdentity, register
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from health_platform.launch.oauth.definitions import HANDLE_LIFE, SMART_LIFE
from health_platform.launch.oauth.scopes import allows_fhir, granted
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A07", "A11", "B01")

APP = {
    "code": "growth-chart", "name": "生长曲线", "kind": "smart", "launch_uri": "https://app.example/launch.html",
    "redirect_uris": "https://app.example/index.html", "scopes": "launch openid profile patient/*.rs",
}  # fmt: skip
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
AsPrincipal = Callable[..., CallerClient]


@dataclass
class App:
    """The registered app, a person, and the physician who reads the record."""

    platform: Platform
    as_principal: AsPrincipal
    client: CallerClient
    person: int
    iss: str

    def physician(self) -> CallerClient:
        return self.as_principal(
            name="陈志强", permissions={"records.view", "session"}, scope=Scope(persons=frozenset({self.person})),
            purpose="TREAT", institution_id=1, facts={"doctor_no": "6021"},
        )  # fmt: skip

    def handle(self) -> str:
        answer = self.physician().post(f"/api/v1/launch/apps/{APP['code']}/open", json={"person_id": str(self.person)})
        assert answer.status_code == 200, answer.json
        address = urlsplit(answer.json["launch_url"])
        asked = parse_qs(address.query)
        assert f"{address.scheme}://{address.netloc}{address.path}" == APP["launch_uri"] and asked["iss"] == [self.iss]
        return asked["launch"][0]

    def authorise(self, handle: str, **changes: str) -> dict[str, str]:
        """The parameters the app gets back."""
        asked = {
            "response_type": "code", "client_id": APP["code"], "redirect_uri": APP["redirect_uris"], "launch": handle,
            "state": "s1", "scope": "launch openid profile patient/Observation.rs", "aud": self.iss, "code_challenge": CHALLENGE,
            "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        answer = self.client.get("/smart/authorize?" + urlencode({k: v for k, v in asked.items() if v}))
        if answer.status_code != 302:
            return {"error": "not redirected", "text": answer.text}
        assert answer.location.startswith(APP["redirect_uris"])
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}

    def redeem(self, code: str, **changes: str) -> Any:
        form = {"grant_type": "authorization_code", "code": code, "client_id": APP["code"], "redirect_uri": APP["redirect_uris"],
                "code_verifier": VERIFIER, **changes}  # fmt: skip
        return self.client.post("/smart/token", data=form)

    def token(self, **changes: str) -> dict[str, Any]:
        answer = self.redeem(self.authorise(self.handle(), **changes)["code"])
        assert answer.status_code == 200, answer.json
        return dict(answer.json)


@pytest.fixture
def app(platform: Platform, as_principal: AsPrincipal, client: CallerClient) -> App:
    raw = RawIdentity("1", "p1", name="张建国", id_type="01", id_no="11010519491231002X", gender="1", institution_id=1,
                      division_code="411502000000")  # fmt: skip
    with platform.database.unit_of_work(system_scope("test")) as session:
        person = register(session, [raw])[0].person_id
    answer = as_principal().post("/api/v1/launch/apps", json=APP)
    assert answer.status_code == 201 and answer.json["password"] is None, answer.json
    issuer = client.get("/.well-known/openid-configuration").json["issuer"]
    return App(platform, as_principal, client, person, f"{issuer}/fhir/R4")


def observe(app: App, local_id: str, code: str) -> str:
    """A hospital sends a patient and an observation; returns the observation's id."""
    rights = {"exchange.fhir.read", "exchange.fhir.write"}
    hospital = app.as_principal(permissions=rights, institution_id=1, division_code="411502000000")
    patient = send(hospital, {"resourceType": "Patient", "identifier": [{"value": local_id}], "name": [{"text": "某人"}]})
    return send(hospital, {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"code": code}]},
        "subject": {"reference": f"Patient/{patient}"}, "valueString": "CANARY" + local_id,
    })  # fmt: skip


def send(hospital: CallerClient, resource: dict[str, Any]) -> str:
    path = f"/fhir/R4/{resource['resourceType']}"
    answer = hospital.post(path, data=json.dumps(resource), content_type="application/fhir+json")
    assert answer.status_code == 201, answer.text
    return str(answer.get_json(force=True)["id"])


def test_the_configuration_names_what_an_app_needs(app: App) -> None:
    found = app.client.get("/fhir/R4/.well-known/smart-configuration").json
    assert {"launch-ehr", "context-ehr-patient", "permission-v2", "client-public"} <= set(found["capabilities"])
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert urlsplit(found["authorization_endpoint"]).path == "/smart/authorize"
    assert urlsplit(found["token_endpoint"]).path == "/smart/token"


def test_a_launched_app_reads_its_patient_and_nobody_else(app: App) -> None:
    mine = observe(app, "p1", "GLU")
    with app.platform.database.unit_of_work(system_scope("test")) as session:
        other = RawIdentity("1", "p2", name="欧阳秀英", id_type="01", id_no="440524198001010013", gender="2", institution_id=1,
                            division_code="411502000000")  # fmt: skip
        register(session, [other])
    foreign = observe(app, "p2", "GLU")
    token = app.token(scope="launch patient/*.rs")
    assert token["patient"] == f"person-{app.person}"
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    patient = app.client.get(f"/fhir/R4/Patient/{token['patient']}", headers=bearer)
    assert patient.status_code == 200 and patient.get_json(force=True)["id"] == token["patient"]
    found = app.client.get(f"/fhir/R4/Observation?patient={token['patient']}", headers=bearer)
    assert [entry["resource"]["id"] for entry in found.get_json(force=True)["entry"]] == [mine]
    everything = (
        app.client.get("/fhir/R4/Observation", headers=bearer).text + app.client.get("/fhir/R4/Patient", headers=bearer).text
    )
    assert "CANARYp2" not in everything and "pat-p2" not in everything
    assert app.client.get(f"/fhir/R4/Observation/{foreign}", headers=bearer).status_code == 404
    for method, path in (
        ("PUT", f"/fhir/R4/Observation/{mine}"),
        ("GET", "/api/v1/records/files"),
        ("GET", f"/record/{app.person}"),
    ):
        assert app.client.open(path, method=method, headers=bearer).status_code == 403, path


def test_scopes_hold_kind_by_kind(app: App) -> None:
    seen = observe(app, "p1", "GLU")
    token = app.token(scope="launch patient/Observation.s")
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert token["scope"] == "launch patient/Observation.s"
    assert app.client.get("/fhir/R4/Observation", headers=bearer).status_code == 200
    for path in (
        f"Observation/{seen}",
        "Patient",
        "Observation?_include=Observation:subject",
        f"Patient/{token['patient']}/$everything",
    ):
        assert app.client.get(f"/fhir/R4/{path}", headers=bearer).status_code == 403, path


def test_the_id_token_says_who_opened_the_app(app: App) -> None:
    token = app.token(nonce="n-1")
    keys = KeySet.import_key_set(app.client.get("/oidc/jwks").json)
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["aud"], claims["nonce"], claims["name"], claims["doctor_no"]) == ([APP["code"]], "n-1", "陈志强", "6021")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": "https://evil.example/fhir"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "openid patient/*.rs"}, "invalid_request"),
        ({"launch": "guessed"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"redirect_uri": "https://evil.example/"}, "not redirected"),
        ({"client_id": "nobody"}, "not redirected"),
    ],
)
def test_a_request_that_breaks_a_rule_gets_no_code(app: App, changes: dict[str, str], error: str) -> None:
    found = app.authorise(app.handle(), **changes)
    assert "code" not in found and found["error"] == error, found


def test_handles_and_codes_count_once_and_codes_need_their_verifier(app: App) -> None:
    handle = app.handle()
    code = app.authorise(handle)["code"]
    assert app.authorise(handle)["error"] == "invalid_request"
    assert app.redeem(code, code_verifier="w" * 64).status_code == 400
    assert app.redeem(code).status_code == 400  # the failed attempt used it up
    token = app.redeem(code := app.authorise(app.handle())["code"]).json
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert app.client.get("/fhir/R4/Observation", headers=bearer).status_code == 200
    assert app.redeem(code).status_code == 400  # a second use ends what the first one got
    assert app.client.get("/fhir/R4/Observation", headers=bearer).status_code == 401


def test_handles_and_tokens_run_out_and_a_stopped_app_loses_them(app: App) -> None:
    handle, token = app.handle(), app.token()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    with clock.travel(clock.now() + HANDLE_LIFE):
        assert app.authorise(handle)["error"] == "invalid_request"
    with clock.travel(clock.now() + SMART_LIFE):
        assert app.client.get("/fhir/R4/Observation", headers=bearer).status_code == 401
    admin = app.as_principal()
    app_id = admin.get("/api/v1/launch/apps").json[0]["id"]
    assert admin.post(f"/api/v1/launch/apps/{app_id}/switch").json["active"] is False
    assert app.client.get("/fhir/R4/Observation", headers=bearer).status_code == 401
    assert app.physician().post(f"/api/v1/launch/apps/{APP['code']}/open", json={"person_id": str(app.person)}).status_code == 404


def test_only_a_reader_of_the_record_opens_an_app(app: App) -> None:
    stranger = app.as_principal(division="411525", permissions={"records.view", "session"}, purpose="TREAT")
    answer = stranger.post(f"/api/v1/launch/apps/{APP['code']}/open", json={"person_id": str(app.person)})
    assert answer.status_code == 404


def test_only_the_pages_of_registered_apps_may_call_from_the_browser(app: App) -> None:
    path = "/fhir/R4/.well-known/smart-configuration"
    ours = app.client.options(path, headers={"Origin": "https://app.example", "Access-Control-Request-Method": "GET"})
    assert ours.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Credentials" not in ours.headers
    assert "Access-Control-Allow-Origin" not in app.client.get(path, headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in app.client.get("/console", headers={"Origin": "https://app.example"}).headers


WORDS = st.sampled_from(
    ["launch", "openid", "patient/*.rs", "patient/Observation.r", "patient/Observation.read", "patient/Patient.s", "user/*.rs",
     "patient/*.cruds", "system/*.*"]
)  # fmt: skip


@given(st.lists(WORDS), st.lists(WORDS))
def test_an_app_is_never_granted_more_than_it_registered(asked: list[str], registered: list[str]) -> None:
    own = granted(" ".join(asked), registered)
    assert set(own.split()) <= set(asked)
    for method, path in (("GET", "/fhir/R4/Observation"), ("GET", "/fhir/R4/Observation/1"), ("GET", "/fhir/R4/Patient/1")):
        if allows_fhir(own, method, path, ()):
            assert allows_fhir(" ".join(registered), method, path, ())
    assert not allows_fhir(own, "PUT", "/fhir/R4/Observation/1", ()) and not allows_fhir(own, "GET", "/record/1", ())
