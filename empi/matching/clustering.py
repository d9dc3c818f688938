"""From certain pairs to persons, without chaining.

Certain pairs are joined; a group in which two identities contradict each other is taken apart again: its pairs are
joined from the strongest evidence down, and a pair that would bring a contradiction together is cut and reported.
The result depends on the identities and their keys only, not on the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from empi.definitions.schema import Outcome, Rules
from empi.matching.arrays import F64, I32, I64, U64, Flags
from empi.matching.averaging import average_labels
from empi.matching.blocking import pairs_within
from empi.matching.frame import Frame
from empi.matching.model import Model
from empi.matching.scoring import Scores, score

_LARGEST_CHECKED = 600
_LARGEST_AVERAGED = 3000
_BATCH_PAIRS = 2_000_000


@dataclass(frozen=True, slots=True)
class Cut:
    """A certain pair that was not joined because its two sides contradict each other."""

    left: int
    right: int
    weight: float


def components(size: int, left: I64, right: I64) -> I64:
    """For every node the smallest position it is connected to (min-label propagation with pointer jumping)."""
    labels = np.arange(size)
    while len(left):
        low = np.minimum(labels[left], labels[right])
        np.minimum.at(labels, labels[left], low)
        np.minimum.at(labels, labels[right], low)
        while True:
            shorter = labels[labels]
            if np.array_equal(shorter, labels):
                break
            labels = shorter
        open_ = labels[left] != labels[right]
        left, right = left[open_], right[open_]
    return labels


def cluster_frame(frame: Frame, model: Model, left: I64, right: I64, ranks: U64) -> tuple[I64, list[Cut]]:
    """Group a frame along its certain pairs.

    Args:
        frame: the identities.
        model: weights and rules, to compare members that were never candidates.
        left: first positions of the certain pairs.
        right: second positions.
        ranks: a number per identity that does not depend on arrival (a hash of its key); breaks ties.

    Returns:
        The position of each identity's cluster (its smallest member), and the cuts.
    """
    labels = components(frame.size, left, right)
    if model.rules.thresholds.mean is not None:
        return _averaged(frame, model, labels, ranks)
    telling, margin = _telling_fields(model.rules), model.rules.thresholds.margin
    cuts: list[Cut] = []
    for groups in _batches(_mixed_groups(frame, labels, telling)):
        first, second, owner = _pairs_of(groups)
        scores = score(frame, model, first, second)
        troubled = np.unique(owner[scores.apart | (scores.outcome == Outcome.CONFLICT)])
        for group in troubled.tolist():
            part = slice(*np.searchsorted(owner, (group, group + 1)))
            home, more = _take_apart(_group_of(groups[group], first, second, scores, part), frame, ranks, margin)
            cuts += more
            _relabel(labels, home)
    return labels, cuts


def _averaged(frame: Frame, model: Model, labels: I64, ranks: U64) -> tuple[I64, list[Cut]]:
    """Split every connected group by average linkage; the strongest pair across each split is reported."""
    floor = model.rules.thresholds.mean or 0.0
    cuts: list[Cut] = []
    for groups in _batches(_groups_of(labels, _LARGEST_AVERAGED)):
        first, second, owner = _pairs_of(groups)
        weight = score(frame, model, first, second).weight
        for number, members in enumerate(groups):
            part = slice(*np.searchsorted(owner, (number, number + 1)))
            found = average_labels(members, weight[part] + model.prior_bits, floor, ranks[members])
            _relabel(labels, dict(zip(members.tolist(), found.tolist(), strict=True)))
            across = np.flatnonzero(labels[first[part]] != labels[second[part]])
            if len(across):
                k = part.start + across[np.argmax(weight[part][across])]
                cuts.append(Cut(int(first[k]), int(second[k]), float(weight[k])))
    return labels, cuts


def _groups_of(labels: I64, largest: int) -> list[I64]:
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    sizes = np.diff(np.append(starts, len(ordered)))
    return [order[s : s + n] for s, n in zip(starts.tolist(), sizes.tolist(), strict=True) if 1 < n <= largest]


def _telling_fields(rules: Rules) -> list[str]:
    """Fields whose disagreement can set two identities apart; all fields when only weights can."""
    named = {
        when.field
        for rule in rules.pair_rules
        if rule.apart
        for when in rule.when
        if any(not level.startswith("equal") for level in when.levels)
    }
    return [rule.name for rule in rules.fields if rule.columns and (rule.name in named or not named)]


def _mixed_groups(frame: Frame, labels: I64, telling: list[str]) -> list[I64]:
    """Groups whose members do not all agree in every telling field they state."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    sizes = np.diff(np.append(starts, len(ordered)))
    mixed = np.zeros(len(starts), dtype=bool)
    for name in telling:
        mixed |= _varies(frame.columns[name].codes[order], starts)
    chosen = np.flatnonzero(mixed & (sizes > 1) & (sizes <= _LARGEST_CHECKED))
    return [order[starts[k] : starts[k] + sizes[k]] for k in chosen.tolist()]


