"""Which identities are compared at all: keys per pass, and pairs that share one.

A block above the cap is split by the pass's finer tokens; what is still too large is compared along a sorted window.
Both are reported, nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from empi.definitions.schema import Pass, Rules
from empi.matching.arrays import I32, I64, U64, Flags, combine
from empi.matching.frame import Frame
from empi.matching.kinds import kind_of

_WINDOW = 20
_PAIRS_AT_ONCE = 4_000_000
_KEPT_HASHES = 40_000_000
_FEWEST_KEPT = 4
Position = TypeVar("Position", np.int32, np.int64)


@dataclass(frozen=True, slots=True)
class OverfullBlock:
    """A block above the cap: its pass, size, the tokens that split it, and the size of its largest part after."""

    pass_name: str
    size: int
    split_by: tuple[str, ...]
    largest_part: int
    windowed: bool


class Tokens(Mapping[str, U64]):
    """Every blocking token of a frame as "field.token" (0 = none), made when asked for.

    The last ones are remembered: all of a million identities' tokens, a handful of ten million's.
    """

    def __init__(self, frame: Frame, rules: Rules) -> None:
        self._makers = {
            f"{rule.name}.{token}": make
            for rule in rules.fields
            for token, make in kind_of(rule.kind).tokens(frame, rule.name).items()
        }
        self._kept: dict[str, U64] = {}
        self._at_most = max(_FEWEST_KEPT, _KEPT_HASHES // max(1, frame.size))

    def __getitem__(self, name: str) -> U64:
        hashes = self._kept.pop(name, None)
        if hashes is None:
            hashes = np.asarray(self._makers[name](), dtype=np.uint64)
        self._kept[name] = hashes  # the youngest is last
        while len(self._kept) > self._at_most:
            del self._kept[next(iter(self._kept))]
        return hashes

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def tokens_of(frame: Frame, rules: Rules) -> Mapping[str, U64]:
    """Every blocking token of the frame as "field.token" (0 = none)."""
    if frame.tokens is None:
        frame.tokens = Tokens(frame, rules)
    return frame.tokens


def pass_keys(frame: Frame, rules: Rules, place: int) -> U64:
    """The keys of one pass for every identity (0 = none)."""
    tokens = tokens_of(frame, rules)
    return combine(place, [tokens[token] for token in rules.passes[place].tokens])


@dataclass(frozen=True, slots=True)
class Blocks:
    """Identities that share a key: ``order`` holds positions block by block, each of ``sizes``, ascending within a block.

    ``large`` are the blocks above the cap, as positions; they are not among the others.
    """

    order: I32
    sizes: I64
    large: list[I64]

    @classmethod
    def of(cls, keys: U64, cap: int) -> Blocks:
        """The blocks of equal keys with at least two members, in the order of their keys; key 0 is none."""
        members = np.flatnonzero(keys)
        keyed = keys[members]
        order = np.argsort(keyed)
        ordered = keyed[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else np.zeros(0, int)
        sizes = np.diff(np.append(starts, len(ordered)))
        large = sizes > cap
        blocks = [np.sort(members[order[s : s + n]]) for s, n in zip(starts[large].tolist(), sizes[large].tolist(), strict=True)]
        keep = (sizes > 1) & ~large
        return cls(_ascending(members[order[_places(starts[keep], sizes[keep])]], sizes[keep]), sizes[keep], blocks)

    def numbers(self, size: int) -> I32:
        """The block each of ``size`` positions is in, from 1; 0 for none."""
        found = np.zeros(size, dtype=np.int32)
        found[self.order] = np.repeat(np.arange(1, len(self.sizes) + 1), self.sizes)
        return found

    def pairs(self) -> Iterator[tuple[I64, I64]]:
        """All pairs within the blocks, some millions at a time."""
        total = np.cumsum(self.sizes * (self.sizes - 1) // 2)
        cuts = np.searchsorted(total, np.arange(_PAIRS_AT_ONCE, total[-1] if len(total) else 0, _PAIRS_AT_ONCE), side="right")
        bounds = np.unique(np.concatenate(([0], cuts, [len(total)])))
        starts = np.cumsum(self.sizes) - self.sizes
        for start, end in pairwise(bounds.tolist()):
            left, right = pairs_within(self.order, starts[start:end], self.sizes[start:end])
            yield left.astype(np.int64), right.astype(np.int64)


def _ascending(positions: I64, sizes: I64) -> I32:
    """Consecutive runs of positions, each in ascending order: one sort of (run, position) as one number."""
    packed = np.repeat(np.arange(len(sizes)), sizes) << 32 | positions
    packed.sort()
    return (packed & 0xFFFFFFFF).astype(np.int32)


def shared_pairs(keys: U64, cap: int) -> tuple[I64, I64, list[I64]]:
    """Pairs of positions with equal keys, and the blocks above ``cap`` (as position arrays) that were left out."""
    blocks = Blocks.of(keys, cap)
    return (*_joined(blocks.pairs()), blocks.large)


def _joined(pairs: Iterable[tuple[I64, I64]]) -> tuple[I64, I64]:
    none = np.zeros(0, dtype=np.int64)
    parts = [(none, none), *pairs]
    return np.concatenate([left for left, _ in parts]), np.concatenate([right for _, right in parts])


def _places(starts: I64, sizes: I64) -> I64:
    """The places of consecutive runs, one after the other."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    return np.repeat(starts - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes) + np.arange(sizes.sum())


