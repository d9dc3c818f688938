"""Seeing more than the role: special authorisation, relation, emergency access; and less: consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.api import (
    Emergency,
    NewAccount,
    NewRelation,
    NoResidents,
    Rule,
    document_access,
    open_account,
    open_break_glass,
    relate,
    set_consent,
    unrelate,
)
from health_platform.access.authority import break_glass, special
from health_platform.access.authority.models import BreakGlass
from health_platform.access.signin import totp
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, PlatformError
from health_platform.kernel.outbox import OutboxEvent
from health_platform.kernel.scope import Scope
from tests.access.conftest import PASSWORD, UNIT_BY_ID, Persons, Region, id_number

pytestmark = pytest.mark.system("A19")
PERSON = 777


def ask(region: Region, **what: object) -> int:
    actor, grantee = region.principal("commission"), region.id_of("physician")
    until = clock.now() + timedelta(days=7)
    with region.as_user("commission") as session:
        wanted = special.SpecialRequest(grantee, "跨区会诊需要查看资料", until, **what)  # type: ignore[arg-type]
        return special.request_special(session, actor, wanted).id


def test_a_special_authorisation_needs_a_second_person_and_ends_by_itself(region: Region) -> None:
    number = ask(region, person_id=PERSON)
    assert PERSON not in region.principal("physician").scope.persons
    asker, approver = region.principal("commission"), region.principal("secadmin")
    with region.as_user("commission") as session, pytest.raises(Denied):
        special.decide_special(session, asker, number, True, Persons())
    with region.as_user("secadmin") as session:
        special.decide_special(session, approver, number, True, Persons())
        with pytest.raises(Conflict):
            special.decide_special(session, approver, number, False, Persons())
    assert PERSON in region.principal("physician").scope.persons
    with clock.travel(clock.now() + timedelta(days=8)):
        assert PERSON not in region.principal("physician").scope.persons
    with region.as_user("secadmin") as session:
        special.end_special(session, number)
    assert PERSON not in region.principal("physician").scope.persons


def test_a_special_cell_widens_rows_and_nothing_else(region: Region) -> None:
    before = region.duties("physician")
    number = ask(region, prefix="411502")
    approver = region.principal("secadmin")
    with region.as_user("secadmin") as session:
        special.decide_special(session, approver, number, True, Persons())
    after = region.duties("physician")
    divisions = {prefix for duty in after for prefix in duty.divisions}
    assert "411502" in divisions
    assert {key for duty in after for key in duty.permissions} == {key for duty in before for key in duty.permissions}
    assert all(duty.units is None for duty in after if "411502" in duty.divisions)


OUTSIDE = {
    "person": {"person_id": 778},
    "division": {"prefix": "411502"},
    "line": {"line": "cdc"},
    "class": {"document_class": "hiv"},
}


@pytest.mark.parametrize("what", OUTSIDE.values(), ids=OUTSIDE)
def test_an_approver_opens_only_what_he_rules_over(region: Region, what: dict[str, object]) -> None:
    """The approver rules over one county, its medical line and the common document classes, all of it himself."""
    number = ask(region, **what)
    approver = replace(region.principal("commission"), id=1)
    scope = Scope(divisions=("411503",), lines=frozenset({"medical"}), classes=frozenset({"common"}))
    with region.platform.database.unit_of_work(scope) as session, pytest.raises(Denied) as caught:
        special.decide_special(session, approver, number, True, Persons())
    assert caught.value.code == "access.special.beyond"
    with region.platform.database.unit_of_work(scope) as session:
        assert special.decide_special(session, approver, number, False, Persons()).state == "refused"


def test_who_rules_over_one_institution_opens_no_division(region: Region) -> None:
    number = ask(region, prefix="411503")
    approver = replace(region.principal("commission"), id=1)
    scope = Scope(divisions=("411503",), institutions=frozenset({12}))
    with region.platform.database.unit_of_work(scope) as session, pytest.raises(PlatformError):
        special.decide_special(session, approver, number, True, Persons())


def test_nobody_opens_a_person_while_no_index_says_where_he_lives(region: Region) -> None:
    number = ask(region, person_id=PERSON)
    approver = region.principal("secadmin")
    with region.as_user("secadmin") as session, pytest.raises(Denied):
        special.decide_special(session, approver, number, True, NoResidents())


def test_a_forged_approval_counts_for_nothing(region: Region) -> None:
    ask(region, person_id=PERSON)
    engine = create_engine(region.platform.database.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE access_special SET state = 'approved', approver_id = 1"))
        connection.execute(text("UPDATE access_user SET epoch = epoch + 1"))
    engine.dispose()
    assert PERSON not in region.principal("physician").scope.persons


@pytest.mark.parametrize("what", [{}, {"prefix": "411502", "purpose": "短"}, {"prefix": "411502", "days": 400}])
def test_incomplete_requests_are_refused(region: Region, what: dict[str, object]) -> None:
    actor, grantee = region.principal("commission"), region.id_of("physician")
    wanted = special.SpecialRequest(
        grantee,
        str(what.get("purpose", "跨区会诊需要查看资料")),
        clock.now() + timedelta(days=int(str(what.get("days", 7)))),
        prefix=what.get("prefix"),  # type: ignore[arg-type]
    )
    with region.as_user("commission") as session, pytest.raises(Invalid):
        special.request_special(session, actor, wanted)


def test_relations_open_a_person_until_they_end(region: Region) -> None:
    actor, now = region.id_of("physician"), clock.now()
    made = NewRelation(actor, PERSON, "referral", "referral:1", now + timedelta(hours=2), "treatment")
    with region.work() as session:
        assert relate(session, made) == relate(session, made)
    assert region.principal("physician").scope.persons == {PERSON}
    with clock.travel(now + timedelta(hours=3)):
        assert region.principal("physician").scope.persons == frozenset()
    with region.work() as session:
        unrelate(session, "referral", "referral:1")
        with pytest.raises(ValueError, match="unknown kind"):
            relate(session, NewRelation(actor, PERSON, "friend", "x", now))
    assert region.principal("physician").scope.persons == frozenset()


def device_of(session: Session, login_name: str) -> pyotp.TOTP:
    user = session.scalars(select(User).where(User.login_name == login_name)).one()
    device = pyotp.TOTP(totp.begin(session, user))
    totp.confirm(session, user, device.at(int(clock.now().timestamp()) - 30))
    return device


def emergency(device: pyotp.TOTP, reason: str = "患者昏迷送入抢救室，需了解过敏史", ahead: int = 0) -> Emergency:
    return Emergency(PERSON, "unconscious", reason, device.at(int(clock.now().timestamp()) + ahead))


def test_break_glass_opens_one_person_for_an_hour_raises_an_alarm_and_is_reviewed(region: Region) -> None:
    with region.work() as session:
        device = device_of(session, "physician")
    actor, reviewer = region.principal("physician"), region.principal("commission")
    with region.as_user("physician") as session:
        row = open_break_glass(session, actor, emergency(device))
        assert row.expires_at - row.opened_at == timedelta(minutes=60)
    assert region.principal("physician").scope.persons == {PERSON}
    with clock.travel(clock.now() + timedelta(minutes=61)):
        assert region.principal("physician").scope.persons == frozenset()
    with region.work() as session:
        alarms = session.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "access.break_glass_opened")).all()
        assert [alarm["person_id"] for alarm in alarms] == [PERSON]
        with pytest.raises(Denied):
            break_glass.review_break_glass(session, actor, row.id, "justified", "")
    with region.as_user("commission") as session:
        break_glass.review_break_glass(session, reviewer, row.id, "unjustified", "无抢救记录")
        with pytest.raises(Conflict):
            break_glass.review_break_glass(session, reviewer, row.id, "justified", "")
    assert region.principal("physician").scope.persons == frozenset()


def test_break_glass_needs_factor_and_reason_and_each_code_once(region: Region) -> None:
    actor = region.principal("physician")
    with region.as_user("physician") as session, pytest.raises(PlatformError) as caught:
        open_break_glass(session, actor, Emergency(PERSON, "rescue", "抢救患者需要了解过敏史", "123456"))
    assert caught.value.code == "access.break_glass.factor"
    with region.work() as session:
        device = device_of(session, "physician")
    for bad in (
        emergency(device, "短"),
        Emergency(PERSON, "curiosity", "想看看这个人的资料而已", "123456"),
        Emergency(PERSON, "rescue", "抢救患者需要了解过敏史", "000000"),
    ):
        with region.as_user("physician") as session, pytest.raises(Invalid):
            open_break_glass(session, actor, bad)
    once = emergency(device)
    with region.as_user("physician") as session:
        open_break_glass(session, actor, once)
    with region.as_user("physician") as session, pytest.raises(Invalid):
        open_break_glass(session, actor, once)


def test_an_unreviewed_emergency_blocks_its_unit(region: Region) -> None:
    with region.work() as session:
        device = device_of(session, "physician")
    actor, reviewer = region.principal("physician"), region.principal("commission")
    with region.as_user("physician") as session:
        number = open_break_glass(session, actor, emergency(device)).id
    with clock.travel(clock.now() + timedelta(hours=73)):
        with region.as_user("physician") as session, pytest.raises(Denied) as caught:
            open_break_glass(session, actor, emergency(device))
        assert caught.value.code == "access.break_glass.blocked"
        with region.as_user("commission") as session:
            break_glass.review_break_glass(session, reviewer, number, "justified", "核实")
        with region.as_user("physician") as session:
            open_break_glass(session, actor, emergency(device, ahead=30))


def test_reviews_stay_within_the_reviewers_county(region: Region) -> None:
    with region.work() as session:
        device = device_of(session, "physician2")
    actor, reviewer = region.principal("physician2"), region.principal("commission")
    with region.as_user("physician2") as session:
        number = open_break_glass(session, actor, emergency(device)).id
    with region.as_user("commission") as session, pytest.raises(NotFound):
        break_glass.review_break_glass(session, reviewer, number, "justified", "")


def test_break_glass_over_http_is_audited_under_the_person(region: Region) -> None:
    with region.work() as session:
        device = device_of(session, "physician")
        user = session.scalars(select(User).where(User.login_name == "physician")).one()
        used = user.totp_step
    caller = region.sign_in("physician")
    with clock.travel(clock.now() + timedelta(seconds=60)):
        step = int(clock.now().timestamp())
        assert used is not None
        assert caller.send("POST", "/api/v1/access/session/code", {"code": device.at(step)}).json["pending"] is None
    with clock.travel(clock.now() + timedelta(seconds=120)):
        body = {
            "person_id": str(PERSON),
            "reason_code": "rescue",
            "reason": "抢救患者需要了解过敏史",
            "code": device.at(int(clock.now().timestamp())),
        }
        made = caller.send("POST", "/api/v1/access/break-glass", body)
        assert made.status_code == 201, made.text
    with region.work() as session:
        row = session.execute(text("SELECT person_id, actor_name FROM audit_entry WHERE action = 'break_glass.open'")).one()
        assert row.person_id == PERSON
        assert session.scalars(select(BreakGlass)).one().actor_name == row.actor_name


def test_residents_hide_and_open_their_record(region: Region) -> None:
    with region.work() as session:
        account = NewAccount("resident1", "钱居民", id_number(80), "resident", "411503101201", resident_ref=PERSON)
        open_account(session, account, PASSWORD)
    resident, doctor = region.sign_in("resident1"), region.principal("physician")

    def shows(document_class: str, document_id: str | None = None) -> bool:
        with region.work() as session:
            return document_access(session, doctor, PERSON).shows(document_class, document_id)

    consents = "/api/v1/access/consents"
    assert shows("psy")
    made = resident.send("POST", consents, {"effect": "hide", "document_class": "psy"})
    assert made.status_code == 201, made.text
    assert (shows("psy"), shows("lab")) == (False, True)
    body = {"effect": "allow", "document_class": "psy", "target_kind": "institution", "target": "12"}
    assert resident.send("POST", consents, body).status_code == 201
    assert shows("psy")
    assert resident.send("POST", consents, {"effect": "hide", "document_id": "d1"}).status_code == 201
    assert not shows("psy", "d1")
    assert len(resident.get(consents).json) == 3
    for line in resident.get(consents).json:
        assert resident.send("DELETE", f"{consents}/{line['id']}").status_code == 204
    assert shows("psy", "d1")
    assert region.sign_in("physician").get(consents).status_code == 403
    with region.work() as session:
        device = device_of(session, "physician")
    resident.send("POST", consents, {"effect": "hide"})
    assert not shows("lab")
    with region.as_user("physician") as session:
        open_break_glass(session, doctor, emergency(device))
    assert shows("lab")
    with region.work() as session:
        own = document_access(session, region.principal_in(session, "resident1"), PERSON)
        assert own.shows("psy")
        with pytest.raises(Invalid):
            set_consent(session, PERSON, Rule("hide", target_kind="actor"), 1)
    assert UNIT_BY_ID[12].id == doctor.institution_id
