"""The shipped definitions: complete, and refusing to be built wrong."""

from __future__ import annotations

import csv
import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from health_platform.datasets import reference
from health_platform.datasets.api import (
    COMMON_COLUMNS,
    REAL_TIME,
    Code,
    Dataset,
    Day,
    DefinitionError,
    Domain,
    Field,
    Flag,
    Instant,
    Integer,
    Parent,
    PatientReference,
    Text,
    assemble,
    breaking,
    by_day,
    by_entity,
    catalogue,
    changes,
    dataset,
    domains,
    json_schema,
    row_schema,
    table,
    within,
)
from health_platform.kernel.errors import NotFound

pytestmark = pytest.mark.system("A01", "A06", "J07")

FRONT_END = list(csv.DictReader((Path(__file__).parent / "front_end_fields.csv").open(encoding="utf-8")))
"""The tables of the national front-end software, field by field, as its interface description lists them."""
KINDS = {
    "varchar": ("text", "code", "flag", "integer"),
    "text": ("text",),
    "datetime": ("instant", "day"),
    "timestamp": ("instant", "day"),
}
ENTITIES = [
    *("baseUser", "baseDept", "emrPatientInfo", "emrActivityInfo", "emrInfReport", "emrOutpatientRecord"),
    *("emrOutpatientObs", "emrAdmissionInfo", "emrFirstCourse", "emrDailyCourse", "emrAdmissionRecord"),
    *("emrDischargeInfo", "emrExClinical", "emrExClinicalItem", "emrExLab", "emrExLabItem", "emrOrder"),
    *("emrOrderItem", "emrDeathInfo", "emrVitalSignsRecord"),
]
REGIONAL = [
    *("registration", "visit", "diagnosis", "charge", "charge_item", "operation", "observation", "vaccination"),
    *("health_exam", "allergy", "history_item", "document", "service_record", "blood_donation", "nucleic_acid"),
]


def test_every_front_end_dataset_has_its_fields_and_no_others() -> None:
    listed: dict[str, list[str]] = {}
    for row in FRONT_END:
        listed.setdefault(row["table"], []).append(row["field"])
    assert len(listed) == 20
    assert sum(map(len, listed.values())) == 711
    assert {name: sorted(dataset(name).by_name) for name in listed} == {name: sorted(names) for name, names in listed.items()}


@pytest.mark.parametrize("row", FRONT_END, ids=lambda row: f"{row['table']}.{row['field']}")
def test_a_front_end_field_takes_what_the_interface_lets_through(row: dict[str, str]) -> None:
    """Of its kind, at least as long, and asked for where the interface asks for it."""
    kind, _, size = row["type"].rstrip(")").partition("(")
    found = dataset(row["table"]).by_name[row["field"]]
    assert found.kind in KINDS[kind]
    if size and isinstance(found, Text | Code):
        assert found.limit >= int(size)
    if row["not_null"] == "True":
        assert found.required or found.expected


def test_regional_datasets_are_there() -> None:
    assert set(REGIONAL) == set(catalogue()) - {row["table"] for row in FRONT_END}


@pytest.mark.parametrize("entity", ENTITIES)
def test_entities_are_known_in_any_case(entity: str) -> None:
    assert by_entity(entity) is by_entity(entity.upper())
    assert by_entity(entity).entity == entity


def test_unknown_names_are_not_found() -> None:
    with pytest.raises(NotFound):
        dataset("nothing")
    with pytest.raises(NotFound):
        by_entity("nothing")


def test_every_dataset_generates_its_table_and_schemas() -> None:
    for each in catalogue().values():
        columns = set(table(each).column_names)
        assert columns == set(each.by_name) | set(COMMON_COLUMNS)
        assert set(each.key) < set(table(each).order_by)
        assert set(json_schema(each)["properties"]) == set(each.by_name)
        assert set(row_schema(each)().fields) == set(each.by_name)


def test_seven_domains_hold_all_datasets() -> None:
    assert len(Domain) == 7
    assert sum(map(len, domains().values())) == len(catalogue())


def test_reference_is_current(request: pytest.FixtureRequest) -> None:
    written = (request.config.rootpath / "docs/reference/datasets.md").read_text(encoding="utf-8")
    assert written == reference.markdown(), "run health-platform docs"


# --- definitions that contradict themselves

