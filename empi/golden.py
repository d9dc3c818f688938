"""The golden record: the best known value of every part of a person, and where each value comes from. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from empi.survivorship import SURVIVORSHIP, Preference, SurvivorRule


@dataclass(frozen=True)
class Claim:
    """What one identity says about its person.

    Attributes:
        patient_key: the identity.
        institution: code of the institution that says so.
        source_time: ISO date or instant of the statement; later is newer.
        trust: 0..100, how far this institution is believed.
        facts: the columns as the source sent them, trimmed.
        invalid: columns whose content is a dummy, fails its check digit or cannot be read.
    """

    patient_key: int
    institution: str
    source_time: str
    trust: int
    facts: Mapping[str, str]
    invalid: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Survivor:
    """One part of the golden record with its provenance; ``others`` are the values that lost, newest first."""

    values: tuple[tuple[str, str], ...]
    patient_key: int
    institution: str
    source_time: str
    support: int
    decided_by: str
    others: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "values": dict(self.values),
            "patient_key": str(self.patient_key),
            "institution": self.institution,
            "source_time": self.source_time,
            "support": self.support,
            "decided_by": self.decided_by,
            "others": [list(other) for other in self.others],
        }


def survive(claims: Iterable[Claim], rules: Sequence[SurvivorRule] = SURVIVORSHIP) -> dict[str, Survivor]:
    """Choose the surviving value of every part. Independent of the order of ``claims``."""
    ordered = sorted(claims, key=lambda claim: claim.patient_key)
    chosen = ((rule.name, _choose(rule, [claim for claim in ordered if claim.facts.get(rule.columns[0])])) for rule in rules)
    return {name: survivor for name, survivor in chosen if survivor}


def as_json(golden: Mapping[str, Survivor]) -> dict[str, Any]:
    return {name: survivor.as_json() for name, survivor in golden.items()}


def value_of(golden: Mapping[str, Any], name: str, column: str | None = None) -> str:
    """One surviving value out of a golden record in JSON form, or ""."""
    return str(golden.get(name, {}).get("values", {}).get(column or name, ""))


def _choose(rule: SurvivorRule, claims: list[Claim]) -> Survivor | None:
    if not claims:
        return None
    stated = [claim.facts[rule.columns[0]] for claim in claims]
    if stated.count(stated[0]) == len(stated):  # most parts of most people: nothing competes, only the best source is looked for
        alike = {stated[0]: len(stated)}
        winner = claims[0] if len(claims) == 1 else max(claims, key=lambda claim: _rank(rule, claim, alike))
        return _survivor(rule, winner, len(claims))
    support = Counter(stated)
    ranked = sorted(claims, key=lambda claim: _rank(rule, claim, support), reverse=True)
    winner = ranked[0]
    return _survivor(
        rule, winner, support[winner.facts[rule.columns[0]]], _deciding(rule, ranked, support), _others(rule, ranked)
    )


def _survivor(
    rule: SurvivorRule, winner: Claim, support: int, decided_by: str = "", others: tuple[tuple[str, str, str], ...] = ()
) -> Survivor:
    return Survivor(
        values=tuple((column, winner.facts.get(column, "")) for column in rule.columns),
        patient_key=winner.patient_key,
        institution=winner.institution,
        source_time=winner.source_time,
        support=support,
        decided_by=decided_by,
        others=others,
    )


def _rank(rule: SurvivorRule, claim: Claim, support: Mapping[str, int]) -> tuple[Any, ...]:
    """A sortable rank; the negated key makes the oldest-numbered identity win a full tie."""
    first = rule.columns[0]
    return (*[_SCORES[preference](first, claim, support) for preference in rule.prefer], -claim.patient_key)


_SCORES: dict[Preference, Callable[[str, Claim, Mapping[str, int]], Any]] = {
    "valid": lambda first, claim, support: first not in claim.invalid,
    "trust": lambda first, claim, support: claim.trust,
    "recent": lambda first, claim, support: claim.source_time,
    "support": lambda first, claim, support: support[claim.facts[first]],
    "detail": lambda first, claim, support: len(claim.facts[first]),
}


def _deciding(rule: SurvivorRule, ranked: list[Claim], support: Counter[str]) -> str:
    """The preference that separated the winner from the best claim with another value; "" when there was none."""
    first, winner = rule.columns[0], ranked[0]
    rival = next((claim for claim in ranked if claim.facts[first] != winner.facts[first]), None)
    if rival is None:
        return ""
    separating = (
        preference
        for preference in rule.prefer
        if _SCORES[preference](first, winner, support) != _SCORES[preference](first, rival, support)
    )
    return next(separating, "order")


def _others(rule: SurvivorRule, ranked: list[Claim]) -> tuple[tuple[str, str, str], ...]:
    first = rule.columns[0]
    seen = {ranked[0].facts[first]}
    others: list[tuple[str, str, str]] = []
    for claim in sorted(ranked, key=lambda one: (one.source_time, -one.patient_key), reverse=True):
        value = claim.facts[first]
        if value not in seen:
            seen.add(value)
            others.append((value, claim.institution, claim.source_time))
    return tuple(others)
