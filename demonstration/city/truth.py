"""What is true of the city, for the checkers: who is who, what was planted, what happened. Never sent to the platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Event:
    """Something that happened to a resident: outbreak, influenza, birth, death, referral. ``key`` is the row that tells it."""

    kind: str
    resident: int
    unit: str
    day: date
    key: str = ""


@dataclass(frozen=True)
class Defect:
    """A fault planted into a row: its unit, dataset and key, the field and what was done to it."""

    unit: str
    dataset: str
    key: str
    field: str
    kind: str


@dataclass(frozen=True)
class Identity:
    """A registration: the unit's number for a resident, and the fault in what was written down ("" when it is right)."""

    unit: str
    local_id: str
    resident: int
    fault: str
