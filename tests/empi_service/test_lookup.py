"""Any credential finds the person; few facts narrow down; nobody sees more than their scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from empi import fitting, service
from empi.api import (
    Clues,
    Criterion,
    RawIdentity,
    Wanted,
    by_credential,
    by_local_id,
    match,
    narrow,
    pairs,
    persons_with,
    register,
)
from empi.fitting import Holds
from empi.foreseeing import foresee
from empi.keyed import hasher
from health_platform.kernel import clock
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.db import Database, reads_so_far
from health_platform.kernel.errors import Invalid
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from tests.empi_service.people import LI, WANG, ZHAO, at

pytestmark = pytest.mark.system("A10")

EVERYWHERE = Scope(divisions=("4115",))


@pytest.fixture
def known(index: Database) -> Database:
    with index.unit_of_work(system_scope("test")) as session:
        insured = replace(WANG, credentials=(("insurance", "YB-556677"), ("health_card", "EHC0099")))
        register(session, [insured, at(WANG, "H2", "5", phone="13999998888"), LI, ZHAO])
    return index


@contextmanager
def seen(database: Database, scope: Scope = EVERYWHERE) -> Iterator[Session]:
    with database.unit_of_work(scope) as session:
        yield session


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("id", WANG.id_no),
        ("id", WANG.id_no.lower()),
        ("any", WANG.id_no),
        ("social_card", "411502887766"),
        ("insurance", "yb-556677"),
        ("health_card", "EHC0099"),
        ("phone", "13703761234"),
        ("phone", "+86 137 0376 1234"),
        ("phone", "13999998888"),
    ],
)
def test_any_credential_finds_the_person(known: Database, kind: str, number: str) -> None:
    with seen(known) as session:
        found = by_credential(session, kind, number)
        assert [one.golden["name"]["values"]["name"] for one in found] == ["王建国"]
        assert found[0].identities == 2


@pytest.mark.parametrize(("kind", "number"), [("passport", WANG.id_no), ("insurance", WANG.card_no), ("id", ""), ("id", "0")])
def test_a_number_of_another_kind_finds_nobody(known: Database, kind: str, number: str) -> None:
    with seen(known) as session:
        assert by_credential(session, kind, number) == []


def test_a_fifteen_digit_number_finds_its_eighteen_digit_person(known: Database) -> None:
    with seen(known) as session:
        short = WANG.id_no[:6] + WANG.id_no[8:17]
        assert len(by_credential(session, "id", short)) == 1


def test_an_institutions_own_number(known: Database) -> None:
    with seen(known) as session:
        found = by_local_id(session, "H2", "5")
        assert found is not None and found.identities == 2
        assert by_local_id(session, "H2", "6") is None


def test_clues_narrow_step_by_step_across_records(known: Database) -> None:
    """The phone tail stands on one record and the place on another: together they still find the person."""
    clues = Clues(sex="1", age=clock.today().year - 1956 + 3, phone_tail="8888", place="民权街道", name="建", pinyin="wang")
    with seen(known) as session:
        result = narrow(session, clues)
        assert [step.clue for step in result.steps] == ["sex", "age", "phone_tail", "place", "name", "pinyin"]
        assert [step.persons for step in result.steps] == [2, 1, 1, 1, 1, 1]
        assert [one.golden["name"]["values"]["name"] for one in result.found] == ["王建国"]
        assert narrow(session, Clues(pinyin="wjg")).steps[0].persons == 1
        assert narrow(session, Clues(name="国王")).steps[-1].persons == 1
        assert narrow(session, Clues(phone_tail="0000")).found == ()
        assert narrow(session, Clues()).steps == ()


def test_of_very_many_it_is_said_that_there_are_more(known: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clue that fits half the city is not counted to its end, and what is found among part of them is not shown as all."""
    monkeypatch.setattr(fitting, "LOOKED", 2)
    with seen(known) as session:
        (step,) = narrow(session, Clues(sex="1")).steps
        assert step.more and step.too_many and step.persons <= 2
        sure = narrow(session, Clues(sex="1", phone_tail="8888"))
        assert [(one.clue, one.more) for one in sure.steps] == [("sex", True), ("phone_tail", False)]
        assert [one.golden["name"]["values"]["name"] for one in sure.found] == ["王建国"]
        with pytest.raises(Invalid, match="too_many"):
            persons_with(session, [Criterion("sex", (Wanted("1"),))])


