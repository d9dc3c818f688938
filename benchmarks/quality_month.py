"""A city's month over all datasets, drawn inside the warehouse: so many rows of each, whose details find their reports.

A row with the number n of a dataset belongs to row n modulo the size of its parent, that one to a visit, the visit to a patient
and the patient to one of 300 institutions, so that every join of the quality rules has partners to find. Other fields are
filled by their type, one value in fifty left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from health_platform.datasets.api import Dataset, Field, catalogue, table
from health_platform.kernel.warehouse.api import Warehouse, quote

INSTITUTIONS: Final = 300
PORTION: Final = 500_000

SHARES: Final[Mapping[str, int]] = {
    "emr_ex_lab_item": 240, "charge_item": 180, "emr_order_item": 160, "observation": 60, "diagnosis": 50, "emr_order": 45,
    "charge": 40, "visit": 40, "emr_ex_lab": 35, "emr_activity_info": 30, "registration": 30, "emr_outpatient_record": 25,
    "emr_ex_clinical_item": 15, "emr_ex_clinical": 10, "emr_vital_signs_record": 10, "emr_daily_course": 8,
    "emr_patient_info": 6, "service_record": 5, "document": 4, "vaccination": 4,
}  # fmt: skip
"""Rows of every thousand, by our own estimate of what a visit writes; each of the other datasets has one of a thousand."""

PARENTS: Final = {"emr_ex_lab_item": "emr_ex_lab", "emr_ex_clinical_item": "emr_ex_clinical", "emr_order_item": "emr_order"}

LINKS: Final = {
    **dict.fromkeys(("ex_lab_id", "ex_clinical_id", "order_id"), ("R", "r")),
    **dict.fromkeys(("visit_no", "serial_number"), ("V", "v")),
    "charge_no": ("C", "v"), "patient_id": ("P", "p"),
}  # fmt: skip
"""Fields that point at another row: the letter its number begins with, and whether it is the parent (r), visit or patient."""

LETTERS: Final = {
    "emr_patient_info": "P",
    "visit": "V",
    "charge": "C",
    "emr_ex_lab": "R",
    "emr_ex_clinical": "R",
    "emr_order": "R",
}
"""The letter before the numbers of a dataset's own rows, where others point at them."""

TEXTS: Final = {
    "resident_id": "concat('4115021980051700', toString(10 + modulo({h}, 90)))",
    "phone": "concat('139', leftPad(toString(modulo({h}, 100000000)), 8, '0'))",
    "icd10": "['J06.900', 'I10.x00', 'O80.000', 'C61.x00', 'R50.900', 'P59.900'][modulo({h}, 6) + 1]",
    "number": "toString(modulo({h}, 300))",
    "": "concat('值', toString(modulo({h}, 5000)))",
}
KINDS: Final = {
    "code": "toString(modulo({h}, 3) + 1)", "flag": "modulo({h}, 2)", "document": "''", "integer": "modulo({h}, 60)",
    "decimal": "modulo({h}, 2000) / 10", "instant": "at + toIntervalMinute(modulo({h}, 180))", "day": "toDate32(at)",
}  # fmt: skip


def sizes(rows: int) -> dict[str, int]:
    """Rows of each dataset, ``rows`` in all."""
    shares = {name: SHARES.get(name, 1) for name in catalogue()}
    return {name: max(rows * share // sum(shares.values()), 1) for name, share in shares.items()}


def fill(warehouse: Warehouse, rows: int) -> Iterator[tuple[str, int]]:
    """Load the month in portions, from where an earlier run came to; yields each dataset with its rows."""
    wanted = sizes(rows)
    for dataset in catalogue().values():
        warehouse.ensure_table(table(dataset))
        ((there,),) = warehouse.execute(f"SELECT count() FROM {dataset.name}")
        for start in range(there, wanted[dataset.name], PORTION):
            count = min(PORTION, wanted[dataset.name] - start)
            warehouse.command(_insert(dataset, wanted), {"start": start, "count": count})
        yield dataset.name, wanted[dataset.name]


def _insert(dataset: Dataset, wanted: Mapping[str, int]) -> str:
    frame = {
        "shelf": "p", "patient_key": "p", "event_time": "at", "institution": f"modulo(p, {INSTITUTIONS}) + 1",
        "division_code": "'411502000000'", "received_at": "at + toIntervalMinute(modulo(n, 30))",
        "version": "1", "is_deleted": "0",
    }  # fmt: skip
    columns = frame | {field.name: _value(dataset, field) for field in dataset.fields}
    parent = wanted[PARENTS.get(dataset.name, dataset.name)]
    visits, patients = wanted["visit"], wanted["emr_patient_info"]
    return (
        f"INSERT INTO {dataset.name} ({', '.join(map(quote, columns))}) SELECT {', '.join(columns.values())} FROM ("
        f"SELECT number AS n, modulo(n, {parent}) AS r, modulo(r, {visits}) AS v, modulo(v, {patients}) AS p,"
        " toDateTime64('2026-10-01 00:00:00', 3, 'Asia/Shanghai') + toIntervalSecond(modulo(v * 7919, 2678400)) AS at"
        " FROM numbers(%(start)s, %(count)s))"
    )


def _value(dataset: Dataset, field: Field) -> str:
    """SQL of one field of row ``n``."""
    if field.name in dataset.key:
        return f"concat('{LETTERS.get(dataset.name, 'K')}', toString(n))"
    if field.name in LINKS:
        letter, row = LINKS[field.name]
        return f"concat('{letter}', toString({row}))"
    if field.name == dataset.void:
        return "0"
    chance = f"cityHash64(n, '{field.name}')"
    made = (TEXTS[getattr(field, "format", "")] if field.kind == "text" else KINDS[field.kind]).format(h=chance)
    missing = "''" if field.missing == "" else "NULL"
    return f"if(modulo({chance}, 50) = 49, {missing}, {made})"
