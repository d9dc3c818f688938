"""Unsupervised training: shares of the levels among matches by EM, among strangers from random pairs.

Fellegi and Sunter (1969), "A theory for record linkage"; EM after Winkler (1988). Each training pass compares only
identities that agree on the pass's own tokens, so the fields behind those tokens learn from the other passes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from empi.definitions.schema import FieldRule, Rules
from empi.matching.arrays import F64, I64, U8, U64
from empi.matching.blocking import candidate_pairs, pass_pairs
from empi.matching.frame import Frame, take
from empi.matching.frequencies import Frequencies, Table, count_users, tabulate
from empi.matching.kinds import kind_of
from empi.matching.kinds.base import main_hashes
from empi.matching.marks import mark
from empi.matching.model import Model, Shares, model_of_priors, neutral_levels, prior_shares
from empi.matching.scoring import compare_levels, score

_RANDOM_PRIOR = 20_000.0
_SELF_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct level combinations of a set of pairs and how often each occurred."""

    levels: dict[str, U8]
    counts: F64


def train_frame(frame: Frame, rules: Rules) -> Model:
    """Learn a model from a frame of identities.

    How common values are is counted in all records; weights and prior odds are learned from a random sample of at
    most ``rules.training.records`` (odds that two random records match do not depend on how many are drawn).
    """
    frequencies = learn_frequencies(frame, rules)
    mark(frame, rules, frame.marks["seen"], frequencies)
    return train_sample(take(frame, drawn(frame.size, rules)), rules, frequencies)


def drawn(size: int, rules: Rules) -> I64:
    """Positions of the records, of ``size``, from which weights are learned, ascending."""
    if size <= rules.training.records:
        return np.arange(size)
    draw = np.random.default_rng(rules.training.seed)
    return np.sort(draw.choice(size, rules.training.records, replace=False))


def train_sample(frame: Frame, rules: Rules, frequencies: Frequencies) -> Model:
    """``train_frame`` from the records that were drawn, marked with the frequencies of all."""
    start = model_of_priors(rules, max(frame.size, 2))
    if frame.size < 50:
        return replace(start, frequencies=frequencies, trained_on=frame.size)
    strangers = _stranger_shares(frame, rules)
    shares = {rule.name: Shares(prior_shares(rule).m, strangers[rule.name]) for rule in rules.fields}
    counts = {rule.name: np.zeros(len(shares[rule.name].m)) for rule in rules.fields}
    for place, rule in enumerate(rules.passes):
        if rule.name in rules.training.passes:
            _learn_from_pass(frame, rules, place, shares, counts)
    blended = {rule.name: _blend(rule, counts[rule.name], shares[rule.name].u, rules) for rule in rules.fields}
    learned = {name: _to_twelve_digits(found) for name, found in blended.items()}
    model = Model(rules, learned, start.prior_bits, frequencies, frame.size)
    return _with_prior(frame, model)


def _to_twelve_digits(shares: Shares) -> Shares:
    """Sums differ in their last digit with the order in which they were made; the order of a file is not to change the model."""
    return Shares(*(tuple(float(f"{share:.12g}") for share in side) for side in (shares.m, shares.u)))


def learn_frequencies(frame: Frame, rules: Rules) -> Frequencies:
    """Tables of common values for the fields that ask for one, and users per telephone."""
    tables: dict[str, Table] = {}
    for rule in rules.fields:
        if rule.frequency:
            column = frame.columns[rule.name]
            hashes = main_hashes(column.arrays)
            tables[rule.name] = tabulate(hashes, column.codes)
    users = phones_and_persons(frame, rules)
    return Frequencies(tables, *count_users(*users)) if users else Frequencies(tables)


def phones_and_persons(frame: Frame, rules: Rules) -> tuple[U64, U64] | None:
    """For every identity its telephone and the sound of its name, as hashes (0: none); None where the rules lack either."""
    kinds = {rule.kind: rule.name for rule in rules.fields}
    if "phone" not in kinds or "person_name" not in kinds:
        return None
    return frame.columns[kinds["phone"]].per_identity("full"), frame.columns[kinds["person_name"]].per_identity("pinyin")


def _stranger_shares(frame: Frame, rules: Rules) -> dict[str, tuple[float, ...]]:
    """Level shares among random pairs, blended with the priors for levels chance rarely shows.

    A file of several records per person also draws pairs of one person; their part of every level that says
    "equal" is taken out (P(level) = λ·m + (1-λ)·u, with λ read from the strongest of those levels).
    """
    draw = np.random.default_rng(rules.training.seed)
    n = min(rules.training.random_pairs, frame.size * 20)
    left, right = draw.integers(0, frame.size, n), draw.integers(0, frame.size, n)
    different = left != right
    levels = compare_levels(frame, rules, left[different], right[different])
    return {rule.name: _stranger_share(frame, rule, levels[rule.name]) for rule in rules.fields}


