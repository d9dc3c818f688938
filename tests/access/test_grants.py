"""Handing out rights: what an administrator can give, what nobody can, and that it counts at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from health_platform.access.api import Cell, NewAccount, NewGrant, User, grant, open_account, revoke
from health_platform.access.authority import evaluate, roles, store
from health_platform.access.authority.grants import appoint, grantable_roles, root_grant
from health_platform.access.authority.models import Grant, Incumbent
from health_platform.access.setup import ensure_first_administrators, install_definitions
from health_platform.access.units import reach_of
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, PlatformError
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import Settings
from tests.access.conftest import PASSWORD, UNIT_BY_ID, Region, Units, build, id_number

pytestmark = pytest.mark.system("A19", "A21", "B03", "B08")
GRANTS = "/api/v1/access/grants"
TOWN, COUNTY = Cell("411503101", unit=10), Cell("411503")


def refusal(region: Region, giver: str, new: NewGrant) -> str:
    with pytest.raises(PlatformError) as caught, region.work() as session:
        grant(session, region.id_of_in(session, giver), new, Units())
    return caught.value.code.removeprefix("access.grant.")


def test_a_unit_administrator_gives_what_he_cannot_use(region: Region) -> None:
    admin = region.sign_in("unitadmin")
    assert "access.break_glass.open" not in admin.get("/api/v1/access/session").json["permissions"]
    body = {
        "grantee_id": str(region.id_of("publichealth")),
        "role": "nurse",
        "prefix": "411503101",
        "institution_id": "10",
        "may_use": True,
    }
    before = set(region.sign_in("publichealth").get("/api/v1/access/session").json["permissions"])
    made = admin.send("POST", GRANTS, body)
    assert made.status_code == 201, made.text
    after = set(region.sign_in("publichealth").get("/api/v1/access/session").json["permissions"])
    assert before <= after
    listed = admin.get(f"{GRANTS}?grantee_id={body['grantee_id']}").json
    assert made.json["id"] in {line["id"] for line in listed}


def test_every_bound_of_a_delegation_holds(region: Region) -> None:
    target = region.id_of("publichealth")
    base = NewGrant(target, TOWN, role="nurse")
    assert refusal(region, "unitadmin", replace(base, cell=Cell("411503", unit=10))) == "division"
    assert refusal(region, "unitadmin", replace(base, cell=Cell("411503101"))) == "unit"
    assert refusal(region, "unitadmin", replace(base, role="commission_administrator")) in ("permission", "elsewhere")
    assert refusal(region, "unitadmin", replace(base, permission="access.policy.edit", role=None)) == "permission"
    assert refusal(region, "unitadmin", replace(base, may_grant=True, depth=5)) == "depth"
    assert refusal(region, "unitadmin", replace(base, may_use=False)) == "nothing"
    assert refusal(region, "physician", base) == "right"
    assert refusal(region, "unitadmin", replace(base, grantee_id=region.id_of("physician"))) == "elsewhere"
    assert refusal(region, "unitadmin", replace(base, grantee_id=region.id_of("unitadmin"))) == "self"
    assert refusal(region, "unitadmin", replace(base, grantee_id=99)) == "grantee"


def test_a_right_cannot_be_handed_back_up_the_chain(region: Region) -> None:
    with region.work() as session:
        ids = {name: region.id_of_in(session, name) for name in ("secadmin", "commission")}
        pass_on = NewGrant(ids["commission"], COUNTY, role="auditor", may_use=False, may_grant=True, depth=3)
        grant(session, ids["secadmin"], pass_on, Units())
        with pytest.raises(Denied) as caught:
            grant(session, ids["commission"], NewGrant(ids["secadmin"], COUNTY, role="auditor"), Units())
        assert caught.value.code == "access.grant.circle"


def test_revoking_takes_everything_derived_with_it_at_once(region: Region) -> None:
    with region.work() as session:
        ids = {name: region.id_of_in(session, name) for name in ("secadmin", "commission", "unitadmin", "publichealth")}
        top = NewGrant(ids["commission"], COUNTY, role="auditor", may_use=False, may_grant=True, depth=3)
        root = grant(session, ids["secadmin"], top, Units())
        middle = NewGrant(ids["unitadmin"], Cell("411503101"), role="auditor", may_use=False, may_grant=True, depth=2)
        grant(session, ids["commission"], middle, Units())
        grant(session, ids["unitadmin"], NewGrant(ids["publichealth"], Cell("411503101"), role="auditor"), Units())
    caller = region.sign_in("publichealth")
    duties = region.duties("publichealth")
    assert any("audit.read" in duty.permissions or any(key.startswith("audit.") for key in duty.permissions) for duty in duties)
    with region.work() as session:
        assert len(revoke(session, ids["secadmin"], root.id)) == 3
        assert session.get(Incumbent, ids["publichealth"]) is None
    assert not any(key.startswith("audit.") for duty in region.duties("publichealth") for key in duty.permissions)
    assert caller.get("/api/v1/access/session").status_code == 200


def test_a_changed_role_counts_with_the_next_request(region: Region) -> None:
    with region.work() as session:
        security, holder = region.id_of_in(session, "secadmin"), region.id_of_in(session, "publichealth")
        content = roles.RoleContent("helper", "协助员", frozenset({"access.role.read"}))
        role = roles.create_role(session, content)
        grant(session, security, NewGrant(holder, replace(TOWN, below=True), role="helper"), Units())
        role_id = role.id
    caller = region.sign_in("publichealth")
    assert caller.get("/api/v1/access/roles").status_code == 200
    editor = region.principal("secadmin")
    with region.work() as session:
        roles.change_role(session, editor, role_id, replace(content, permissions=frozenset({"access.user.read"})))
    assert caller.get("/api/v1/access/roles").status_code == 403
    with region.work() as session, pytest.raises(Conflict):
        roles.end_role(session, role_id)


def test_nobody_edits_a_role_he_holds(region: Region) -> None:
    with region.work() as session:
        security, commission = region.id_of_in(session, "secadmin"), region.id_of_in(session, "commission")
        content = roles.RoleContent("editor", "编辑", frozenset({"access.role.read"}))
        role = roles.create_role(session, content)
        grant(session, security, NewGrant(commission, COUNTY, role="editor"), Units())
    with pytest.raises(Denied), region.work() as session:
        roles.change_role(session, region.principal_in(session, "commission"), role.id, content)
    with pytest.raises(Denied), region.work() as session:
        predefined = roles.role_by_code(session, "physician")
        roles.change_role(session, region.principal_in(session, "secadmin"), predefined.id, content)


def test_a_role_edited_beyond_its_grantors_reach_gives_nothing_more(region: Region) -> None:
    with region.work() as session:
        ids = {name: region.id_of_in(session, name) for name in ("secadmin", "commission", "publichealth")}
        for code in ("narrow", "wide"):
            roles.create_role(session, roles.RoleContent(code, "角色", frozenset({"access.client.read"})))
        pass_on = NewGrant(ids["commission"], COUNTY, role="wide", may_use=False, may_grant=True, depth=2)
        grant(session, ids["secadmin"], pass_on, Units())
        grant(session, ids["commission"], NewGrant(ids["publichealth"], COUNTY, role="narrow"), Units())
        narrow = roles.role_by_code(session, "narrow")
        more = roles.RoleContent("narrow", "角色", frozenset({"access.client.read", "access.special.approve"}))
        roles.change_role(session, region.principal_in(session, "secadmin"), narrow.id, more)
    keys = {key for duty in region.duties("publichealth") for key in duty.permissions}
    assert "access.client.read" in keys
    assert "access.special.approve" not in keys


def test_the_three_administrators_exclude_each_other_in_the_database(region: Region) -> None:
    with region.work() as session:
        security, system = region.id_of_in(session, "secadmin"), region.id_of_in(session, "sysadmin")
        with pytest.raises(Conflict):
            grant(session, security, NewGrant(system, Cell("4115"), role="audit_administrator"), Units())
    engine = create_engine(region.platform.database.url)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=ON"))
        with pytest.raises(IntegrityError):
            connection.execute(text("UPDATE access_grant SET post = 'audit' WHERE post = 'system'"))
        with pytest.raises(IntegrityError):
            connection.execute(text("INSERT INTO access_incumbent (user_id, post) SELECT user_id, 'audit' FROM access_incumbent"))
    engine.dispose()
    with region.work() as session, pytest.raises(Invalid):
        roles.create_role(session, roles.RoleContent("both", "两者", frozenset({"access.role.edit", "access.menu.edit"})))


def test_the_security_administrator_hands_out_everything_and_uses_none_of_it(region: Region) -> None:
    with region.work() as session:
        security = region.id_of_in(session, "secadmin")
        codes = {role.code for role in grantable_roles(session, security)}
    assert {"physician", "audit_administrator", "data_steward", "commission_administrator"} <= codes
    keys = {key for duty in region.duties("secadmin") for key in duty.permissions}
    assert all(key.startswith("access.") for key in keys)


@pytest.mark.parametrize(
    "change",
    ["may_grant = 1, depth = 6", "prefix = '41', may_grant = 1", "permission = 'audit.read', role_id = NULL", "mac = NULL"],
)
def test_a_grant_changed_behind_the_platform_counts_for_nothing(region: Region, change: str) -> None:
    person = region.id_of("physician")
    assert region.duties("physician")
    engine = create_engine(region.platform.database.url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE access_grant SET {change} WHERE grantee_id = {person}"))
        connection.execute(text(f"UPDATE access_user SET epoch = epoch + 1 WHERE id = {person}"))
    engine.dispose()
    assert region.duties("physician") == ()


def test_the_role_grid_refuses_the_wrong_cell(region: Region) -> None:
    with region.work() as session:
        security, person = region.id_of_in(session, "secadmin"), region.id_of_in(session, "publichealth")
        with pytest.raises(Invalid) as caught:
            grant(session, security, NewGrant(person, TOWN, role="village_doctor"), Units())
        assert caught.value.facts["level"] == "村"
        with pytest.raises(Invalid):
            grant(session, security, NewGrant(person, replace(TOWN, line="cdc"), role="nurse"), Units())


def test_grants_begin_and_end_by_the_clock(region: Region) -> None:
    start = clock.now()
    with region.work() as session:
        security, person = region.id_of_in(session, "secadmin"), region.id_of_in(session, "physician")
        limited = NewGrant(person, Cell("411503001", unit=12), role="auditor", valid_to=start + timedelta(hours=2))
        grant(session, security, limited, Units())
    with clock.travel(start + timedelta(hours=1)):
        assert any("audit" in key for duty in region.duties("physician") for key in duty.permissions)
    with clock.travel(start + timedelta(hours=3)):
        assert not any("audit" in key for duty in region.duties("physician") for key in duty.permissions)


def test_a_person_of_two_duties_acts_in_one_at_a_time(region: Region) -> None:
    with region.work() as session:
        security, person = region.id_of_in(session, "secadmin"), region.id_of_in(session, "physician")
        grant(session, security, NewGrant(person, Cell("411503001"), role="auditor"), Units())
    caller = region.sign_in("physician")
    first = caller.get("/api/v1/access/session").json
    other = next(duty for duty in region.duties("physician") if str(duty.key) != first["facts"]["duty"])
    assert caller.send("PUT", "/api/v1/access/session/duty", {"duty": str(other.key)}).status_code == 204
    second = caller.get("/api/v1/access/session").json
    assert set(second["permissions"]) == set(other.permissions)
    assert not set(first["permissions"]) <= set(second["permissions"])
    assert caller.send("PUT", "/api/v1/access/session/duty", {"duty": "12345"}).status_code == 422


class Delegation(RuleBasedStateMachine):
    """Random giving, taking and role editing among six people; the invariants are stated over what is in the database."""

    platform: Platform
    people: list[int]

    @initialize()
    def begin(self) -> None:
        self.units = Units()
        with self.work() as session:
            session.execute(text("DELETE FROM access_grant"))
            everything = NewGrant(self.people[0], Cell("4115"), permission=store.ALL, may_use=False, may_grant=True, depth=4)
            root_grant(session, everything)

    def work(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("test"))

    @rule(
        giver=st.integers(0, 5),
        taker=st.integers(0, 5),
        prefix=st.sampled_from(["4115", "411503", "411503101", "411502"]),
        unit=st.sampled_from([None, 10, 11]),
        below=st.booleans(),
        use=st.booleans(),
        pass_on=st.booleans(),
        depth=st.integers(0, 4),
        role=st.sampled_from(["nurse", "physician", "data_steward", "unit_administrator"]),
    )
    def give(
        self, giver: int, taker: int, prefix: str, unit: int | None, below: bool, use: bool, pass_on: bool, depth: int, role: str
    ) -> None:
        new = NewGrant(
            self.people[taker],
            Cell(prefix, unit=unit, below=below and unit is not None),
            role=role,
            may_use=use,
            may_grant=pass_on,
            depth=depth,
        )
        with suppress(PlatformError), self.work() as session:
            grant(session, self.people[giver], new, self.units)

    @rule(by=st.integers(0, 5), which=st.integers(0, 30))
    def take(self, by: int, which: int) -> None:
        with self.work() as session:
            rows = session.scalars(select(Grant).where(Grant.revoked_at.is_(None)).order_by(Grant.id)).all()
            if len(rows) > 1:
                with suppress(PlatformError):
                    revoke(session, self.people[by], rows[1 + which % (len(rows) - 1)].id)

    @invariant()
    def nothing_exceeds_its_parent(self) -> None:
        with self.work() as session:
            facts, reach = store.all_facts(session), reach_of(session, self.units)
            for fact in facts.values():
                assert fact.grantee != fact.granted_by
                links = evaluate.chain(fact, facts)
                assert links is not None
                holders = [link.grantee for link in links]
                assert len(holders) == len(set(holders)), "a right went round in a circle"
                if fact.parent is None:
                    continue
                parent = facts[fact.parent]
                assert parent.cell.contains(fact.cell, reach) is None
                assert fact.depth < parent.depth
                assert parent.permissions is None or (fact.permissions or frozenset()) <= parent.permissions
                assert fact.revoked or not parent.revoked, "a derived grant outlived its parent"


@pytest.mark.parametrize("steps", [15, pytest.param(400, marks=pytest.mark.long)])
def test_delegation_keeps_its_invariants(region: Region, steps: int) -> None:
    with region.work() as session:
        people = [region.id_of_in(session, name) for name in ("secadmin", "commission", "unitadmin", "publichealth")]
        for serial, unit in ((50, 10), (51, 11)):
            account = NewAccount(f"extra{serial}", "李四", id_number(serial), "nurse", "", UNIT_BY_ID[unit])
            people.append(open_account(session, account, PASSWORD)[0].id)
    machine = type("Machine", (Delegation,), {"platform": region.platform, "people": people})
    run_state_machine_as_test(machine, settings=settings(max_examples=6 if steps < 100 else 50, stateful_step_count=steps))


def test_appointing_a_unit_administrator_lets_him_staff_his_unit(region: Region) -> None:
    with region.work() as session:
        commission = region.id_of_in(session, "commission")
        account = NewAccount("newadmin", "王五", id_number(60), "nurse", "", UNIT_BY_ID[12])
        person = open_account(session, account, PASSWORD)[0].id
        appoint(session, commission, NewGrant(person, Cell("411503001", unit=12, below=True), role="unit_administrator"), Units())
        nurse = open_account(session, replace(account, login_name="newnurse", id_no=id_number(61)), PASSWORD)[0].id
        grant(session, person, NewGrant(nurse, Cell("411503001", unit=12), role="physician"), Units())
        with pytest.raises(Denied):
            grant(session, person, NewGrant(nurse, Cell("411503001", unit=12), role="unit_administrator"), Units())


def test_grants_hold_on_postgresql_too(postgres_platform: Platform) -> None:
    postgres_platform.services.pop("UnitDirectory", None)
    postgres_platform.services["UnitDirectory"] = Units()
    with postgres_platform.database.unit_of_work(system_scope("test")) as session:
        ensure_first_administrators(session, postgres_platform)
        install_definitions(session, postgres_platform)
        security = _id(session, "secadmin")
        account = NewAccount("doctor", "赵六", id_number(1), "physician", "", UNIT_BY_ID[12])
        person = open_account(session, account, PASSWORD)[0].id
        given = grant(session, security, NewGrant(person, Cell("411503001", unit=12), role="nurse"), Units())
        assert store.genuine(session, session.get_one(Grant, given.id, populate_existing=True))
        with pytest.raises(Conflict):
            grant(session, security, NewGrant(_id(session, "sysadmin"), Cell("4115"), role="audit_administrator"), Units())
        assert revoke(session, security, given.id) == [given.id]


def _id(session: Session, login_name: str) -> int:
    return session.scalars(select(User.id).where(User.login_name == login_name)).one()


def test_definitions_can_be_installed_again_and_notice_new_permissions(tmp_path: Any) -> None:
    platform = build(Settings(home=tmp_path / "home", components=""))
    platform.database.create_all()
    with platform.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, platform)
        before = roles.permissions_by_role(session)
        install_definitions(session, platform)
        assert roles.permissions_by_role(session) == before
        assert ensure_first_administrators(session, platform)
        assert ensure_first_administrators(session, platform) == ()
