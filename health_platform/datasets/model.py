"""The dataset model: what a set of rows is, whose it is, when it is due, and where it stands in the health record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final

from health_platform.datasets.errors import DefinitionError
from health_platform.datasets.fields import Code, Day, Field, Flag, Instant, Text
from health_platform.kernel.clock import LOCAL_ZONE

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

RESERVED: Final = frozenset(
    (
        *("shelf", "patient_key", "event_time", "institution", "division_code", "line", "source", "batch"),
        *("version", "is_deleted", "received_at", "first_received_at", "local_codes", "unmapped", "extra"),
    )
)
"""Columns every warehouse table has; no field may take their names."""


class Domain(StrEnum):
    """The seven domains of the resident health record (WS 365)."""

    PERSONAL = "personal"
    PROBLEMS = "problems"
    CHILD = "child"
    WOMEN = "women"
    CONTROL = "control"
    MANAGEMENT = "management"
    MEDICAL = "medical"

    @property
    def label(self) -> str:
        """Chinese name."""
        return DOMAIN_LABELS[self]


DOMAIN_LABELS: Final[Mapping[Domain, str]] = MappingProxyType(
    {
        Domain.PERSONAL: "个人基本信息",
        Domain.PROBLEMS: "主要疾病和健康问题摘要",
        Domain.CHILD: "儿童保健",
        Domain.WOMEN: "妇女保健",
        Domain.CONTROL: "疾病控制",
        Domain.MANAGEMENT: "疾病管理",
        Domain.MEDICAL: "医疗服务",
    }
)

SUBDOMAINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": "身份与联系",
        "reference": "机构基础数据",
        "history": "病史",
        "allergy": "过敏",
        "visit": "就诊",
        "diagnosis": "诊断",
        "prescription": "处方与医嘱",
        "laboratory": "检验",
        "imaging": "检查与影像",
        "operation": "手术与操作",
        "inpatient": "住院病历",
        "outpatient": "门急诊病历",
        "observation": "体征与测量",
        "charge": "费用",
        "document": "图文文档",
        "death": "死亡",
        "report_card": "传染病报告",
        "vaccination": "预防接种",
        "nucleic_acid": "核酸检测",
        "blood": "采供血",
        "health_exam": "健康体检",
        "public_health": "公共卫生服务",
    }
)


class Confidentiality(StrEnum):
    """HL7 confidentiality of a whole dataset."""

    NORMAL = "N"
    RESTRICTED = "R"
    VERY_RESTRICTED = "V"


@dataclass(frozen=True)
class Deadline:
    """When a row is due at the platform, counted from its event.

    Attributes:
        label: as the front-end software writes it (实时, 2小时, T+0, T+1).
        delay: time after the event, if ``days`` is None.
        days: end of the local day this many days after the event.
    """

    label: str
    delay: timedelta | None = None
    days: int | None = None

    def due_at(self, event: datetime) -> datetime:
        """Last moment (UTC) at which a row about ``event`` is on time."""
        if self.delay is not None:
            return event + self.delay
        day = event.astimezone(LOCAL_ZONE).date() + timedelta(days=1 + (self.days or 0))
        return datetime.combine(day, time(), LOCAL_ZONE).astimezone(UTC)


REAL_TIME: Final = Deadline("实时", delay=timedelta(minutes=10))
"""Real time; ten minutes are granted for the way from the hospital's system to the platform."""


def within(*, hours: int) -> Deadline:
    """Due ``hours`` after the event."""
    return Deadline(f"{hours}小时", delay=timedelta(hours=hours))


def by_day(days: int) -> Deadline:
    """Due at the end of the local day ``days`` after the event's (T+days)."""
    return Deadline(f"T+{days}", days=days)


@dataclass(frozen=True)
class Parent:
    """A row that belongs to a row of another dataset of the same institution, by that row's key."""

    dataset: str
    field: str


@dataclass(frozen=True)
class PatientReference:
    """Which fields say whose row this is.

    ``local_id`` is the patient's number in the sending system. The other fields feed the patient index; "" = absent.
    ``register`` marks the dataset in which a system registers its patients (others may only repeat part of it).
    """

    local_id: str = "patient_id"
    name: str = ""
    id_type: str = ""
    id_number: str = ""
    gender: str = ""
    birth_date: str = ""
    phone: str = ""
    address: str = ""
    nation: str = ""
    register: bool = False

    def fields(self) -> dict[str, str]:
        """Role → field name, for the roles this dataset fills."""
        roles = ("local_id", "name", "id_type", "id_number", "gender", "birth_date", "phone", "address", "nation")
        return {role: name for role in roles if (name := getattr(self, role))}


