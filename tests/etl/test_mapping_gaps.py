"""Codes without a mapping show their row counts, and a confirmed mapping reaches what was uploaded before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from etl import finishing
from etl.api import Pipeline, Sender, ensure_tables
from etl.loading import Loader
from etl.models import Batch
from etl.remapping import on_mapping_changed
from health_platform.app import create_platform
from health_platform.datasets.api import Dataset
from health_platform.kernel.errors import Unavailable
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from health_platform.settings import Settings
from registry.api import MappingChanged
from registry.standards import deciding, mapping
from registry.standards.deciding import Decision
from registry.standards.mapping import LocalFilter
from registry.standards.models import LocalCode
from registry.standards.systems import SystemDraft, create_system, move, save_draft
from registry.standards.terms import State, Term
from tests.etl.conftest import Hospital

pytestmark = pytest.mark.system("J07", "B04", "A11")

SEX = "GBT2261.1_sex"
_NUMBERS = itertools.count(2000)


@pytest.fixture(scope="module")
def regional(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with the registry of standards and one table in force."""
    platform = create_platform(Settings(home=tmp_path_factory.mktemp("gaps"), components="registry,etl"))
    platform.database.create_all()
    ensure_tables(platform.warehouse)
    with platform.database.unit_of_work(system_scope("test")) as session:
        create_system(session, SystemDraft(SEX, "性别", "standard"))
        save_draft(session, SYSTEM, SEX, "2003", [Term("1", "男性"), Term("2", "女性"), Term("9", "未说明")])
        for state in (State.REVIEW, State.PUBLISHED):
            move(session, SYSTEM, SEX, "2003", state)
    yield platform
    platform.warehouse.close()
    stop_endpoint(platform.warehouse.settings)
    platform.database.close()


@pytest.fixture
def hospital(regional: Platform) -> Hospital:
    return Hospital(regional, Sender(next(_NUMBERS), "411502000000"))


def person(number: str, code: str, name: str = "") -> dict[str, str]:
    return {"id": number, "patientName": "张三", "genderCode": code, "genderName": name}


def local_codes(hospital: Hospital) -> list[LocalCode]:
    source = f"I{hospital.sender.institution_id}"
    with hospital.unit() as session:
        found = mapping.local_codes(session, LocalFilter(source=source, system=SEX)).rows
        session.expunge_all()
    return list(found)


def counts(hospital: Hospital) -> list[tuple[str, str | None, int]]:
    return [(row.code, row.name, row.rows_seen) for row in local_codes(hospital)]


def test_gaps_are_counted_by_rows_and_named(hospital: Hospital) -> None:
    hospital.send("emr_patient_info", [person("p1", "F", "女"), person("p2", "F", "女"), person("p3", "M"), person("p4", "1")])
    hospital.work()
    assert counts(hospital) == [("F", "女", 2), ("M", None, 1)]
    hospital.send("emr_patient_info", [person("p5", "F", "女")])
    hospital.work()
    assert counts(hospital) == [("F", "女", 3), ("M", None, 1)]


def test_a_mapping_is_applied_to_stored_rows_on_request(hospital: Hospital) -> None:
    hospital.send("emr_patient_info", [person("p1", "F"), person("p2", "M")])
    hospital.send("emr_patient_info", [person("p2", "F")])
    hospital.send("emr_ex_lab", [{"id": "L1", "patientId": "p1", "examinationReportDate": "2026-03-01"}])
    hospital.work()
    before = counts(hospital)
    (female,) = [row for row in local_codes(hospital) if row.code == "F"]
    with hospital.unit() as session:
        deciding.decide(session, SYSTEM, [Decision(female.id, "2")])
    hospital.work()
    assert hospital.rows("emr_patient_info", "id", "gender_code") == [("p1", "F"), ("p2", "F")]
    with hospital.unit() as session:
        mapping.reapply(session, f"I{hospital.sender.institution_id}", SEX)
    hospital.work()
    assert hospital.rows("emr_patient_info", "id", "gender_code", "unmapped") == [("p1", "2", []), ("p2", "2", [])]
    assert counts(hospital) == before
    with hospital.unit() as session:
        batches = session.scalars(select(Batch).where(Batch.institution_id == hospital.sender.institution_id)).all()
        assert {batch.state for batch in batches} == {"loaded"}


def test_a_mapping_confirmed_while_a_load_runs_reaches_its_rows_too(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    hospital.send("emr_patient_info", [person("p0", "F")])
    hospital.work()
    (female,) = local_codes(hospital)
    insert = Loader.load

    def confirmed_meanwhile(loader: Loader, dataset: Dataset) -> Any:
        """The load has read the code tables; now somebody confirms the mapping, and the news is delivered."""
        monkeypatch.setattr(Loader, "load", insert)
        with hospital.unit() as session:
            deciding.decide(session, SYSTEM, [Decision(female.id, "2")])
            mapping.reapply(session, f"I{hospital.sender.institution_id}", SEX)
        with hospital.unit() as session:
            on_mapping_changed(session, MappingChanged(f"I{hospital.sender.institution_id}", SEX, 1, reapply=True))
        return insert(loader, dataset)

    hospital.send("emr_patient_info", [person("p1", "F")])
    monkeypatch.setattr(Loader, "load", confirmed_meanwhile)
    hospital.work()
    assert hospital.rows("emr_patient_info", "id", "gender_code") == [("p0", "2"), ("p1", "2")]
    with hospital.unit() as session:
        states = session.execute(
            select(Batch.state, Batch.again).where(Batch.institution_id == hospital.sender.institution_id)
        ).all()
        assert set(states) == {("loaded", False)}


def test_an_attempt_that_was_broken_off_does_not_keep_the_code_out_that_was_mapped_since(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.send("emr_patient_info", [person("p0", "F")])
    hospital.work()
    (female,) = local_codes(hospital)
    finish = finishing.finish

    def broken_off(*arguments: Any) -> None:
        """The rows are written; the worker dies before the load is recorded as done."""
        monkeypatch.setattr(finishing, "finish", finish)
        with hospital.unit() as session:
            deciding.decide(session, SYSTEM, [Decision(female.id, "2")])
        raise Unavailable("warehouse.unavailable")

    hospital.send("emr_patient_info", [person("p1", "F")])
    monkeypatch.setattr(finishing, "finish", broken_off)
    hospital.work()
    hospital.platform.service(Pipeline).work_for(hospital.sender.institution_id)
    assert hospital.rows("emr_patient_info", "id", "gender_code") == [("p0", "F"), ("p1", "2")]