@given(
    clues=st.fixed_dictionaries(
        {},
        optional={
            "sex": st.sampled_from(["1", "2"]),
            "age": st.integers(0, 100),
            "name": st.sampled_from(["建", "兰", "鹏飞", "无"]),
            "phone_tail": st.sampled_from(["1234", "5678", "9999"]),
            "place": st.sampled_from(["平桥区", "新集镇", "无"]),
        },
    )
)
def test_every_clue_narrows(known: Database, clues: dict[str, Any]) -> None:
    with seen(known) as session:
        counts = [step.persons for step in narrow(session, Clues(**clues)).steps]
        assert counts == sorted(counts, reverse=True)


@given(
    wanted=st.lists(st.sampled_from(["sex 1", "sex 2", "born 1950-1970", "han:建", "han:王", "han:无"]), min_size=1, unique=True),
    most=st.integers(1, 4),
)
def test_a_glance_finds_what_counting_finds(known: Database, wanted: list[str], most: int) -> None:
    with seen(known) as session:
        things = [[(_holds(session, one),)] for one in wanted]
        glanced = fitting.Search(session).fitting(things, most)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(fitting, "_GLANCE", 0)
            counted = fitting.Search(session).fitting(things, most)
        assert glanced.more == counted.more and len(glanced.persons) == len(counted.persons)
        assert counted.more or glanced == counted


def _holds(session: Session, wanted: str) -> Holds:
    if wanted.startswith("sex"):
        return Holds(condition=lambda identity: identity.sex == wanted[-1])
    if wanted.startswith("born"):
        return Holds(condition=lambda identity: identity.birth_year.between(1950, 1970))
    return Holds((hasher(session)(wanted),))


def test_a_rare_year_is_not_sought_through_the_whole_index(known: Database) -> None:
    with known.unit_of_work(system_scope("test")) as session:
        born = fitting.Search(session)._identities(Holds(condition=lambda identity: identity.birth_year == 1922), 10)
        asked = born.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        (plan,) = session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
        assert "SEARCH empi_identity USING COVERING INDEX ix_empi_identity_born" in plan[3]


def test_lookups_stay_within_the_callers_scope(known: Database) -> None:
    county = Scope(divisions=("411523",))
    with seen(known, county) as session:
        assert len(by_credential(session, "id", ZHAO.id_no)) == 1
        found = by_credential(session, "id", WANG.id_no)
        assert [one.matched for one in found] == [(at(WANG, "H2", "5").patient_key,)], "seen through the county's own record"
        assert by_credential(session, "id", LI.id_no) == []
        assert narrow(session, Clues(sex="2")).steps[0].persons == 0
        assert match(session, LI) == [] and len(match(session, ZHAO)) == 1
        assert by_local_id(session, "H1", "1002") is None
    with seen(known) as session:
        li = by_local_id(session, "H1", "1002")
    assert li is not None
    with seen(known, county) as session:
        assert pairs(session, li.person_id) == []
    with seen(known, Scope(persons=frozenset({li.person_id}))) as session:
        assert len(pairs(session, li.person_id)) == 1, "a relationship opens the person wherever they live"
        assert by_credential(session, "id", WANG.id_no) == []


def test_what_lies_outside_the_scope_changes_no_answer(tmp_path_factory: Any, known: Database) -> None:
    """Non-interference: more people elsewhere must not show in any count or list."""
    county = Scope(divisions=("411523",))

    def answers() -> str:
        with seen(known, county) as session:
            clues = Clues(sex="1", age=clock.today().year - 1988, age_span=30)
            return repr((narrow(session, clues).steps, by_credential(session, "any", ZHAO.id_no)))

    before = answers()
    with known.unit_of_work(system_scope("test")) as session:
        register(session, [at(replace(ZHAO, name=f"赵鹏{name}", id_no=""), "H1", name) for name in "东南西北"])
    assert answers() == before


