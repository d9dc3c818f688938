"""Residents: real-name login, family, who looked, objections, hidden classes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from health_platform.kernel import audit, clock
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, system_scope
from health_platform.residents.definitions import COOKIE
from health_platform.residents.family import adult_at
from health_platform.residents.models import AccessObjection, LoginCode, ResidentSession
from health_platform.residents.verifier import NoVerifier
from tests.residents.conftest import PEOPLE, Phones
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("I01")

FANG, GUO, BAO = PEOPLE
API = "/api/v1/resident"
SignedIn = Callable[[str], dict[str, str]]


def claim(id_number: str = FANG, **changes: str) -> dict[str, str]:
    return {"name": PEOPLE[FANG].name, "id_number": id_number, "phone": "13800000001", **changes}


def test_the_code_signs_in_once_and_opens_the_own_record(client: CallerClient, signed_in: SignedIn) -> None:
    bearer = signed_in(FANG)
    assert client.get(f"{API}/me", headers=bearer).json == {"name": "王芳", "person_id": "81", "acting_for": "81"}
    assert client.post(f"{API}/sessions/end", headers=bearer).status_code == 204
    assert client.get(f"{API}/me", headers=bearer).status_code == 401


@pytest.mark.parametrize("changes", [{"name": "李四"}, {"id_number": "411502199901010099"}, {"phone": "13900000000"}])
def test_a_claim_that_does_not_fit_gets_the_same_answer_and_no_code(
    client: CallerClient, phones: Phones, changes: dict[str, str]
) -> None:
    right, wrong = (client.post(f"{API}/codes", json=claim(**extra)) for extra in ({}, changes))
    assert (wrong.status_code, wrong.json.keys()) == (right.status_code, right.json.keys())
    assert len(phones.codes) == 1
    guesses = {"code_id": wrong.json["code_id"], "code": "000000"}
    assert client.post(f"{API}/sessions", json=guesses).json["error"]["code"] == "resident.code"


def test_guessing_a_code_is_hopeless(client: CallerClient, phones: Phones) -> None:
    code_id = client.post(f"{API}/codes", json=claim()).json["code_id"]
    right = phones.codes["13800000001"]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert client.post(f"{API}/sessions", json={"code_id": code_id, "code": wrong}).status_code == 401
    assert client.post(f"{API}/sessions", json={"code_id": code_id, "code": right}).status_code == 401
    for _ in range(4):
        assert client.post(f"{API}/codes", json=claim()).status_code == 201
    assert client.post(f"{API}/codes", json=claim()).status_code == 429


def test_a_code_is_late_after_five_minutes(client: CallerClient, phones: Phones) -> None:
    code_id = client.post(f"{API}/codes", json=claim()).json["code_id"]
    body = {"code_id": code_id, "code": phones.codes["13800000001"]}
    with clock.travel(clock.now() + timedelta(minutes=6)):
        assert client.post(f"{API}/sessions", json=body).status_code == 401


def test_a_browser_gets_a_cookie_that_needs_its_csrf_token(client: CallerClient, phones: Phones) -> None:
    code_id = client.post(f"{API}/codes", json=claim()).json["code_id"]
    body = {"code_id": code_id, "code": phones.codes["13800000001"], "cookie": True}
    answer = client.post(f"{API}/sessions", json=body)
    cookie = client.get_cookie(COOKIE)
    assert answer.json["token"] is None and cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    assert client.get(f"{API}/me").status_code == 200
    refused = client.post(f"{API}/hidden", json={"kinds": ["charge"]})
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "request.csrf")
    as_bearer = client.get("/console", headers={"Authorization": f"Bearer {cookie.value}"})
    assert as_bearer.status_code == 401


def test_no_code_and_no_number_is_stored_readably(client: CallerClient, phones: Phones, platform: Platform) -> None:
    client.post(f"{API}/codes", json=claim())
    with platform.database.engine.connect() as connection:
        kept = " ".join(str(row) for row in connection.execute(select(LoginCode.__table__)))
        raw = connection.exec_driver_sql("select who_index, phone, code_hash from resident_code").all()
    assert phones.codes["13800000001"] not in str(raw[0][2]) and "13800000001" not in str(raw) and FANG not in str(raw)
    assert FANG not in kept


def test_an_adult_must_agree_and_may_end_it(client: CallerClient, signed_in: SignedIn) -> None:
    fang, guo = signed_in(FANG), signed_in(GUO)
    asked = client.post(f"{API}/family", headers=fang, json={"name": "王建国", "id_number": GUO, "relation": "parent"}).json
    assert (asked["state"], asked["person_id"]) == ("asked", None)
    acting = {"person_id": "55"}
    assert client.post(f"{API}/acting", headers=fang, json=acting).status_code == 404
    decide = f"{API}/family/{asked['id']}/decision"
    assert client.post(decide, headers=fang, json={"agreed": True}).status_code == 404
    assert client.post(decide, headers=guo, json={"agreed": True}).json["state"] == "active"
    assert client.post(f"{API}/acting", headers=fang, json=acting).json["acting_for"] == "55"
    assert client.get(f"{API}/me", headers=fang).json["acting_for"] == "55"
    client.post(f"{API}/family/{asked['id']}/end", headers=guo)
    assert client.get(f"{API}/me", headers=fang).json["acting_for"] == "81"


def test_a_child_opens_at_once_and_closes_at_eighteen(client: CallerClient, signed_in: SignedIn) -> None:
    body = {"name": "王小宝", "id_number": BAO, "relation": "child"}
    with clock.travel(datetime(2036, 5, 31, 15, 30, tzinfo=UTC)):
        fang = signed_in(FANG)
        proxy = client.post(f"{API}/family", headers=fang, json=body).json
        assert proxy["state"] == "active"
        assert client.post(f"{API}/acting", headers=fang, json={"person_id": "18"}).status_code == 200
    with clock.travel(datetime(2036, 5, 31, 15, 45, tzinfo=UTC)):
        assert client.get(f"{API}/me", headers=fang).json["acting_for"] == "18"
    with clock.travel(datetime(2036, 5, 31, 16, 5, tzinfo=UTC)):  # the first of June in Xinyang
        assert client.get(f"{API}/me", headers=fang).json["acting_for"] == "81"


def test_a_childs_name_and_number_alone_open_nothing(client: CallerClient, phones: Phones, signed_in: SignedIn) -> None:
    phones.strangers.add("王芳")
    fang = signed_in(FANG)
    answer = client.post(f"{API}/family", headers=fang, json={"name": "王小宝", "id_number": BAO, "relation": "child"})
    assert answer.json["error"]["code"] == "resident.custody"
    assert client.get(f"{API}/family", headers=fang).json == []
    assert client.post(f"{API}/acting", headers=fang, json={"person_id": "18"}).status_code == 404


def test_nobody_adds_a_stranger_by_number_alone(client: CallerClient, signed_in: SignedIn) -> None:
    body = {"name": "别人", "id_number": GUO, "relation": "parent"}
    assert client.post(f"{API}/family", headers=signed_in(FANG), json=body).json["error"]["code"] == "resident.member"


def test_leap_day_children_come_of_age() -> None:
    assert adult_at(date(2008, 2, 29)) == date(2026, 3, 1)


def look_at(platform: Platform, person_id: int, name: str = "陈医生") -> int:
    doctor = Principal(9, "user", name, institution_id=4, institution_name="县人民医院",
                       division_code="411502000000", purpose="TREAT")  # fmt: skip
    with platform.database.unit_of_work(system_scope("test")) as session:
        fact = audit.AuditFact("record.view", "record", person_id=person_id, principal=doctor, kind="browse")
        return audit.record(session, fact)


def test_residents_see_who_looked_and_object_once(
    client: CallerClient, signed_in: SignedIn, platform: Platform, as_principal: Callable[..., CallerClient]
) -> None:
    mine, other = look_at(platform, 81), look_at(platform, 55)
    fang = signed_in(FANG)
    seen = client.get(f"{API}/views", headers=fang).json
    assert [(row["id"], row["actor_name"], row["purpose"]) for row in seen] == [(str(mine), "陈医生", "TREAT")]
    body: dict[str, Any] = {"audit_id": str(mine), "text": "我没有去过这家医院"}
    assert client.post(f"{API}/objections", headers=fang, json=body).status_code == 201
    assert client.post(f"{API}/objections", headers=fang, json=body).status_code == 409
    foreign = {**body, "audit_id": str(other)}
    assert client.post(f"{API}/objections", headers=fang, json=foreign).status_code == 404
    with platform.database.unit_of_work(system_scope("test")) as session:
        objection_id = session.scalar(select(AccessObjection.id))
    verdict = {"state": "misuse", "answer": "经核查属违规调阅，已处理。"}
    path = f"{API}/objections/{objection_id}/answer"
    assert as_principal(division="411525").post(path, json=verdict).status_code == 404
    assert as_principal(division="411502").post(path, json=verdict).json["state"] == "misuse"
    assert client.get(f"{API}/objections", headers=fang).json[0]["answer"] == verdict["answer"]


def test_hidden_classes_are_a_set(client: CallerClient, signed_in: SignedIn) -> None:
    fang = signed_in(FANG)
    assert client.post(f"{API}/hidden", headers=fang, json={"kinds": ["charge", "visit"]}).status_code == 200
    assert client.post(f"{API}/hidden", headers=fang, json={"kinds": ["charge"]}).json == {"kinds": ["charge"]}
    assert client.get(f"{API}/hidden", headers=fang).json == {"kinds": ["charge"]}
    assert client.post(f"{API}/hidden", headers=fang, json={"kinds": ["allergy"]}).status_code == 422


def test_sessions_idle_out(client: CallerClient, signed_in: SignedIn, platform: Platform) -> None:
    bearer = signed_in(FANG)
    with clock.travel(clock.now() + timedelta(minutes=31)):
        assert client.get(f"{API}/me", headers=bearer).status_code == 401
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert session.scalar(select(ResidentSession.token_hash)) not in bearer["Authorization"]


def test_nobody_signs_in_without_a_verification_service() -> None:
    with pytest.raises(PlatformError, match=r"resident\.sender"):
        NoVerifier().confirm("王芳", FANG, "13800000001")