def _varies(codes: I32, starts: I64) -> Flags:
    high = np.maximum.reduceat(codes, starts)
    low = np.minimum.reduceat(np.where(codes < 0, np.iinfo(np.int32).max, codes), starts)
    return np.asarray((high >= 0) & (low != high))


def _batches(groups: list[I64]) -> list[list[I64]]:
    batches: list[list[I64]] = [[]]
    pairs = 0
    for group in groups:
        pairs += len(group) * (len(group) - 1) // 2
        if pairs > _BATCH_PAIRS and batches[-1]:
            batches.append([])
            pairs = 0
        batches[-1].append(group)
    return [batch for batch in batches if batch]


def _pairs_of(groups: Sequence[I64]) -> tuple[I64, I64, I64]:
    """All pairs within each group, and the number of the group each belongs to (ascending)."""
    sizes = np.array([len(group) for group in groups])
    members = np.concatenate(groups)
    places = np.arange(len(members))
    left, right = pairs_within(places, np.cumsum(sizes) - sizes, sizes)
    return members[left], members[right], np.repeat(np.arange(len(groups)), sizes)[left]


@dataclass(slots=True)
class _Group:
    """A group to be taken apart: its members, its judged pairs, and which members may be given up as undecided."""

    members: I64
    first: I64
    second: I64
    weight: F64
    certain: Flags
    apart: Flags


def _group_of(members: I64, first: I64, second: I64, scores: Scores, part: slice) -> _Group:
    apart = scores.apart[part] | (scores.outcome[part] == Outcome.CONFLICT)
    certain = (scores.outcome[part] == Outcome.CERTAIN) & ~apart
    return _Group(members, first[part], second[part], scores.weight[part], certain, apart)


def _relabel(labels: I64, home: dict[int, int]) -> None:
    smallest: dict[int, int] = {}
    for member, cluster in home.items():
        smallest[cluster] = min(smallest.get(cluster, member), member)
    for member, cluster in home.items():
        labels[member] = smallest[cluster]


def _take_apart(group: _Group, frame: Frame, ranks: U64, margin: float) -> tuple[dict[int, int], list[Cut]]:
    """Rejoin one group from its strongest pairs down, never bringing a contradiction together.

    A member without a document of its own that fits a rival cluster almost as well as its own (within ``margin``
    bits) stays alone: a guess between twins or namesakes is worse than a question.
    """
    enemies: dict[int, set[int]] = {m: set() for m in group.members.tolist()}
    for a, b in zip(group.first[group.apart].tolist(), group.second[group.apart].tolist(), strict=True):
        enemies[a].add(b)
        enemies[b].add(a)
    clusters: dict[int, set[int]] = {m: {m} for m in enemies}
    home = {m: m for m in enemies}
    best: dict[int, float] = {}
    cuts = []
    for a, b, weight in _strongest_first(group, ranks):
        one, two = home[a], home[b]
        if one != two and clusters[one] & enemies[two]:
            cuts.append(Cut(a, b, weight))
            continue
        best[a], best[b] = max(best.get(a, weight), weight), max(best.get(b, weight), weight)
        if one == two:
            continue
        clusters[one] |= clusters.pop(two)
        enemies[one] = enemies[one] | enemies[two]
        home |= dict.fromkeys(clusters[one], one)
    for member in _undecided(cuts, best, frame, margin):
        home[member] = -1 - member
    return home, cuts


def _undecided(cuts: list[Cut], best: dict[int, float], frame: Frame, margin: float) -> list[int]:
    """Members that fit a cluster they were cut from almost as well as their own, and have no document to tell."""
    document = frame.marks.get("document_code")
    rival: dict[int, float] = {}
    for cut in cuts:
        for member in (cut.left, cut.right):
            rival[member] = max(rival.get(member, cut.weight), cut.weight)
    unsure = [m for m, weight in rival.items() if best.get(m, -np.inf) - weight < margin]
    return [m for m in unsure if document is not None and document[m] < 0]


def _strongest_first(group: _Group, ranks: U64) -> list[tuple[int, int, float]]:
    chosen = np.flatnonzero(group.certain)
    one, two = ranks[group.first[chosen]], ranks[group.second[chosen]]
    order = chosen[np.lexsort((np.maximum(one, two), np.minimum(one, two), -group.weight[chosen]))]
    return list(zip(group.first[order].tolist(), group.second[order].tolist(), group.weight[order].tolist(), strict=True))
