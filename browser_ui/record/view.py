"""The values the record templates draw. They hold what may be shown and nothing else: masked text, never the full one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from markupsafe import Markup

AlertKind = Literal["allergy", "critical", "interaction", "caution"]


@dataclass(frozen=True)
class Masked:
    """A field shown masked; ``field`` names it in the logged reveal request."""

    field: str
    label: str
    text: str


@dataclass(frozen=True)
class Alert:
    """One warning of the banner."""

    kind: AlertKind
    text: str


@dataclass(frozen=True)
class Banner:
    """Identity and warnings: always visible, never clipped, always on paper.

    ``allergy_state`` tells "known" from "none" (asked, none known) and "unasked": the last two must not look alike.
    """

    person_id: int
    name: str
    sex: str
    birth: date | None
    age: str
    masked: tuple[Masked, ...]
    facts: tuple[tuple[str, str], ...]
    allergy_state: Literal["known", "none", "unasked"]
    alerts: tuple[Alert, ...]
    institutions: int
    as_of: datetime | None
    silent: tuple[str, ...] = ()
    state: str = ""

    def alerts_of(self, kind: AlertKind) -> list[Alert]:
        return [alert for alert in self.alerts if alert.kind == kind]


@dataclass(frozen=True)
class Tab:
    """One of the nine sections."""

    number: int
    key: str
    label: str
    count: int | None = None

    @property
    def path(self) -> str:
        return "" if self.key == "overview" else f"/{self.key}"


@dataclass(frozen=True)
class Problem:
    """One entry of the problem list."""

    name: str
    since: str
    note: str
    severe: bool = False
    code: str = ""
    institution: str = ""
    sources: int = 1


@dataclass(frozen=True)
class Visit:
    """One contact with care."""

    ref: str
    day: date
    kind: str
    text: str
    institution: str
    department: str = ""
    doctor: str = ""
    abnormal: bool = False
    sources: int = 1


@dataclass(frozen=True)
class LabRow:
    """One laboratory item over time. ``flag`` and ``normal`` are the source's own, never computed across laboratories."""

    code: str
    name: str
    unit: str
    value: str
    flag: str
    normal: str
    day: date
    institution: str
    trend: Markup = Markup("")
    critical: bool = False

    @property
    def arrow(self) -> str:
        return ARROWS.get(self.flag, "")


ARROWS = {"h": "↑", "hh": "↑↑", "l": "↓", "ll": "↓↓", "a": "*"}
FLAG_WORDS = {"h": "偏高", "hh": "明显偏高", "l": "偏低", "ll": "明显偏低", "a": "异常"}


@dataclass(frozen=True)
class LabCell:
    """One result in the cumulative grid."""

    value: str
    flag: str = ""
    institution: str = ""
    normal: str = ""

    @property
    def arrow(self) -> str:
        return ARROWS.get(self.flag, "")


@dataclass(frozen=True)
class LabGrid:
    """Items down, dates across, newest first. A cell of ``None`` was not measured that day."""

    days: tuple[date, ...]
    rows: tuple[tuple[LabRow, tuple[LabCell | None, ...]], ...]


@dataclass(frozen=True)
class Exam:
    """One imaging or other examination."""

    ref: str
    day: date
    modality: str
    name: str
    conclusion: str
    institution: str
    abnormal: bool = False
    sources: int = 1


@dataclass(frozen=True)
class Drug:
    """One medicine: name and dose, how long it lasts, a warning."""

    name: str
    left: str
    state: str = ""
    note: str = ""
    institution: str = ""


@dataclass(frozen=True)
class Service:
    """One public-health service and how it stands."""

    name: str
    mark: str
    kind: str
    note: str = ""


@dataclass(frozen=True)
class DocumentRef:
    """One document of the list beside the viewer."""

    ref: str
    day: date
    kind: str
    title: str
    institution: str


@dataclass(frozen=True)
class Withheld:
    """Documents the caller may not see, told only by number."""

    label: str
    count: int


@dataclass(frozen=True)
class Shell:
    """Everything around a section."""

    banner: Banner
    tabs: tuple[Tab, ...]
    current: str
    who: str
    why: str
    stamp: str
    embedded: bool
    view: str
    views: tuple[Any, ...]
    hidden: frozenset[str]
    withheld: tuple[Withheld, ...] = ()
