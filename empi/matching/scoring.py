"""Comparing pairs: levels, weights, rules, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from empi.definitions.schema import Outcome, Rules, When
from empi.matching.arrays import F64, I64, U8, Flags, hash_texts
from empi.matching.frame import Frame, code_values, columns_of
from empi.matching.identity import Identity
from empi.matching.kinds import kind_of
from empi.matching.kinds.base import main_hashes
from empi.matching.marks import mark
from empi.matching.model import Model

SMALLEST_RARE, LARGEST_RARE = -2.0, 22.0
"""Limits (bits) of the weight of an equal value by how common it is."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one field says: the level its comparison landed on and its weight in bits."""

    field: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one pair.

    ``weight`` is the sum of the contributions in bits; ``posterior`` adds the prior odds. ``rules`` are the codes of
    the pair rules that applied, ``apart`` says the two must not share a cluster, ``model`` is the model's version.
    """

    weight: float
    posterior: float
    outcome: Outcome
    contributions: tuple[Contribution, ...]
    rules: tuple[str, ...]
    apart: bool
    model: str

    @property
    def probability(self) -> float:
        """Posterior probability of being one person, before rules."""
        return float(1 / (1 + 2.0 ** -max(min(self.posterior, 60.0), -60.0)))

    @property
    def conflict(self) -> bool:
        """True when a person has to look."""
        return self.outcome is Outcome.CONFLICT


@dataclass(slots=True)
class Scores:
    """Compared pairs as arrays: weight in bits, outcome, apart flag, levels and bits per field, rules hit (bit mask)."""

    weight: F64
    outcome: U8
    apart: Flags
    levels: dict[str, U8]
    bits: dict[str, F64]
    hits: I64


def frame_of(identities: Sequence[Identity], model: Model) -> Frame:
    """Identities as a comparable frame."""
    rules = model.rules
    parsed = {
        rule.name: code_values(identity.values[place] for identity in identities)
        for place, rule in enumerate(rules.fields)
        if rule.columns
    }
    frame = Frame(len(identities), columns_of(parsed, {rule.name: kind_of(rule.kind) for rule in rules.fields}))
    frame.marks["rank"] = hash_texts([identity.key for identity in identities])
    seen = np.array([identity.seen for identity in identities], dtype=np.int32)
    if rules.tenants:
        frame.marks["tenant"] = np.array([rules.tenant_place(identity.division) for identity in identities], dtype=np.int32)
    return mark(frame, rules, seen, model.frequencies)


def compare_levels(frame: Frame, rules: Rules, left: I64, right: I64) -> dict[str, U8]:
    """Level codes of the pairs, per field."""
    return {rule.name: kind_of(rule.kind).compare(frame, rule, left, right) for rule in rules.fields}


def score(frame: Frame, model: Model, left: I64, right: I64, *, keep_bits: bool = False) -> Scores:
    """Compare pairs of a frame and judge them.

    Args:
        frame: the identities.
        model: weights and rules.
        left: positions of the first of each pair.
        right: positions of the second; the order within a pair does not matter.
        keep_bits: also return the bits per field (for explanations).
    """
    levels = compare_levels(frame, model.rules, left, right)
    bits = {name: field_bits(frame, model, name, levels[name], left) for name in levels}
    weight = np.zeros(len(left))
    for name in levels:
        weight += bits[name]
    weight = np.round(weight, 3)
    outcome, apart, hits = judge(levels, weight, model, bounds_of(frame, model.rules, left, right))
    return Scores(weight, outcome, apart, levels, bits if keep_bits else {}, hits)


def field_bits(frame: Frame, model: Model, name: str, levels: U8, left: I64) -> F64:
    """Weights of a field's levels; an equal value weighs by how common it is, where the rules say so."""
    bits = model.weights[name][levels]
    table = model.frequencies.tables.get(name)
    if table is None:
        return bits
    equal = np.flatnonzero(levels == 1)
    column = frame.columns[name]
    if not len(equal):
        return bits
    hashes = main_hashes(column.arrays)
    codes = column.codes[left[equal]]
    share = table.look_up(hashes)[codes]
    m = model.shares[name].m[1]
    bits[equal] = np.round(np.clip(np.log2(m / share), SMALLEST_RARE, LARGEST_RARE), 3)
    return bits


