"""Blocking passes for a registry nobody has written passes for: every pair of telling tokens the data can afford."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from empi.definitions.schema import Pass, Rules
from empi.matching.arrays import U64, combine
from empi.matching.blocking import tokens_of
from empi.matching.frame import Frame

_PAIRS_PER_RECORD = 25
_MOST_PASSES = 48
_ALONE = ("identifier", "document")


@dataclass(frozen=True, slots=True)
class _Priced:
    """A possible pass and the pairs it would cost."""

    tokens: tuple[str, ...]
    pairs: float


def with_passes(frame: Frame, rules: Rules) -> Rules:
    """The rules themselves, or with passes chosen from the data when they name none.

    Every combination of one token of two fields is priced by the pairs it would bring; from the cheapest up they are
    taken while a pass stays under 25 pairs per record. Combinations that are still too dear get a third token.
    """
    if rules.passes:
        return rules
    tokens = {name: hashes for name, hashes in tokens_of(frame, rules).items() if np.count_nonzero(hashes) > 1}
    alone = [name for name in tokens if name.endswith(".full") and rules.field_named(name.split(".")[0]).kind in _ALONE]
    chosen = [(name,) for name in alone]
    priced = sorted(_priced(frame, tokens, [n for n in tokens if n not in alone]), key=lambda p: (p.pairs, p.tokens))
    limit = _PAIRS_PER_RECORD * frame.size
    affordable = [p for p in priced if 0 < p.pairs <= limit]
    chosen += [p.tokens for p in affordable][:_MOST_PASSES]
    passes = tuple(Pass(", ".join(names), names, _finer(names, affordable)) for names in chosen)
    teachers = tuple(rule.name for rule in _teachers(passes, rules))
    return replace(rules, passes=passes, training=replace(rules.training, passes=teachers))


def _priced(frame: Frame, tokens: dict[str, U64], names: list[str]) -> list[_Priced]:
    sample = np.arange(frame.size)
    scale = 1.0
    if frame.size > 100_000:
        sample = np.random.default_rng(1).choice(frame.size, 100_000, replace=False)
        scale = (frame.size / 100_000) ** 2
    out = []
    for one, two in combinations(names, 2):
        if one.split(".")[0] == two.split(".")[0]:
            continue
        keys = combine(0, [tokens[one][sample], tokens[two][sample]])
        counts = np.unique(keys[keys != 0], return_counts=True)[1].astype(float)
        out.append(_Priced((one, two), float((counts * (counts - 1) / 2).sum() * scale)))
    return out


def _finer(names: tuple[str, ...], priced: list[_Priced]) -> tuple[str, ...]:
    """Tokens of other fields, the most selective first."""
    used = {name.split(".")[0] for name in names}
    found: list[str] = []
    for candidate in priced:
        for token in candidate.tokens:
            if token.split(".")[0] not in used and token not in found:
                found.append(token)
    return tuple(found[:4])


def _teachers(passes: tuple[Pass, ...], rules: Rules) -> list[Pass]:
    """Up to eight passes that together leave every field free at least three times."""
    free = dict.fromkeys((rule.name for rule in rules.fields), 0)
    chosen = []
    for rule in passes:
        used = {token.split(".")[0] for token in rule.tokens}
        if any(count < 3 for name, count in free.items() if name not in used):
            chosen.append(rule)
            for name in free:
                free[name] += name not in used
        if len(chosen) == 8:
            break
    return chosen