@dataclass(frozen=True)
class Dataset:
    """A set of rows that institutions upload.

    Attributes:
        name: code name, also the warehouse table.
        label: Chinese name.
        key: fields that identify a row within its institution.
        time: fields that date a row, the first filled one counts; empty for registers that have no event.
        patient: whose row it is; None for institution data, or when ``parent`` leads to the patient.
        parent: the row this one is a detail of.
        void: the flag field by which a sender withdraws a row.
        line: the professional line that may see it (architecture §3.5).
    """

    name: str
    label: str
    domain: Domain
    subdomain: str
    key: tuple[str, ...]
    time: tuple[str, ...]
    due: Deadline
    fields: tuple[Field, ...]
    patient: PatientReference | None = None
    parent: Parent | None = None
    void: str = ""
    line: str = "medical"
    confidentiality: Confidentiality = Confidentiality.NORMAL
    note: str = ""

    def __post_init__(self) -> None:
        self._check_names()
        self._check_key()
        self._check_roles()
        for field in self.fields:
            self._check_field(field)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by code name, in order."""
        return MappingProxyType({field.name: field for field in self.fields})

    @cached_property
    def entity(self) -> str:
        """Name in the JSON data API, e.g. ``emrExLabItem``."""
        return camel(self.name)

    @cached_property
    def coded(self) -> tuple[Code, ...]:
        """Fields whose values are mapped to standard codes."""
        return tuple(field for field in self.fields if isinstance(field, Code))

    @property
    def personal(self) -> bool:
        """True if a row belongs to a patient."""
        return self.patient is not None or self.parent is not None

    def _fail(self, problem: str) -> DefinitionError:
        return DefinitionError(f"{self.name}: {problem}")

    def _check_names(self) -> None:
        if not _NAME.fullmatch(self.name) or not self.label:
            raise self._fail("a dataset needs a code name and a Chinese name")
        if self.subdomain not in SUBDOMAINS:
            raise self._fail(f"unknown subdomain {self.subdomain!r}")
        names = [field.name for field in self.fields]
        if twice := {name for name in names if names.count(name) > 1}:
            raise self._fail(f"fields defined twice: {sorted(twice)}")
        if taken := RESERVED.intersection(names):
            raise self._fail(f"reserved names: {sorted(taken)}")

    def _check_key(self) -> None:
        if not self.key:
            raise self._fail("a dataset needs a key")
        for name in self.key:
            if not isinstance(self._known(name), Text | Code) or not self.by_name[name].required:
                raise self._fail(f"key field {name} must be a required text or code")
        for name in self.time:
            if not isinstance(self._known(name), Instant | Day):
                raise self._fail(f"{name} cannot date a row")

    def _check_roles(self) -> None:
        if self.patient is not None:
            for name in self.patient.fields().values():
                self._known(name)
            if not self.by_name[self.patient.local_id].required:
                raise self._fail("a row must say whose it is")
        if self.parent is not None and not self._known(self.parent.field).required:
            raise self._fail("a detail row must name its parent")
        if self.void and not isinstance(self._known(self.void), Flag):
            raise self._fail(f"{self.void} is no flag")

    def _check_field(self, field: Field) -> None:
        if isinstance(field, Code) and field.display and not isinstance(self._known(field.display), Text):
            raise self._fail(f"{field.name}: display {field.display} is no text")
        if isinstance(field, Instant | Day) and field.after:
            self._check_after(field.name, field.after)

    def _check_after(self, name: str, earlier: str) -> None:
        if name == earlier or not isinstance(self._known(earlier), Instant | Day):
            raise self._fail(f"{name} cannot come after {earlier}")

    def _known(self, name: str) -> Field:
        field = self.by_name.get(name)
        if field is None:
            raise self._fail(f"no field {name!r}")
        return field


def camel(name: str) -> str:
    """``emr_ex_lab`` → ``emrExLab``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def local_day(event: datetime) -> date:
    """The Beijing calendar day of a moment."""
    return event.astimezone(LOCAL_ZONE).date()