@dataclass(frozen=True, slots=True)
class Bounds:
    """The thresholds of each pair, and where each optional rule is switched on; one value where all pairs share it."""

    certain: F64 | float
    possible: F64 | float
    switched_on: dict[str, Flags | bool]


def bounds_of(frame: Frame, rules: Rules, left: I64, right: I64) -> Bounds:
    """The more cautious settings of each pair's two tenants."""
    places = frame.marks.get("tenant")
    optional = [rule.code for rule in rules.pair_rules if rule.optional]
    if places is None:
        city = rules.limits[0]
        return Bounds(city.certain, city.possible, {code: code in city.switched_on for code in optional})
    one, other = places[left], places[right]
    certain, possible = (np.array([getattr(limits, name) for limits in rules.limits]) for name in ("certain", "possible"))
    on = {code: np.array([code in limits.switched_on for limits in rules.limits]) for code in optional}
    return Bounds(
        np.maximum(certain[one], certain[other]),
        np.minimum(possible[one], possible[other]),
        {code: table[one] | table[other] for code, table in on.items()},
    )


def judge(levels: dict[str, U8], weight: F64, model: Model, bounds: Bounds) -> tuple[U8, Flags, I64]:
    """Outcome, apart flag and bit mask of the pair rules that applied, for pairs of known weight."""
    limits = model.rules.thresholds
    posterior = weight + model.prior_bits
    outcome = np.full(len(weight), Outcome.NO, dtype=np.uint8)
    outcome[posterior >= bounds.possible] = Outcome.POSSIBLE
    outcome[posterior >= bounds.certain] = Outcome.CERTAIN
    apart = weight <= limits.apart
    hits = np.zeros(len(weight), dtype=np.int64)
    for place, rule in enumerate(compiled(model.rules)):
        switched_on = bounds.switched_on[rule.code] if rule.optional else True
        if switched_on is False:
            continue
        holds = rule.where(levels, switched_on)
        hits[holds] |= 1 << place
        if rule.apart:
            apart[holds] = True
        if rule.outcome is Outcome.CONFLICT:
            outcome[holds] = Outcome.CONFLICT
        else:
            before = outcome[holds]
            outcome[holds] = np.where(before == Outcome.CONFLICT, before, np.minimum(before, rule.outcome))
    return outcome, apart, hits


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A pair rule as look-up tables over level codes."""

    code: str
    outcome: Outcome
    apart: bool
    when: tuple[tuple[str, Flags], ...]
    unless: tuple[tuple[str, Flags], ...]
    optional: bool

    def where(self, levels: dict[str, U8], switched_on: Flags | bool = True) -> I64:
        """The pairs the rule holds for, among those it is switched on for; each condition looks at what the one before left."""
        met = [*self.when, *((name, ~table) for name, table in self.unless)]
        first, table = met[0]
        found = np.flatnonzero(_is_one_of(levels[first], table) & switched_on)
        for name, table in met[1:]:
            found = found[_is_one_of(levels[name][found], table)]
        return found


def _is_one_of(levels: U8, table: Flags) -> Flags:
    """Which levels a table allows. A few comparisons of bytes cost a fraction of a look-up for each."""
    found = np.zeros(len(levels), dtype=bool)
    for level in np.flatnonzero(table).tolist():
        found |= levels == level
    return found


@lru_cache(maxsize=16)
def compiled(rules: Rules) -> tuple[CompiledRule, ...]:
    """The pair rules of a set, ready to be applied."""
    return tuple(
        CompiledRule(rule.code, rule.outcome, rule.apart, _tables(rules, rule.when), _tables(rules, rule.unless), rule.optional)
        for rule in rules.pair_rules
    )


def _tables(rules: Rules, conditions: tuple[When, ...]) -> tuple[tuple[str, Flags], ...]:
    tables = []
    for when in conditions:
        levels = kind_of(rules.field_named(when.field).kind).levels
        tables.append((when.field, np.array([level in when.levels for level in levels])))
    return tuple(tables)
