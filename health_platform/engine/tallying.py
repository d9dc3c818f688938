"""A tally over the submissions of one member, in memory: what a form names as ``so_far_<tally>``. Pure.

The warehouse says the same of a period (``indicators/sources.py``); ``tests/engine`` holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from health_platform.engine.answers import Setting
from health_platform.engine.definitions.indicators import Tally
from health_platform.engine.scheduling import Past, age_on, full_quarter


def tallied(tally: Tally, setting: Setting, history: Sequence[Past]) -> Decimal:
    """Count, sum or number of distinct values; 0 of nothing. ``setting`` names what indicators over the form may name."""
    rows = [_row(setting, one) for one in history]
    if tally.how == "count":
        return Decimal(sum(setting.holds(tally.value, row) for row in rows))
    known = [value for row in rows if (value := setting.value(tally.value, row)) is not None]
    return Decimal(len(set(known))) if tally.how == "distinct" else sum(known, Decimal(0))


def _row(setting: Setting, one: Past) -> dict[str, Any]:
    facts = setting.facts
    return {
        **one.answers,
        "day": one.day,
        "age": age_on(facts.get("birth_date"), one.day),
        "full_quarter": full_quarter(facts.get("enrolled_on"), one.day),
    }