def test_match_grades_and_limits(known: Database) -> None:
    asked = RawIdentity("", "", name="王建国", birth_date="1956-03-04", phone="13703761234")
    with seen(known) as session:
        best = match(session, asked)[0]
        assert best.grade == "certain" and best.score > 0.99 and best.contributions["phone"] > 5
        vague = RawIdentity("", "", name="王建国", address="浉河区民权街道新华路12号院")
        assert [one.grade for one in match(session, vague)] == ["possible"]
        assert match(session, vague, only_certain=True) == []
        assert len(match(session, asked, limit=1)) == 1


def test_lookups_are_audited_and_masked(platform: Platform, as_principal: Callable[..., Any]) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        person = register(session, [WANG])[0].person_id
    nurse = as_principal(name="护士", permissions=frozenset({"empi.person.search", "empi.person.read", "field.person.name"}))
    found = nurse.get(f"/api/v1/persons?kind=id&number={WANG.id_no}")
    assert found.status_code == 200
    assert found.json[0]["person_id"] == str(person)
    assert found.json[0]["golden"]["name"]["values"]["name"] == "王建国"
    assert WANG.id_no not in found.text and WANG.phone not in found.text
    assert nurse.post("/api/v1/persons/narrow", json={"name": "建国"}).json["steps"][-1]["persons"] == 1
    assert nurse.get(f"/api/v1/persons/{person}/identities").json[0]["facts"]["name"] == "王建国"
    assert nurse.get("/console/empi/persons?name=建国&number=").status_code == 200
    assert WANG.id_no not in nurse.get(f"/console/empi/persons/{person}").text
    assert nurse.post("/api/v1/persons/merges", json={"left": "1", "right": "2"}).status_code == 403
    stranger = as_principal(division="410100")
    assert stranger.get(f"/api/v1/persons/{person}").status_code == 404
    assert stranger.get("/api/v1/persons/12345").status_code == 404
    with platform.database.unit_of_work(system_scope("test")) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "search:person")).all()
        assert {entry.person_id for entry in entries} == {person} and {entry.actor_name for entry in entries} == {"护士"}


def test_identities_are_registered_for_the_callers_own_institution(platform: Platform, as_principal: Callable[..., Any]) -> None:
    hospital = as_principal(division="411502", institution_id=42)
    body = {
        "identities": [
            {
                "local_id": "9",
                "name": WANG.name,
                "id_type": "01",
                "id_no": WANG.id_no,
                "gender": "1",
                "birth_date": WANG.birth_date,
                "credentials": [{"kind": "insurance", "number": "YB1"}],
            }
        ]
    }
    made = hospital.post("/api/v1/identities", json=body)
    assert made.status_code == 200 and made.json[0]["outcome"] == "new", made.text
    assert hospital.post("/api/v1/identities", json=body).json[0]["outcome"] == "unchanged"
    other = as_principal(division="411523", institution_id=43)
    linked = other.post("/api/v1/identities", json=body).json[0]
    assert (linked["outcome"], linked["person_id"]) == ("certain", made.json[0]["person_id"])
    assert len(other.get("/api/v1/persons?kind=insurance&number=YB1").json) == 1
    wrong = hospital.post("/api/v1/identities", json={"identities": [{"local_id": "9", "institution": "43"}]})
    assert wrong.status_code == 422


def test_a_registration_is_worked_out_beside_other_writers(
    platform: Platform, as_principal: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside: list[bool] = []

    def look(session: Session, *arrivals: Any) -> None:
        beside.append(reads_so_far(session))
        foresee(session, *arrivals)

    monkeypatch.setattr(service, "foresee", look)
    facts = {"local_id": "9", "name": WANG.name, "gender": "1", "birth_date": WANG.birth_date}
    hospital = as_principal(division="411502", institution_id=42)
    answers = [hospital.post("/api/v1/identities", json={"identities": [facts]}).json[0]["outcome"] for _ in range(2)]
    assert answers == ["new", "unchanged"]
    assert beside == [True]