def _stranger_share(frame: Frame, rule: FieldRule, levels: U8) -> tuple[float, ...]:
    prior = prior_shares(rule).u
    if rule.fixed:
        return prior
    counts = np.bincount(levels, minlength=len(prior)).astype(float)
    counts[0] = 0.0
    shares = (counts + _RANDOM_PRIOR * np.array(prior)) / max(1.0, counts.sum() + _RANDOM_PRIOR)
    if rule.columns:
        neutral = neutral_levels(rule)
        for level, share in _equal_shares(frame, rule).items():
            if neutral[level]:
                continue
            shares[level] = max(share * _SELF_SHARE, min(shares[level], share), 1e-9)
    shares[0] = 0.0
    return tuple((shares / shares.sum()).tolist())


def _equal_shares(frame: Frame, rule: FieldRule) -> dict[int, float]:
    """Exact chance that two records hold the same value, by the level such a pair gets."""
    column = frame.columns[rule.name]
    known = np.flatnonzero(column.codes >= 0)
    if not len(known):
        return {}
    values, first, counts = np.unique(column.codes[known], return_index=True, return_counts=True)
    holders = known[first]
    level = kind_of(rule.kind).compare(frame, rule, holders, holders)
    chance = counts * (counts - 1.0) / max(1.0, float(len(known)) * (len(known) - 1.0))
    totals = np.bincount(level, weights=chance)
    return {place: float(total) for place, total in enumerate(totals.tolist()) if place and total > 0 and len(values)}


def _learn_from_pass(frame: Frame, rules: Rules, place: int, shares: dict[str, Shares], counts: dict[str, F64]) -> None:
    """Run EM on one pass's pairs and add the expected level counts among matches."""
    found = pass_pairs(frame, rules, place)
    left, right = _sample(*found.pairs(), rules)
    if len(left) < 30:
        return
    given = {token.split(".")[0] for token in rules.passes[place].tokens}
    learned = [rule for rule in rules.fields if rule.name not in given and not rule.fixed]
    patterns = _patterns(compare_levels(frame, rules, left, right), learned)
    expected = _expectation_maximisation(patterns, learned, shares, rules)
    for rule in learned:
        counts[rule.name] += expected[rule.name]


def _sample(left: I64, right: I64, rules: Rules) -> tuple[I64, I64]:
    if len(left) <= rules.training.pairs_per_pass:
        return left, right
    chosen = np.random.default_rng(rules.training.seed).choice(len(left), rules.training.pairs_per_pass, replace=False)
    return left[chosen], right[chosen]


def _patterns(levels: dict[str, U8], fields: list[FieldRule]) -> Patterns:
    packed = np.zeros(len(next(iter(levels.values()))), dtype=np.int64)
    for rule in fields:
        packed = packed * 16 + levels[rule.name]
    distinct, first, counts = np.unique(packed, return_index=True, return_counts=True)
    del distinct
    return Patterns({rule.name: levels[rule.name][first] for rule in fields}, counts.astype(float))


def _expectation_maximisation(
    patterns: Patterns, fields: list[FieldRule], shares: dict[str, Shares], rules: Rules
) -> dict[str, F64]:
    """Expected counts of every level among matches; u stays fixed."""
    matched = {rule.name: np.array(shares[rule.name].m) for rule in fields}
    neutral = {rule.name: neutral_levels(rule) for rule in fields}
    rate, total = 0.5, patterns.counts.sum()
    expected = {name: np.zeros(len(m)) for name, m in matched.items()}
    for _ in range(rules.training.rounds):
        odds = np.full(len(patterns.counts), np.log(rate / (1 - rate)))
        for rule in fields:
            u = np.array(shares[rule.name].u)
            ratio = np.log(np.maximum(matched[rule.name], 1e-9) / np.maximum(u, 1e-12))
            ratio[neutral[rule.name]] = 0.0
            odds += ratio[patterns.levels[rule.name]]
        belief = patterns.counts / (1 + np.exp(-np.clip(odds, -60, 60)))
        rate = min(max(belief.sum() / total, 1e-6), 1 - 1e-6)
        for rule in fields:
            counted = np.bincount(patterns.levels[rule.name], weights=belief, minlength=len(matched[rule.name]))
            expected[rule.name] = counted.astype(np.float64)
            matched[rule.name] = np.array(_blend(rule, expected[rule.name], shares[rule.name].u, rules).m)
    return expected


def _blend(rule: FieldRule, counts: F64, u: tuple[float, ...], rules: Rules) -> Shares:
    """Level shares among matches: expected counts with the priors as ``prior_strength`` additional pairs."""
    prior = prior_shares(rule)
    if rule.fixed:
        return prior
    seen = np.array(counts)
    seen[0] = 0.0
    m = seen + rules.training.prior_strength * np.array(prior.m)
    return Shares(tuple((m / m.sum()).tolist()), u)


def _with_prior(frame: Frame, model: Model) -> Model:
    """Prior odds such that they equal the matches the model itself finds among all pairs of the frame."""
    weights = []
    for _, left, right in candidate_pairs(frame, model.rules, []):
        if len(left):
            weights.append(score(frame, model, left, right).weight)
    if not weights:
        return model
    bits = np.concatenate(weights)
    pairs = frame.size * (frame.size - 1) / 2
    prior = model.prior_bits
    for _ in range(20):
        found = (1 / (1 + np.exp2(-np.clip(bits + prior, -60, 60)))).sum()
        prior = float(np.log2(max(found, 1.0) / pairs))
    return replace(model, prior_bits=round(prior, 3))
