"""Weights, rules and outcome of one pair of cards; the same as ``empi.matching.scoring`` for columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from math import log2
from typing import NamedTuple

from empi.definitions.schema import Limits, Outcome, Pass, Rules
from empi.matching.arrays import combine_one, hash_text
from empi.matching.frequencies import Table
from empi.matching.identity import Identity
from empi.matching.model import Model
from empi.matching.scoring import LARGEST_RARE, SMALLEST_RARE, compiled
from empi.matching.single.card import Card, card_of
from empi.matching.single.levels import LEVEL_OF
from empi.matching.single.tokens import TOKENS_OF

_EQUAL = 1


class Judged(NamedTuple):
    """One compared pair: level and bits per field (fields that say nothing are left out of ``bits``), and the verdict.

    ``hits`` is a bit mask of the pair rules that applied.
    """

    levels: tuple[int, ...]
    bits: dict[str, float]
    weight: float
    outcome: Outcome
    apart: bool
    hits: int


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pair rule over level codes: (place of the field, levels that meet the condition)."""

    outcome: Outcome
    apart: bool
    when: tuple[tuple[int, frozenset[int]], ...]
    unless: tuple[tuple[int, frozenset[int]], ...]
    optional: str

    def applies(self, levels: tuple[int, ...]) -> bool:
        return all(levels[place] in met for place, met in self.when) and not any(
            levels[place] in met for place, met in self.unless
        )


class Single:
    """A model at work on one pair at a time."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._fields = [
            (rule.name, LEVEL_OF[rule.kind], model.weights[rule.name].tolist(), model.frequencies.tables.get(rule.name))
            for rule in model.rules.fields
        ]
        self._rules = _rules_of(model.rules)
        self._level_of = [level_of for _, level_of, _, _ in self._fields]
        self._rare = lru_cache(maxsize=50_000)(self._weight_of_equal)
        self._applying = lru_cache(maxsize=50_000)(self._applying_to)

    def card(self, identity: Identity) -> Card:
        """An identity ready to be compared."""
        return card_of(identity, self.model.rules, self.model.frequencies)

    def keys(self, card: Card) -> list[tuple[Pass, int, tuple[int, int]]]:
        """(pass, key, finer keys) of every blocking pass that applies to the card."""
        tokens = self._tokens(card)
        found = []
        for place, rule in enumerate(self.model.rules.passes):
            if key := combine_one(place, [tokens.get(token, 0) for token in rule.tokens]):
                finer = [tokens.get(token, 0) for token in rule.finer[:2]] + [0, 0]
                found.append((rule, key, (finer[0], finer[1])))
        return found

    def _tokens(self, card: Card) -> Mapping[str, int]:
        return {
            f"{rule.name}.{token}": hashed
            for rule in self.model.rules.fields
            if rule.kind in TOKENS_OF
            for token, hashed in TOKENS_OF[rule.kind](card).items()
        }

    def score(self, left: Card, right: Card) -> Judged:
        """Compare two cards and judge them; symmetric."""
        levels = tuple([level_of(left, right) for level_of in self._level_of])
        bits: dict[str, float] = {}
        weight = 0.0
        for (name, _, weights, table), level in zip(self._fields, levels, strict=True):
            if level:
                own = self._rare(name, left.name.text if left.name else "") if table and level == _EQUAL else weights[level]
                bits[name] = own
                weight += own
        return self._judge(levels, bits, _thousandths(weight), self._limits(left.tenant, right.tenant))

    def _limits(self, one: int, other: int) -> Limits:
        """The more cautious of two tenants' settings."""
        a, b = self.model.rules.limits[one], self.model.rules.limits[other]
        if a is b:
            return a
        return Limits(max(a.certain, b.certain), min(a.possible, b.possible), a.switched_on | b.switched_on)

    def _judge(self, levels: tuple[int, ...], bits: dict[str, float], weight: float, limits: Limits) -> Judged:
        posterior = weight + self.model.prior_bits
        outcome = (
            Outcome.CERTAIN if posterior >= limits.certain else Outcome.POSSIBLE if posterior >= limits.possible else Outcome.NO
        )
        hits, parting, limit = self._applying(levels, limits.switched_on)
        apart = parting or weight <= self.model.rules.thresholds.apart
        return Judged(levels, bits, weight, outcome if limit is None else _limited(outcome, limit), apart, hits)

    def _applying_to(self, levels: tuple[int, ...], switched_on: frozenset[str]) -> tuple[int, bool, Outcome | None]:
        """The pair rules that apply to levels: their bit mask, whether one parts, and the outcome they limit to.

        The pairs of a city fall on few combinations of levels, so these are remembered.
        """
        places = [
            place
            for place, rule in enumerate(self._rules)
            if (not rule.optional or rule.optional in switched_on) and rule.applies(levels)
        ]
        applying = [self._rules[place] for place in places]
        limit = reduce(_limited, (rule.outcome for rule in applying)) if applying else None
        return sum(1 << place for place in places), any(rule.apart for rule in applying), limit

    def _weight_of_equal(self, field: str, text: str) -> float:
        """The weight of an equal name, by how common it is."""
        share = _share(self.model.frequencies.tables[field], hash_text(text))
        bits = log2(self.model.shares[field].m[_EQUAL] / share)
        return _thousandths(min(max(bits, SMALLEST_RARE), LARGEST_RARE))


def _limited(outcome: Outcome, rule: Outcome) -> Outcome:
    if rule is Outcome.CONFLICT or outcome is Outcome.CONFLICT:
        return Outcome.CONFLICT
    return min(outcome, rule)


def _share(table: Table, key: int) -> float:
    if not len(table.keys):
        return table.rest
    at = min(int(table.keys.searchsorted(table.keys.dtype.type(key))), len(table.keys) - 1)
    return float(table.shares[at]) if int(table.keys[at]) == key else table.rest


def _thousandths(value: float) -> float:
    return round(value * 1000) / 1000


def _rules_of(rules: Rules) -> tuple[_Rule, ...]:
    places = {rule.name: place for place, rule in enumerate(rules.fields)}
    return tuple(
        _Rule(
            rule.outcome,
            rule.apart,
            tuple((places[name], frozenset(table.nonzero()[0].tolist())) for name, table in rule.when),
            tuple((places[name], frozenset(table.nonzero()[0].tolist())) for name, table in rule.unless),
            rule.code if rule.optional else "",
        )
        for rule in compiled(rules)
    )


def single_of(model: Model) -> Single | None:
    """The engine for a model, or None when its rules use fields it does not compare one by one."""
    kinds = [rule.kind for rule in model.rules.fields]
    if set(kinds) != LEVEL_OF.keys() or len(kinds) != len(LEVEL_OF):
        return None
    if set(model.frequencies.tables) - {rule.name for rule in model.rules.fields if rule.kind == "person_name"}:
        return None
    return Single(model)
