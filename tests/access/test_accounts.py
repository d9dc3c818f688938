"""Accounts: unit administrators open, lock and revive those of their own units; nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from health_platform.access.accounts import service
from health_platform.access.api import User
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid
from tests.access.conftest import PASSWORD, Region, id_number

pytestmark = pytest.mark.system("B08", "A21")
USERS = "/api/v1/access/users"


def person(serial: int, **changes: object) -> dict[str, object]:
    body = {"login_name": f"nurse{serial}", "real_name": "李小红", "id_no": id_number(serial)}
    return {**body, "institution_id": "10", "role": "nurse", **changes}


def test_a_unit_administrator_opens_an_account_that_works(region: Region) -> None:
    admin = region.sign_in("unitadmin")
    made = admin.send("POST", USERS, person(30))
    assert made.status_code == 201, made.text
    nurse = region.sign_in("nurse30", made.json["first_password"])
    assert nurse.pending == "password"
    chosen = {"password": "Quiet-River-42", "again": "Quiet-River-42"}
    assert nurse.send("POST", "/api/v1/access/session/password", chosen).json["pending"] is None
    me = nurse.get("/api/v1/access/session").json
    assert (me["institution_id"], "field.person.name" in me["permissions"]) == ("10", True)
    assert nurse.get(USERS).status_code == 403


def test_a_township_hospital_registers_its_village_clinics_staff(region: Region) -> None:
    admin = region.sign_in("unitadmin")
    made = admin.send("POST", USERS, person(31, institution_id="11", role="village_doctor"))
    assert made.status_code == 201, made.text
    assert made.json["division_code"] == "411503101201"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"institution_id": "20"}, 404),
        ({"institution_id": "12"}, 404),
        ({"institution_id": "999"}, 404),
        ({"institution_id": None}, 422),
        ({"role": "unit_administrator"}, 403),
        ({"role": "auditor"}, 403),
        ({"id_no": "110105194912310021"}, 422),
        ({"real_name": "x1"}, 422),
        ({"login_name": "9lives"}, 422),
        ({"expires_at": "2020-01-01T00:00:00+08:00"}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_what_an_administrator_cannot_open(region: Region, changes: dict[str, object], status: int) -> None:
    admin = region.sign_in("unitadmin")
    body = {key: value for key, value in person(32, **changes).items() if value is not None}
    assert admin.send("POST", USERS, body).status_code == status
    with region.work() as session:
        assert session.scalar(select(User.id).where(User.login_name == "nurse32")) is None


def test_one_national_id_has_one_account_whatever_its_spelling(region: Region) -> None:
    admin = region.sign_in("unitadmin")
    assert admin.send("POST", USERS, person(33)).status_code == 201
    spelled = " ".join(id_number(33).lower())
    again = admin.send("POST", USERS, person(34, id_no=spelled))
    assert (again.status_code, again.json["error"]["code"]) == (409, "access.user.id_no_taken")
    same_login = admin.send("POST", USERS, person(35, login_name="nurse33"))
    assert same_login.json["error"]["code"] == "access.user.login_taken"


def test_an_administrator_sees_only_the_own_units_accounts(region: Region) -> None:
    admin, commission = region.sign_in("unitadmin"), region.sign_in("commission")
    names = {row["login_name"] for row in admin.get(USERS).json["rows"]}
    assert names == {"unitadmin", "publichealth"}
    county = {row["login_name"] for row in commission.get(USERS).json["rows"]}
    assert {"unitadmin", "publichealth", "physician", "commission"} <= county
    assert not {"physician2", "secadmin"} & county
    other = region.id_of("physician2")
    assert admin.get(f"{USERS}/{other}").status_code == 404
    for path in ("lock", "unlock", "password"):
        body = {"reason": "测试原因"} if path == "lock" else None
        assert commission.send("POST", f"{USERS}/{other}/{path}", body).status_code == 404


def test_search_finds_by_name_unit_and_national_id(region: Region) -> None:
    admin = region.sign_in("commission")
    for text in ("physician", "人民医院", id_number(2)):
        rows = admin.get(f"{USERS}?text={text}").json["rows"]
        assert "physician" in {row["login_name"] for row in rows}
    assert admin.get(f"{USERS}?text=%25").json["total"] == 0
    assert id_number(2) not in admin.get(f"{USERS}?text={id_number(2)}").text


def test_locking_ends_sessions_at_once_and_unlocking_revives(region: Region) -> None:
    admin, doctor = region.sign_in("unitadmin"), region.sign_in("publichealth")
    target = region.id_of("publichealth")
    assert admin.send("POST", f"{USERS}/{target}/lock", {"reason": "离职"}).json["status"] == "locked"
    assert doctor.get("/api/v1/access/session").status_code == 401
    refused = region.client().post("/api/v1/access/session", json={"login_name": "publichealth", "password": PASSWORD})
    assert refused.status_code == 401
    assert admin.send("POST", f"{USERS}/{target}/unlock").json["status"] == "active"
    assert region.sign_in("publichealth").get("/api/v1/access/session").status_code == 200


def test_a_reset_password_is_a_first_password(region: Region) -> None:
    admin, target = region.sign_in("unitadmin"), region.id_of("publichealth")
    given = admin.send("POST", f"{USERS}/{target}/password").json["first_password"]
    assert region.sign_in("publichealth", given).pending == "password"


def test_nobody_administers_himself(region: Region) -> None:
    admin, own = region.sign_in("unitadmin"), region.id_of("unitadmin")
    assert admin.send("POST", f"{USERS}/{own}/lock", {"reason": "测试"}).status_code == 403
    assert admin.send("PUT", f"{USERS}/{own}", {"real_name": "王小明"}).status_code == 403


def test_a_password_grows_old(region: Region) -> None:
    with clock.travel(clock.now() + timedelta(days=91)):
        assert region.sign_in("physician").pending == "password"


def test_unused_accounts_are_disabled_and_come_back_by_unlocking(region: Region) -> None:
    later = clock.now() + timedelta(days=91)
    with clock.travel(later), region.work() as session:
        assert service.disable_idle(session) >= 9
        assert service.disable_idle(session) == 0
    with clock.travel(later):
        refused = region.client().post("/api/v1/access/session", json={"login_name": "physician", "password": PASSWORD})
        assert refused.status_code == 401
        actor, target = region.principal("secadmin"), region.id_of("physician")
        with region.work() as session:
            service.unlock(session, actor, target)
            assert service.disable_idle(session) == 0


def test_a_post_account_gets_its_holder_once(region: Region) -> None:
    with region.work() as session:
        target = region.id_of_in(session, "sysadmin")
        assert service.name_post_holder(session, target, "孙七", id_number(70)).real_name == "孙七"
        with pytest.raises(Conflict):
            service.name_post_holder(session, target, "周八", id_number(71))


def test_corrections_keep_the_national_id(region: Region) -> None:
    actor, target = region.principal("commission"), region.id_of("physician")
    with region.as_user("commission") as session:
        changed = service.change_user(session, actor, target, service.UserChange("李新名", phone="13800138000"))
        assert changed.real_name == "李新名"
        assert service.get_user(session, target, secrets=True).id_no == id_number(2)
        with pytest.raises(Invalid):
            service.change_user(session, actor, target, service.UserChange(""))
        with pytest.raises(Denied):
            service.change_user(session, actor, actor.id, service.UserChange("李新名"))
