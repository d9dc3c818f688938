"""Which identities are compared at all: keys per pass, and pairs that share one.

A block above the cap is split by the pass's finer tokens; what is still too large is compared along a sorted window.
Both are reported, nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from empi.definitions.schema import Pass, Rules
from empi.matching.arrays import I64, U64, combine
from empi.matching.frame import Frame
from empi.matching.kinds import kind_of

_WINDOW = 20


@dataclass(frozen=True, slots=True)
class OverfullBlock:
    """A block above the cap: its pass, size, the tokens that split it, and the size of its largest part after."""

    pass_name: str
    size: int
    split_by: tuple[str, ...]
    largest_part: int
    windowed: bool


def tokens_of(frame: Frame, rules: Rules) -> dict[str, U64]:
    """Every blocking token of the frame as "field.token" (0 = none); cached on the frame."""
    if not frame.tokens:
        for rule in rules.fields:
            for token, hashes in kind_of(rule.kind).tokens(frame, rule.name).items():
                frame.tokens[f"{rule.name}.{token}"] = np.asarray(hashes, dtype=np.uint64)
    return frame.tokens


def pass_keys(frame: Frame, rules: Rules, place: int) -> U64:
    """The keys of one pass for every identity (0 = none)."""
    tokens = tokens_of(frame, rules)
    return combine(place, [tokens[token] for token in rules.passes[place].tokens])


def shared_pairs(keys: U64, cap: int) -> tuple[I64, I64, list[I64]]:
    """Pairs of positions with equal keys, and the blocks above ``cap`` (as position arrays) that were left out."""
    members = np.flatnonzero(keys)
    order = members[np.argsort(keys[members], kind="stable")]
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else np.zeros(0, int)
    sizes = np.diff(np.append(starts, len(ordered)))
    large = sizes > cap
    blocks = [order[s : s + n] for s, n in zip(starts[large].tolist(), sizes[large].tolist(), strict=True)]
    keep = (sizes > 1) & ~large
    left, right = pairs_within(order, starts[keep], sizes[keep])
    return left, right, blocks


def pairs_within(order: I64, starts: I64, sizes: I64) -> tuple[I64, I64]:
    """All pairs inside consecutive runs of ``order``, without a Python loop over runs."""
    if not len(starts):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    ends = np.repeat(starts + sizes, sizes)
    where = np.repeat(starts - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes) + np.arange(sizes.sum())
    followers = ends - where - 1
    left = np.repeat(where, followers)
    offset = np.arange(followers.sum()) - np.repeat(np.cumsum(followers) - followers, followers)
    return order[left], order[left + 1 + offset]


@dataclass(frozen=True, slots=True)
class PassPairs:
    """The pairs of one pass; ``keys`` are 0 for members of over-full blocks, whose pairs were not all taken."""

    left: I64
    right: I64
    keys: U64
    overfull: tuple[OverfullBlock, ...]


def pass_pairs(frame: Frame, rules: Rules, place: int) -> PassPairs:
    """All pairs of one pass, over-full blocks split and reported."""
    keys = pass_keys(frame, rules, place)
    left, right, blocks = shared_pairs(keys, rules.block_cap)
    lefts, rights, reports = [left], [right], []
    for block in blocks:
        more_left, more_right, report = _split(frame, rules, rules.passes[place], block)
        lefts.append(more_left)
        rights.append(more_right)
        reports.append(report)
        keys[block] = 0
    if not blocks:
        return PassPairs(left, right, keys, ())
    return PassPairs(np.concatenate(lefts), np.concatenate(rights), keys, tuple(reports))


def _split(frame: Frame, rules: Rules, rule: Pass, block: I64) -> tuple[I64, I64, OverfullBlock]:
    tokens = tokens_of(frame, rules)
    lefts, rights, used = [], [], []
    rest = [block]
    for finer in rule.finer:
        used.append(finer)
        next_rest: list[I64] = []
        for part in rest:
            left, right, large = shared_pairs(tokens[finer][part], rules.block_cap)
            lefts.append(part[left])
            rights.append(part[right])
            next_rest += [part[members] for members in large]
        rest = next_rest
        if not rest:
            break
    largest = max((len(part) for part in rest), default=rules.block_cap)
    for part in (*rest, block):
        left, right = _window(part, frame.marks["rank"])
        lefts.append(left)
        rights.append(right)
    pairs = _distinct(np.concatenate(lefts), np.concatenate(rights))
    return (*pairs, OverfullBlock(rule.name, len(block), tuple(used), largest, windowed=True))


def _window(members: I64, ranks: U64) -> tuple[I64, I64]:
    ordered = members[np.argsort(ranks[members], kind="stable")]
    lefts = [ordered[:-step] for step in range(1, min(_WINDOW, len(ordered)))]
    rights = [ordered[step:] for step in range(1, min(_WINDOW, len(ordered)))]
    empty = np.zeros(0, np.int64)
    return np.concatenate(lefts or [empty]), np.concatenate(rights or [empty])


def _distinct(left: I64, right: I64) -> tuple[I64, I64]:
    packed = np.unique(np.minimum(left, right) << 32 | np.maximum(left, right))
    return packed >> 32, packed & 0xFFFFFFFF


def candidate_pairs(frame: Frame, rules: Rules, overfull: list[OverfullBlock]) -> Iterator[tuple[str, I64, I64]]:
    """Each candidate pair once: per pass the pairs no earlier pass brought; reports are appended to ``overfull``."""
    earlier: list[U64] = []
    for place, rule in enumerate(rules.passes):
        found = pass_pairs(frame, rules, place)
        left, right = fresh_pairs(found, earlier)
        overfull += found.overfull
        earlier.append(found.keys)
        yield rule.name, left, right


def fresh_pairs(found: PassPairs, earlier: Sequence[U64]) -> tuple[I64, I64]:
    """The pairs of a pass that no earlier pass (given by its keys) has brought."""
    left, right = found.left, found.right
    for before in earlier:
        fresh = (before[left] != before[right]) | (before[left] == 0)
        left, right = left[fresh], right[fresh]
    return left, right
