"""The rules in force: those of the definitions and those shipped, replaced or joined by those of administrators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.quality.definitions import SHIPPED
from etl.quality.generated import generated
from etl.quality.models import ACTIVE, StoredRule
from etl.quality.rules import Origin, Rule, checked
from etl.quality.shapes import Dimension, Severity
from health_platform.datasets.api import catalogue


@cache
def delivered() -> Mapping[str, Rule]:
    """Generated and shipped rules by code."""
    return MappingProxyType({rule.code: rule for rule in checked((*generated(), *SHIPPED))})


def rules_in_force(session: Session) -> dict[str, Rule]:
    """All rules by code. An administrator's active version replaces a delivered rule of its code, or switches it off."""
    found = dict(delivered())
    for stored in session.scalars(select(StoredRule).where(StoredRule.state == ACTIVE)):
        if stored.disabled or stored.dataset not in catalogue():
            found.pop(stored.code, None)
        else:
            found[stored.code] = as_rule(stored)
    return found


def of_dataset(rules: Iterable[Rule], dataset: str) -> tuple[Rule, ...]:
    """The rules of one dataset, in the order of their codes."""
    return tuple(sorted((rule for rule in rules if rule.dataset == dataset), key=lambda rule: rule.code))


def as_rule(stored: StoredRule) -> Rule:
    """A stored version as a rule. A changed delivered rule keeps its partner and where its counts come from."""
    base = delivered().get(stored.code)
    rule = Rule(
        stored.code, stored.dataset, stored.label, Dimension(stored.dimension), stored.fails, stored.mend,
        applies=stored.applies or "", severity=Severity(stored.severity), weight=stored.weight, tolerance=stored.tolerance,
        valid_from=stored.valid_from, valid_to=stored.valid_to, version=stored.version, origin=Origin.ADMINISTRATOR,
    )  # fmt: skip
    return replace(rule, partner=base.partner, source=base.source, shown=base.shown) if base else rule
