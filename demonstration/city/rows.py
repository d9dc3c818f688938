"""Rows as institutions send them: one dataset, one unit, field names of the dataset definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from demonstration.city.identities import Registered
from demonstration.city.institutions import Unit


@dataclass(frozen=True)
class Row:
    """One row on its way; ``day`` is when it happened and decides in which upload it travels."""

    dataset: str
    unit: Unit
    day: date
    fields: dict[str, Any]

    @property
    def key(self) -> str:
        """The value of its key: every dataset's first own field is its number in the sender's system."""
        return str(self.fields[KEYS.get(self.dataset, "id")])


KEYS = {
    "visit": "visit_no",
    "diagnosis": "diagnosis_no",
    "charge": "charge_no",
    "observation": "observation_no",
    "allergy": "allergy_no",
    "vaccination": "vaccination_no",
    "health_exam": "exam_no",
    "service_record": "service_no",
}


def stamp(moment: datetime) -> str:
    """A local instant as hospital systems write it."""
    return moment.isoformat(" ", "seconds")


def regional(dataset: str, who: Registered, moment: datetime, fields: dict[str, Any]) -> Row:
    """A row of a regional dataset, with patient and institution columns."""
    unit = who.unit
    tail = {"org_code": unit.code22 or unit.uscc, "org_name": unit.name, "changed_at": stamp(moment)}
    return Row(dataset, unit, moment.date(), _clean({**who.reference(), **fields, **tail}))


def front(dataset: str, who: Registered | None, unit: Unit, moment: datetime, fields: dict[str, Any]) -> Row:
    """A row of a front-end dataset; detail rows carry no patient."""
    head = who.front_reference() if who else {}
    tail = {"operation_time": stamp(moment), "operator_id": f"{unit.key}-01"}
    if who and dataset != "emr_inf_report":  # the card names the reporting institution in fields of its own
        tail.update(org_code=unit.code22 or unit.uscc, org_name=unit.name)
    return Row(dataset, unit, moment.date(), _clean({**head, **fields, **tail}))


def _clean(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
