"""What stands around a section of the record. It holds what may be shown and nothing else: masks, never full values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from browser_ui.record.layouts import View
from health_platform.records.api import Withheld

AlertKind = Literal["allergy", "critical", "interaction", "caution"]

ARROWS = {"h": "↑", "hh": "↑↑", "l": "↓", "ll": "↓↓", "a": "*"}
FLAG_WORDS = {"h": "偏高", "hh": "危急偏高", "l": "偏低", "ll": "危急偏低", "a": "异常"}


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
class Whose:
    """Whose record it is."""

    person_id: int


@dataclass(frozen=True)
class Warnings:
    """What must not be overlooked: always visible, never clipped, always on paper, and never older than the section below.

    ``allergy_state`` tells "known" from "none" (asked, none known), "unasked" and "withheld" (there are
    some this caller may not see): no two of them may look alike.
    """

    allergy_state: Literal["known", "none", "unasked", "withheld"]
    alerts: tuple[Alert, ...]
    silent: tuple[str, ...] = ()
    state: str = ""
    withheld: tuple[Withheld, ...] = ()

    @property
    def stamp(self) -> str:
        """Tells these warnings from others: the browser says which ones it shows."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def alerts_of(self, kind: AlertKind) -> list[Alert]:
        return [alert for alert in self.alerts if alert.kind == kind]


@dataclass(frozen=True)
class Banner(Whose):
    """Who it is, and from where the record came."""

    name: str
    sex: str
    birth: date | None
    masked: tuple[Masked, ...]
    facts: tuple[tuple[str, str], ...]
    institutions: int
    as_of: datetime | None


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
class Bare:
    """What a section knows of what stands around it; all there is when the section alone is asked for."""

    banner: Whose
    current: str
    embedded: bool
    hidden: frozenset[str]
    warnings: Warnings


@dataclass(frozen=True)
class Shell(Bare):
    """Everything around a section: banner, tabs, footer, watermark, layout; ``apps`` are code and name of SMART apps."""

    banner: Banner
    tabs: tuple[Tab, ...]
    who: str
    why: str
    stamp: str
    view: str
    views: tuple[View, ...]
    apps: tuple[tuple[str, str], ...] = ()
