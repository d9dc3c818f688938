"""What each field of a dataset may become in an extract.

Only what is on a list of permitted kinds gets out: codes, numbers, flags and times that tell nothing by themselves. Names,
numbers of documents, telephones, addresses and any free text never do, whatever the request says; of local numbers at most a
keyed pseudonym of the person is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from health_platform.datasets.api import Code, Dataset, Day, Decimal, Field, Flag, Instant, Integer, Sensitivity

QUASI_SETS: Final = frozenset(
    {
        *("gender", "nation", "nationality", "marital_status", "education", "population_group", "occupation"),
        *("division", "institution"),
    }
)
"""Value sets that describe a person or place to others; a field coded by one is a quasi-identifier."""

EVENT, INSTITUTION, PLACE = "event_time", "institution", "division_code"
COMMON: Final[Mapping[str, str]] = {EVENT: "业务时间", INSTITUTION: "上传机构", PLACE: "机构所在区划"}
"""Columns of every dataset that can be asked for beside its fields; all three are quasi-identifiers."""


class Role(StrEnum):
    """What becomes of a field."""

    DROPPED = "dropped"
    QUASI = "quasi"
    CODE = "code"
    VALUE = "value"
    TIME = "time"

    @property
    def label(self) -> str:
        """Chinese name."""
        return ROLE_LABELS[self]


ROLE_LABELS: Final[Mapping[Role, str]] = {
    Role.DROPPED: "不提供",
    Role.QUASI: "准标识符(泛化)",
    Role.CODE: "代码(罕见值隐藏)",
    Role.VALUE: "数值",
    Role.TIME: "时间(粗化)",
}


def role_of(dataset: Dataset, field: Field) -> Role:
    """The role of one field."""
    if field.sensitivity is not Sensitivity.PLAIN:
        return Role.DROPPED
    if dataset.patient is not None and field.name == dataset.patient.birth_date:
        return Role.QUASI
    if isinstance(field, Code):
        return Role.QUASI if field.value_set in QUASI_SETS else Role.CODE
    if isinstance(field, Day | Instant):
        return Role.TIME
    return Role.VALUE if isinstance(field, Integer | Decimal | Flag) else Role.DROPPED


def roles(dataset: Dataset) -> dict[str, Role]:
    """Field or common column → role, for all of a dataset."""
    common = dict.fromkeys(COMMON, Role.QUASI)
    return {**common, **{field.name: role_of(dataset, field) for field in dataset.fields}}


def requestable(dataset: Dataset) -> dict[str, str]:
    """What can be asked for: name → Chinese label."""
    labels = {**COMMON, **{field.name: field.label for field in dataset.fields}}
    return {name: labels[name] for name, role in roles(dataset).items() if role is not Role.DROPPED}
