"""Opening a record from a workstation: signed, once, one patient, until the visit ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from health_platform.kernel import clock
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.errors import Gone, PlatformError
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.launch.clients import NewClient, find_client, public_keys, register_client
from health_platform.launch.models import LaunchSession, LaunchTicket
from health_platform.launch.service import recognise, redeem
from tests.launch.conftest import Hospital
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A07", "C10")

LAUNCH, REDEEM, END = "/api/v1/launch", "/api/v1/launch/redeem", "/api/v1/launch/visits/end"


def ticket_of(client: CallerClient, hospital: Hospital, **changes: Any) -> str:
    answer = client.post(LAUNCH, json=hospital.request(**changes))
    assert answer.status_code == 201, answer.json
    return str(answer.json["ticket"])


def opened(client: CallerClient, hospital: Hospital, **changes: Any) -> dict[str, Any]:
    body = {"client": hospital.client_key, "ticket": ticket_of(client, hospital, **changes)}
    answer = client.post(REDEEM, json=body)
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def caller(platform: Platform, token: str, at: Any = None) -> Any:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return recognise(session, token, at or clock.now())


def test_a_ticket_opens_a_session_frozen_to_patient_visit_and_purpose(
    client: CallerClient, hospital: Hospital, platform: Platform
) -> None:
    answer = opened(client, hospital)
    assert answer["record_url"] == "/record/7001" and answer["person_id"] == "7001"
    who = caller(platform, answer["token"])
    assert who.scope.persons == frozenset({7001}) and who.scope.divisions == ()
    assert (who.name, who.purpose, who.person_id, who.facts["visit_no"]) == (
        "陈医生", "TREAT", 7001, "MZ20261120-0417",
    )  # fmt: skip
    assert not any("update" in right or "create" in right for right in who.permissions)


def test_no_secret_is_stored(client: CallerClient, hospital: Hospital, platform: Platform) -> None:
    ticket = ticket_of(client, hospital)
    token = client.post(REDEEM, json={"client": hospital.client_key, "ticket": ticket}).json["token"]
    with platform.database.unit_of_work(system_scope("test")) as session:
        rows = [*session.scalars(select(LaunchTicket)), *session.scalars(select(LaunchSession))]
        kept = " ".join(str(vars(row)) for row in rows)
        trail = " ".join(str(vars(row)) for row in session.scalars(select(AuditEntry)))
    assert ticket not in kept + trail and token not in kept + trail


def test_the_second_use_is_refused_and_closes_the_first(client: CallerClient, hospital: Hospital, platform: Platform) -> None:
    ticket = ticket_of(client, hospital)
    body = {"client": hospital.client_key, "ticket": ticket}
    token = client.post(REDEEM, json=body).json["token"]
    assert caller(platform, token) is not None
    second = client.post(REDEEM, json=body)
    assert (second.status_code, second.json["error"]["code"]) == (410, "launch.ticket_used")
    assert caller(platform, token) is None


def test_a_ticket_dies_after_a_minute_and_belongs_to_its_client(
    client: CallerClient, hospital: Hospital, add_hospital: Callable[..., Hospital]
) -> None:
    other = add_hospital("other-his", 2)
    ticket = ticket_of(client, hospital)
    assert client.post(REDEEM, json={"client": other.client_key, "ticket": ticket}).status_code == 410
    with clock.travel(clock.now() + timedelta(seconds=61)):
        late = client.post(REDEEM, json={"client": hospital.client_key, "ticket": ticket})
    assert (late.status_code, late.json["error"]["code"]) == (410, "launch.ticket")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"aud": "https://elsewhere/api/v1/launch"}, 401),
        ({"iat": 1_000_000_000}, 401),
        ({"purpose": "CURIOSITY"}, 422),
        ({"visit_no": ""}, 422),
        ({"patient": "nobody"}, 422),
    ],
)
def test_wrong_requests_get_no_ticket(client: CallerClient, hospital: Hospital, changes: dict[str, Any], status: int) -> None:
    assert client.post(LAUNCH, json=hospital.request(**changes)).status_code == status


def test_foreign_keys_replays_and_unknown_systems_get_no_ticket(client: CallerClient, hospital: Hospital) -> None:
    stranger = Hospital(hospital.client_key, ECKey.generate_key("P-256"))
    assert client.post(LAUNCH, json=stranger.request()).status_code == 401
    unknown = Hospital("unknown", hospital.key)
    answers = [client.post(LAUNCH, json=one.request()).json["error"] for one in (unknown, stranger)]
    assert answers[0]["code"] == answers[1]["code"] == "launch.signature"
    body = hospital.request()
    assert client.post(LAUNCH, json=body).status_code == 201
    assert client.post(LAUNCH, json=body).json["error"]["code"] == "launch.replayed"


def test_the_session_ends_with_visit_idleness_and_time(client: CallerClient, hospital: Hospital, platform: Platform) -> None:
    token = opened(client, hospital)["token"]
    start = clock.now()
    assert caller(platform, token, start + timedelta(minutes=16)) is None
    for minutes in range(0, 59, 10):
        assert caller(platform, token, start + timedelta(minutes=minutes)) is not None
    assert caller(platform, token, start + timedelta(minutes=61)) is None
    assert client.post(END, json=hospital.request()).json == {"ended": 1}
    assert caller(platform, token, start) is None


def test_a_workstation_shows_one_patient(client: CallerClient, hospital: Hospital, platform: Platform) -> None:
    first = opened(client, hospital)["token"]
    second = opened(client, hospital, patient="P002", visit_no="MZ2")["token"]
    assert caller(platform, first) is None
    assert caller(platform, second).person_id == 7002


def test_a_frame_token_is_the_caller_until_it_is_over(client: CallerClient, hospital: Hospital) -> None:
    bearer = {"Authorization": f"Bearer {opened(client, hospital)['token']}"}
    assert client.get("/console", headers=bearer).status_code == 200
    assert client.post("/api/v1/launch/close", headers=bearer).json == {"ended": 1}
    over = client.get("/console", headers=bearer)
    assert (over.status_code, over.json["error"]["code"]) == (401, "launch.ticket")


def race(platform: Platform, client_key: str, ticket: str, attempts: int) -> list[int]:
    """Statuses of many simultaneous redemptions, each in its own unit of work as a request is."""

    def attempt(_: int) -> int:
        try:
            with platform.database.unit_of_work(system_scope("race")) as session:
                client = find_client(session, client_key)
                assert client is not None
                redeem(session, client, ticket, clock.now())
            return 200
        except Gone as error:
            return error.status

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(attempt, range(attempts)))


def test_of_many_redemptions_one_succeeds(client: CallerClient, hospital: Hospital, platform: Platform) -> None:
    statuses = race(platform, hospital.client_key, ticket_of(client, hospital), 200)
    assert sorted(statuses) == [200] + [410] * 199


@pytest.mark.long
def test_of_ten_thousand_redemptions_one_succeeds(client: CallerClient, hospital: Hospital, platform: Platform) -> None:
    statuses = race(platform, hospital.client_key, ticket_of(client, hospital), 10_000)
    assert sorted(statuses) == [200] + [410] * 9_999


def test_the_bootstrap_page_may_be_framed_by_its_institution_only(
    client: CallerClient, hospital: Hospital, add_hospital: Callable[..., Hospital]
) -> None:
    add_hospital("other-his", 2, "https://other.example.org")
    page = client.get(f"/embed/{hospital.client_key}", headers={"Accept": "text/html"})
    policy = page.headers["Content-Security-Policy"]
    assert policy.split("frame-ancestors ")[1] == "https://his.example.org"
    assert page.headers["Referrer-Policy"] == "no-referrer" and page.headers["Cache-Control"] == "no-store"
    assert client.get("/embed/unknown").status_code == 404


@pytest.mark.parametrize(
    "origin",
    ["https://*.example.org", "http://his.example.org", "https://his.example.org/path", "https://a b", "javascript:x",
     "https://user@his.example.org", "https://his.example.org;https://evil.org", "null", ""],
)  # fmt: skip
def test_only_exact_secure_origins_are_registered(origin: str, platform: Platform) -> None:
    key = ECKey.generate_key("P-256")
    with platform.database.unit_of_work(system_scope("test")) as session:
        new = NewClient("x-his", "x", 1, "x", "411525000000", (origin,), {"keys": [key.as_dict(private=False)]})
        with pytest.raises(PlatformError, match=r"launch\.origin"):
            register_client(session, new)


def test_private_keys_are_refused(platform: Platform) -> None:
    with pytest.raises(PlatformError, match=r"launch\.keys"):
        public_keys({"keys": [ECKey.generate_key("P-256").as_dict(private=True)]})
