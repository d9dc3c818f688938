"""The index as the pipeline and the record service know it, and the feed of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.api import Actor, Ruling, merge, register, relinking_due
from empi.commands import empi_commands
from empi.following import IdentityFollower
from empi.identity import patient_key
from empi.judges import forget_judge
from empi.models import GoldenRow, PersonRow, PolicyRow
from empi.ports import PersonIndex, PipelineIdentities, ResidentDirectory
from empi.storing import facts_of, known
from health_platform.access.api import ResidentDirectory as AccessDirectory
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from tests.empi_service.people import WANG, at

pytestmark = pytest.mark.system("A10", "A08")


@dataclass(frozen=True)
class Sender:
    institution_id: int = 42
    division_code: str = "411502000000"


@dataclass(frozen=True)
class Said:
    """What an upload says of a patient; the pipeline's own type has the same fields."""

    local_id: str
    name: str = ""
    id_type: str = ""
    id_number: str = ""
    gender: str = ""
    birth_date: str = ""
    phone: str = ""
    address: str = ""
    nation: str = ""
    source_time: str = ""
    register: bool = False


REGISTERED = Said("9", WANG.name, "01", WANG.id_no, WANG.gender, WANG.birth_date, WANG.phone, WANG.address, register=True)


def test_a_county_rules_over_its_own_residents_only(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        PipelineIdentities().resolve(session, Sender(), [REGISTERED])
        person, division = session.execute(select(PersonRow.person_id, PersonRow.division_code)).one()
    directory = ResidentDirectory()
    rules = {
        Scope(divisions=(str(division)[:6],)): True,
        Scope(divisions=("411525",)): False,
        Scope(persons=frozenset({person})): False,  # a physician treats the person, and rules over nobody
    }
    for scope, expected in rules.items():
        with platform.database.unit_of_work(scope) as narrowed:
            assert directory.rules_over(narrowed, person) is expected
            assert directory.rules_over(narrowed, 1) is False
    assert isinstance(platform.service(AccessDirectory), ResidentDirectory)


def test_a_register_counts_however_old_it_is(session: Session) -> None:
    """A visit is sent at once, the patient, registered before it, with the night's upload."""
    resolver = PipelineIdentities()

    def name_after(*uploads: Said) -> str:
        for said in uploads:
            resolver.resolve(session, Sender(), [said])
        return facts_of(session, known(session, [patient_key("42", "9")])[patient_key("42", "9")])["name"]

    nine, ten = "2026-03-01T09:00:00+00:00", "2026-03-01T10:00:00+00:00"
    stated = replace(REGISTERED, source_time=nine)
    assert name_after(Said("9", "王芳", source_time=ten), stated) == WANG.name
    renamed = replace(stated, name="王小方")
    assert name_after(replace(renamed, source_time="2026-03-01T08:00:00+00:00")) == WANG.name, "an older statement"
    assert name_after(Said("9", "王芳", source_time="2026-03-02T10:00:00+00:00")) == WANG.name, "a later mention"
    assert name_after(replace(renamed, source_time=ten)) == "王小方"


def test_a_register_that_says_what_was_mentioned_is_a_statement(session: Session) -> None:
    resolver = PipelineIdentities()
    said = replace(REGISTERED, source_time="2026-03-01T09:00:00+00:00")
    for upload in (replace(said, register=False), said, replace(said, name="王小方", source_time="2026-03-01T08:00:00+00:00")):
        resolver.resolve(session, Sender(), [upload])
    (row,) = known(session, [patient_key("42", "9")]).values()
    assert facts_of(session, row)["name"] == WANG.name


def test_uploads_get_places_that_never_change(session: Session) -> None:
    resolver = PipelineIdentities()
    mentioned = resolver.resolve(session, Sender(), [Said("9", WANG.name), Said("10")])
    assert set(mentioned) == {"9", "10"}
    other = register(session, [at(WANG, "H2", "5")])[0]
    assert other.shelf != mentioned["9"].shelf
    stated = resolver.resolve(session, Sender(), [REGISTERED])
    assert stated["9"] == mentioned["9"], "the place stays although the person turned out to be known"
    index = PersonIndex()
    persons = index.persons_of(session, [mentioned["9"].patient_key, other.patient_key])
    assert len(set(persons.values())) == 1
    person = persons[other.patient_key]
    assert set(index.pairs(session, person)) == {tuple(mentioned["9"]), (other.shelf, other.patient_key)}
    located = index.locate(session, person)
    assert located is not None and located.person_id == person and located.pairs == index.pairs(session, person)
    assert located.institutions == {mentioned["9"].patient_key: 42}


def test_a_mere_mention_never_changes_what_the_register_said(session: Session) -> None:
    resolver = PipelineIdentities()
    place = resolver.resolve(session, Sender(), [REGISTERED])["9"]
    later = resolver.resolve(session, Sender(), [Said("9", "赵某", gender="2", birth_date="2001-01-01", source_time="2030")])
    assert later["9"] == place
    again = resolver.resolve(session, Sender(), [REGISTERED])
    assert again["9"] == place


def test_a_subscriber_reads_every_change_once_it_confirms(platform: Platform, as_principal: Callable[..., Any]) -> None:
    partner = as_principal(name="医保平台")
    made = partner.post("/api/v1/empi/subscriptions", json={"name": "医保平台", "kinds": ["link", "merge"]})
    assert made.status_code == 201, made.text
    feed = f"/api/v1/empi/subscriptions/{made.json['id']}"
    other = replace(WANG, local_id="x", id_no="", name="王二", birth_date="1990-01-01", phone="", card_no="", address="")
    with clock.travel(clock.now() - timedelta(minutes=1)), platform.database.unit_of_work(system_scope("test")) as session:
        left, right = register(session, [WANG, other])
        merge(session, left.person_id, right.person_id, Ruling(Actor("person", "甲")))
    first = partner.get(f"{feed}/changes").json
    assert sorted(one["kind"] for one in first["changes"]) == ["link", "link", "merge"]
    assert partner.get(f"{feed}/changes").json == first, "not confirmed, told again"
    assert partner.post(f"{feed}/confirm", json={"cursor": first["next"]}).status_code == 200
    assert partner.get(f"{feed}/changes").json["changes"] == []
    assert as_principal(name="别人").get(f"{feed}/changes").status_code == 404
    assert partner.delete(feed).status_code == 204


def test_the_city_is_loaded_and_relinked_from_the_command_line(
    platform: Platform, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    lines = (shared_data("identities_dev") / "records.csv").read_text(encoding="utf-8").splitlines()
    some = tmp_path / "some.csv"
    some.write_text("\n".join(lines[:400]), encoding="utf-8")
    run = CliRunner()
    loaded = run.invoke(empi_commands, ["load", str(some)], obj=platform, catch_exceptions=False)
    assert "399 records read" in loaded.output and "persons new" in loaded.output
    parts = ["--part-records", "100", "--work", str(tmp_path / "work")]
    again = run.invoke(empi_commands, ["load", str(some), *parts], obj=platform, catch_exceptions=False)
    assert "0 persons new" in again.output
    wrong = run.invoke(empi_commands, ["load", str(some), *parts[:2]], obj=platform)
    assert wrong.exit_code == 2 and "--work" in wrong.output
    relinked = run.invoke(empi_commands, ["relink"], obj=platform, catch_exceptions=False)
    assert " 0 links set, 0 persons new, 0 persons merged away" in relinked.output
    again = run.invoke(empi_commands, ["relink", "--if-due"], obj=platform, catch_exceptions=False)
    assert "nothing to do" in again.output
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert relinking_due(session) is None
        session.add(PolicyRow(tenant="*", two_persons=False, certain_from=9.5))
        session.flush()
        forget_judge(session)
        assert relinking_due(session) is not None, "other settings judge now than those the links were made by"
        session.rollback()
        forget_judge(session)
    trained = run.invoke(empi_commands, ["train", "--sample", "200", "--activate"], obj=platform, catch_exceptions=False)
    assert "active" in trained.output


def test_identities_follow_a_change_of_divisions(session: Session) -> None:
    register(session, [WANG, at(WANG, "H2", "5", source_time="2020-01-01")])
    follower = IdentityFollower()
    items = list(follower.items(session, ["411502000000", "411599000000"]))
    assert [(item.id, item.code) for item in items] == [(WANG.patient_key, "411502000000")]
    follower.assign(session, {item.id: "411599000000" for item in items})
    assert session.scalars(select(GoldenRow.division_code)).one() == "411599000000", "the newest identity is home"
    assert list(follower.items(session, ["411502000000"])) == []