GOOD = Dataset(
    "sample",
    "样例",
    domain=Domain.MEDICAL,
    subdomain="visit",
    key=("id",),
    time=("at",),
    due=REAL_TIME,
    patient=PatientReference(),
    void="void",
    fields=(
        Text("id", "主键", max_length=10, required=True),
        Text("patient_id", "患者", max_length=10, required=True),
        Instant("at", "时间"),
        Integer("count", "数量", minimum=0, maximum=10),
        Code("sex", "性别", value_set="gender", display="sex_name"),
        Text("sex_name", "性别名称", max_length=10),
        Flag("void", "作废"),
    ),
)


def edited(name: str, **changes: object) -> tuple[Field, ...]:
    return tuple(dataclasses.replace(f, **changes) if f.name == name else f for f in GOOD.fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ()},
        {"key": ("missing",)},
        {"key": ("at",)},
        {"key": ("sex_name",)},
        {"time": ("id",)},
        {"time": ("missing",)},
        {"void": "count"},
        {"void": "missing"},
        {"subdomain": "nowhere"},
        {"name": "Wrong Name"},
        {"label": ""},
        {"patient": PatientReference(local_id="missing")},
        {"patient": PatientReference(local_id="sex")},
        {"patient": PatientReference(name="missing")},
        {"parent": Parent("sample", "count")},
        {"fields": (*GOOD.fields, Text("id", "again", max_length=3))},
        {"fields": (*GOOD.fields, Text("shelf", "reserved", max_length=3))},
        {"fields": edited("sex", display="missing")},
        {"fields": edited("sex", display="count")},
        {"fields": edited("at", after="missing")},
        {"fields": edited("at", after="at")},
        {"fields": edited("at", after="id")},
    ],
)
def test_contradictions_cannot_be_built(changes: dict[str, object]) -> None:
    with pytest.raises(DefinitionError):
        dataclasses.replace(GOOD, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "build",
    [
        lambda: Text("Upper", "大写", max_length=3),
        lambda: Text("ok", "", max_length=3),
        lambda: Text("ok", "长度", max_length=0),
        lambda: Text("ok", "格式", max_length=3, format="nothing"),
        lambda: Text("ok", "模式", max_length=3, pattern="("),
        lambda: Code("ok", "代码", value_set="nothing"),
        lambda: Integer("ok", "范围", minimum=2, maximum=1),
    ],
)
def test_wrong_fields_cannot_be_built(build: object) -> None:
    with pytest.raises(DefinitionError):
        build()  # type: ignore[operator]


def test_catalogue_refuses_orphans_and_twins() -> None:
    with pytest.raises(DefinitionError):
        assemble([GOOD, GOOD])
    with pytest.raises(DefinitionError):
        assemble([dataclasses.replace(GOOD, parent=Parent("nowhere", "id"))])


# --- deadlines and compatibility


def test_deadlines() -> None:
    event = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)  # 23:30 in Beijing
    assert within(hours=2).due_at(event) == event + timedelta(hours=2)
    assert by_day(0).due_at(event) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert by_day(1).due_at(event) == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert REAL_TIME.due_at(event) > event


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ((*GOOD.fields, Text("more", "新字段", max_length=5)), True),
        ((*GOOD.fields, Text("more", "新字段", max_length=5, required=True)), False),
        (GOOD.fields[:-2] + GOOD.fields[-1:], False),
        (edited("id", max_length=20), True),
        (edited("id", max_length=5), False),
        (edited("count", maximum=20), True),
        (edited("count", maximum=5), False),
        (edited("count", required=True), False),
        (edited("sex", value_set="nation"), False),
        (tuple(Day("at", "时间") if f.name == "at" else f for f in GOOD.fields), False),
    ],
)
def test_compatibility(fields: tuple[Field, ...], allowed: bool) -> None:
    without_display = edited("sex", display="")
    old = dataclasses.replace(GOOD, fields=without_display)
    new = dataclasses.replace(
        GOOD, fields=tuple(dataclasses.replace(f, display="") if isinstance(f, Code) else f for f in fields)
    )
    assert (not breaking(old, new)) is allowed
    assert all(change.what for change in changes(old, new))


def test_every_edition_is_compatible_with_itself() -> None:
    for each in catalogue().values():
        assert changes(each, each) == ()
