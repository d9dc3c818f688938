"""What the record service gives out: frozen values, already merged, filtered and labelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NamedTuple


class Section(StrEnum):
    """What kind of thing an event of the record is."""

    PROBLEM = "problem"
    ALLERGY = "allergy"
    VISIT = "visit"
    LAB = "lab"
    LAB_REPORT = "lab_report"
    EXAM = "exam"
    DRUG = "drug"
    OPERATION = "operation"
    OBSERVATION = "observation"
    VACCINATION = "vaccination"
    SERVICE = "service"
    DOCUMENT = "document"
    CHARGE = "charge"

    @property
    def label(self) -> str:
        """Chinese name."""
        return SECTION_LABELS[self]


SECTION_LABELS = {
    Section.PROBLEM: "诊断与健康问题",
    Section.ALLERGY: "过敏",
    Section.VISIT: "就诊",
    Section.LAB: "检验结果",
    Section.LAB_REPORT: "检验报告",
    Section.EXAM: "检查",
    Section.DRUG: "用药",
    Section.OPERATION: "手术与操作",
    Section.OBSERVATION: "体征与测量",
    Section.VACCINATION: "预防接种",
    Section.SERVICE: "公共卫生服务",
    Section.DOCUMENT: "图文文档",
    Section.CHARGE: "费用",
}

SECTIONS = {section.value: section for section in Section}
"""Sections by their stored names; quicker than calling the enumeration."""

Flag = Literal["", "h", "l", "hh", "ll", "a"]
"""How a result stands to its range: high, low, critically high or low, abnormal; empty is normal or unjudged."""


Standing = Literal["own", "suspected", "excluded", "family", "fact"]
"""Whose an entry is and how sure: the person's own, suspected, ruled out, a relative's, or a fact that is no disease."""


@dataclass(frozen=True)
class Origin:
    """One source that reported an event: way in (``data_api``, ``hl7v2``, ``fhir`` …), dataset, institution, when."""

    source: str
    dataset: str
    institution_id: int
    received_at: datetime


@dataclass(frozen=True)
class Event:
    """One event of a record. ``origins`` holds more than one when several sources reported it and were merged.

    ``ref`` names the event in links and in ``Record.detail``. ``time`` is aware UTC; ``ended`` likewise or None.
    ``flag`` is the source's own judgement, raised to ``hh``/``ll`` by the platform's critical limits. ``normal`` is the
    source's reference range as text. ``confidential`` is the sensitive class of the event or "". ``standing`` tells a
    diagnosis of the person from a suspicion, an exclusion and a relative's disease.
    """

    ref: str
    section: Section
    dataset: str
    time: datetime
    title: str
    code: str = ""
    kind: str = ""
    institution: str = ""
    institution_id: int = 0
    department: str = ""
    doctor: str = ""
    visit: str = ""
    value: str = ""
    number: float | None = None
    unit: str = ""
    normal: str = ""
    flag: Flag = ""
    note: str = ""
    parent: str = ""
    ended: datetime | None = None
    confidential: str = ""
    origins: tuple[Origin, ...] = ()
    standing: Standing = "own"

    @property
    def critical(self) -> bool:
        return self.flag in ("hh", "ll")

    @property
    def abnormal(self) -> bool:
        return self.flag != ""


@dataclass(frozen=True)
class Withheld:
    """Events that exist and are not shown to this caller: how many, and of which class, never which."""

    label: str
    count: int
    reason: Literal["class", "resident"]


@dataclass(frozen=True)
class Excerpt:
    """Events newest first, and how many rows more exist that this caller may not see."""

    events: tuple[Event, ...]
    withheld: int


@dataclass(frozen=True)
class Freshness:
    """How far one institution's uploads about this person reach.

    ``never`` means the institution knows the person and has uploaded nothing: its silence says nothing about health.
    ``late`` means its last upload is older than expected. ``sections`` are those it has uploaded anything of.
    """

    institution_id: int
    institution: str
    state: Literal["current", "late", "never"]
    last_received: datetime | None
    last_event: datetime | None
    sections: frozenset[Section] = frozenset()


@dataclass(frozen=True)
class Window:
    """A span of time: ``since`` inclusive, ``until`` exclusive, aware UTC; None is open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """A page of events, newest first. ``cursor`` asks for the next page ("" = this is the last).

    ``total`` counts reported rows before merging. ``absent`` names institutions that know the person and have not
    uploaded anything of the asked sections: an empty page with absences must not read as "nothing found".
    """

    events: tuple[Event, ...]
    total: int
    cursor: str = ""
    withheld: tuple[Withheld, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabPoint:
    """One result of a series. ``value`` as reported; ``number`` None when it is no number."""

    ref: str
    time: datetime
    value: str
    number: float | None
    flag: Flag
    normal: str
    institution: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Gauge:
    """The newest value of a measurement that tells how a problem stands: ``label`` 血压, HbA1c …"""

    label: str
    unit: str
    point: LabPoint


@dataclass(frozen=True)
class Problem:
    """One disease or health problem, from all diagnoses of it.

    ``since`` is its first known date, ``last`` the latest mention, ``mentions`` how often it was diagnosed. ``suspected`` when
    nobody has made the diagnosis yet; ``name`` says so too. A suspicion that was ruled out since is not ``active``.
    ``gauges`` tell how it stands, the most telling first.
    """

    name: str
    code: str
    since: datetime
    last: datetime
    mentions: int
    active: bool
    chronic: bool
    institutions: tuple[str, ...]
    refs: tuple[str, ...]
    confidential: str = ""
    suspected: bool = False
    gauges: tuple[Gauge, ...] = ()


@dataclass(frozen=True)
class Allergies:
    """``known`` with the list, ``none`` (asked, none known), or ``unasked``: the last two must never look alike.

    ``withheld`` counts entries this caller may not see: with any, ``none`` and ``unasked`` would be false, and the state is
    ``withheld``.
    """

    state: Literal["known", "none", "unasked", "withheld"]
    items: tuple[Event, ...] = ()
    withheld: int = 0


@dataclass(frozen=True)
class LabSeries:
    """Results of one item in one unit, newest first. Different units are different series: nothing is converted."""

    code: str
    name: str
    unit: str
    points: tuple[LabPoint, ...]
    confidential: str = ""


@dataclass(frozen=True)
class LabGrid:
    """Cumulative results: ``days`` newest first (local dates); a cell is None when the item was not measured that day."""

    days: tuple[date, ...]
    rows: tuple[tuple[LabSeries, tuple[LabPoint | None, ...]], ...]


@dataclass(frozen=True)
class Medication:
    """One medicine over time, from all its prescriptions. ``active`` when the last one may still last.

    ``spans`` are what each prescription covers, newest first: between them nobody knows that the medicine was taken.
    """

    name: str
    code: str
    dose: str
    first: datetime
    last: datetime
    until: datetime
    active: bool
    prescriptions: int
    institutions: tuple[str, ...]
    refs: tuple[str, ...]
    confidential: str = ""
    spans: tuple[tuple[datetime, datetime], ...] = ()


class LifeMark(NamedTuple):
    """Events of one section in one local month, for the life-course strip."""

    month: date
    section: Section
    events: int
    abnormal: int


@dataclass(frozen=True)
class Overview:
    """What a physician sees first. ``as_of`` is the newest upload in it; ``built_at`` when the summary was made.

    ``family`` are diseases of relatives, never among the ``problems``.
    """

    person_id: int
    problems: tuple[Problem, ...]
    family: tuple[Event, ...]
    allergies: Allergies
    critical: tuple[Event, ...]
    labs: tuple[LabSeries, ...]
    medications: tuple[Medication, ...]
    visits: tuple[Event, ...]
    exams: tuple[Event, ...]
    services: tuple[Event, ...]
    life: tuple[LifeMark, ...]
    counts: dict[Section, int]
    freshness: tuple[Freshness, ...]
    withheld: tuple[Withheld, ...]
    as_of: datetime | None
    built_at: datetime
    deceased: date | None = None


@dataclass(frozen=True)
class DetailField:
    """A field of a detail view: Chinese label, text to show, what masking it needs (``datasets.Sensitivity``)."""

    name: str
    label: str
    text: str
    sensitivity: str
    code: str = ""


@dataclass(frozen=True)
class Detail:
    """One event in full, with its detail rows (laboratory items, prescription items) and the sources merged in it.

    ``division`` is the division the shown report came from; ``files`` are documents that were uploaded for it. Of a document
    ``content`` holds the digest of its file.
    """

    event: Event
    dataset_label: str
    fields: tuple[DetailField, ...]
    items: tuple[Event, ...]
    others: tuple[Origin, ...]
    content: dict[str, str] | None = None
    division: str = ""
    files: tuple[Event, ...] = ()
