"""Blocking passes for a registry nobody has written passes for: every pair of telling tokens the data can afford."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from empi.definitions.schema import Pass, Rules
from empi.matching.arrays import U64, combine
from empi.matching.blocking import tokens_of
from empi.matching.frame import Frame

_PAIRS_PER_RECORD = 6.0
_SETTLED = 200_000
_ALONE = ("identifier", "document")


@dataclass(frozen=True, slots=True)
class _Priced:
    """A possible pass and the pairs it would cost."""

    tokens: tuple[str, ...]
    pairs: float

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields behind the tokens."""
        return tuple(token.split(".")[0] for token in self.tokens)


def with_passes(frame: Frame, rules: Rules, size: int | None = None) -> Rules:
    """The rules themselves, or with passes chosen from the data when they leave the choice to it.

    ``size`` says how many records there are where the frame holds some of them, drawn at random.

    For every two fields the coarsest combination of their tokens is taken that stays within about six pairs per
    record (less in very large files): coarse, because it forgives most; affordable, because hot keys cost the square.
    """
    if not rules.passes_from_data:
        return rules
    size = size or frame.size
    tokens = {name: hashes for name, hashes in tokens_of(frame, rules).items() if np.count_nonzero(hashes) > 1}
    alone = [name for name in tokens if name.endswith(".full") and rules.field_named(name.split(".")[0]).kind in _ALONE]
    priced = sorted(_priced(frame, tokens, size), key=lambda p: (p.pairs, p.tokens))
    limit = _PAIRS_PER_RECORD * size * min(1.0, (_SETTLED / size) ** 0.5)
    coarsest: dict[tuple[str, ...], _Priced] = {}
    for candidate in priced:
        if 0 < candidate.pairs <= limit or (candidate.pairs > 0 and candidate.fields not in coarsest):
            coarsest[candidate.fields] = candidate
    chosen = [(name,) for name in alone] + [p.tokens for p in sorted(coarsest.values(), key=lambda p: (p.pairs, p.tokens))]
    passes = tuple(Pass(", ".join(names), names, _finer(names, priced)) for names in chosen)
    teachers = tuple(rule.name for rule in _teachers(passes, rules))
    return replace(rules, passes=passes, passes_from_data=False, training=replace(rules.training, passes=teachers))


def _priced(frame: Frame, tokens: dict[str, U64], size: int) -> list[_Priced]:
    sample = np.arange(frame.size)
    if frame.size > _SETTLED:
        sample = np.random.default_rng(1).choice(frame.size, _SETTLED, replace=False)
    scale = (size / len(sample)) ** 2
    out = []
    for one, two in combinations(tokens, 2):
        if one.split(".")[0] == two.split(".")[0]:
            continue
        keys = np.sort(combine(0, [tokens[one][sample], tokens[two][sample]]))
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        counts = np.diff(np.append(starts, len(keys)))[keys[starts] != 0].astype(float)
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
