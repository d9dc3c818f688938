"""Small hints beside the facts: an examination done a few days ago elsewhere, a medicine against a known allergy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from health_platform.records.api import Allergies, Event, Medication

RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Hint:
    """One line with the event it is about."""

    text: str
    ref: str


def recent_elsewhere(exams: Sequence[Event], own_institution: int | None, at: datetime) -> list[Hint]:
    """Examinations of the last 30 days made at other institutions, newest first, one per name."""
    fitting = {
        event.title: event for event in reversed(exams) if at - event.time <= RECENT and event.institution_id != own_institution
    }
    newest = sorted(fitting.values(), key=lambda event: event.time, reverse=True)
    return [
        Hint(f"{max(0, (at - event.time).days)} 天前 {event.institution} 已做 {event.title}", event.ref) for event in newest[:2]
    ]


def allergy_conflicts(allergies: Allergies, medications: Sequence[Medication]) -> dict[str, str]:
    """Medicine in use -> allergen, where one name contains the other.

    Only literal agreement: the full check of ingredients and interactions is the prescription rules' business.
    """
    allergens = [word for event in allergies.items if len(word := event.title.replace("过敏", "").strip()) >= 2]
    return {one.name: word for one in medications for word in allergens if one.active and (word in one.name or one.name in word)}