def pairs_within(order: npt.NDArray[Position], starts: I64, sizes: I64) -> tuple[npt.NDArray[Position], npt.NDArray[Position]]:
    """All pairs inside consecutive runs of ``order``, without a Python loop over runs."""
    where = _places(starts, sizes)
    ends = np.repeat(starts + sizes, sizes)
    followers = ends - where - 1
    left = np.repeat(where, followers)
    offset = np.arange(followers.sum()) - np.repeat(np.cumsum(followers) - followers, followers)
    return order[left], order[left + 1 + offset]


@dataclass(frozen=True, slots=True)
class Brought:
    """Which pairs a pass has brought, in few bytes.

    ``numbers`` say in which of its blocks each identity is, 0 for none; an over-full block has no number, because not all
    its pairs were taken. ``stated`` numbers what a compatible pass's pairs must not differ in, -1 for nothing stated.
    """

    numbers: I32
    stated: I32 | None

    def pairs(self, left: I64, right: I64) -> Flags:
        """Whether the pass has brought these pairs."""
        block = self.numbers[left]
        found: Flags = (block == self.numbers[right]) & (block != 0)
        if self.stated is not None:
            at = np.flatnonzero(found)
            found[at] = _fits(self.stated, left[at], right[at])
        return found


def compatible(stated: I32 | None, left: I64, right: I64) -> tuple[I64, I64]:
    """Pairs of a pass without those that differ in what they must not (``stated_in``)."""
    if stated is None or not len(left):
        return left, right
    fits = _fits(stated, left, right)
    return left[fits], right[fits]


def _fits(stated: I32, left: I64, right: I64) -> Flags:
    one, other = stated[left], stated[right]
    return np.asarray((one == other) | (one < 0) | (other < 0))


@dataclass(frozen=True, slots=True)
class PassPairs:
    """The pairs of one pass: those of ``blocks``, and of the over-full blocks those that are ``split``."""

    blocks: Blocks
    split: tuple[I64, I64]
    brought: Brought
    overfull: tuple[OverfullBlock, ...]

    def parts(self) -> Iterator[tuple[I64, I64]]:
        """All pairs, some millions at a time."""
        for left, right in self.blocks.pairs():
            yield compatible(self.brought.stated, left, right)
        if len(self.split[0]):
            yield self.split

    def pairs(self) -> tuple[I64, I64]:
        """All pairs at once."""
        return _joined(self.parts())


def pass_pairs(frame: Frame, rules: Rules, place: int) -> PassPairs:
    """All pairs of one pass, over-full blocks split and reported."""
    blocks = Blocks.of(pass_keys(frame, rules, place), rules.block_cap)
    brought = Brought(blocks.numbers(frame.size), stated_in(frame, rules, place))
    split = [split_block(frame, rules, rules.passes[place], block) for block in blocks.large]
    pairs = compatible(brought.stated, *_joined((left, right) for left, right, _ in split))
    return PassPairs(blocks, pairs, brought, tuple(report for _, _, report in split))


def finer_tokens(frame: Frame, rules: Rules, place: int) -> U64 | None:
    """What the pairs of a pass must not differ in (0 = nothing stated); None where they may differ in anything."""
    rule = rules.passes[place]
    return tokens_of(frame, rules)[rule.finer[0]] if rule.compatible else None


def stated_in(frame: Frame, rules: Rules, place: int) -> I32 | None:
    """``finer_tokens`` numbered within the frame, -1 for nothing stated."""
    if (tokens := finer_tokens(frame, rules, place)) is None:
        return None
    stated = np.full(frame.size, -1, dtype=np.int32)
    told = tokens != 0
    stated[told] = np.unique(tokens[told], return_inverse=True)[1]
    return stated


def split_block(frame: Frame, rules: Rules, rule: Pass, block: I64) -> tuple[I64, I64, OverfullBlock]:
    """The pairs of a block above the cap, each once: by the pass's finer tokens, then along a sorted window; and the report."""
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
    """Each candidate pair once, some millions at a time: per pass the pairs no earlier pass brought.

    Reports are appended to ``overfull``.
    """
    earlier: list[Brought] = []
    for place, rule in enumerate(rules.passes):
        found = pass_pairs(frame, rules, place)
        overfull += found.overfull
        for left, right in found.parts():
            yield rule.name, *fresh_pairs(left, right, earlier)
        earlier.append(found.brought)


def fresh_pairs(left: I64, right: I64, earlier: Sequence[Brought]) -> tuple[I64, I64]:
    """The pairs that no earlier pass has brought."""
    for before in earlier:
        known = before.pairs(left, right)
        if known.any():
            left, right = left[~known], right[~known]
    return left, right
