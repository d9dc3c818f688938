"""From certain pairs to persons, without chaining.

Certain pairs are joined; a group in which two identities contradict each other is taken apart again: its pairs are
joined from the strongest evidence down, and a pair that would bring a contradiction together is cut and reported. A group too
large to compare everybody in it with everybody is first divided at its weakest evidence (``dividing``). Last come
pairs that are one person or twins, where the family leaves one answer (``families``).
The result depends on the identities and their keys only, not on the order in which they arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from empi.definitions.schema import Outcome, Rules
from empi.matching.arrays import F64, I32, I64, U8, U64, Flags
from empi.matching.averaging import average_labels
from empi.matching.dividing import Cut, Links, divide
from empi.matching.families import Twins, join_twins
from empi.matching.frame import Frame
from empi.matching.grouping import batches, components, groups_of, pairs_of, relabel, runs_of
from empi.matching.model import Model
from empi.matching.scoring import Scores, score
from empi.matching.twins import twins_known, with_twins_known

_LARGEST_CHECKED = 600
_LARGEST_AVERAGED = 3000


@dataclass(frozen=True, slots=True)
class Ties:
    """Judged pairs by position that may join clusters: ``outcome`` CERTAIN or TWIN."""

    left: I32 | I64
    right: I32 | I64
    outcome: U8

    def of(self, outcome: Outcome) -> tuple[I32 | I64, I32 | I64]:
        """The positions of the pairs of one outcome."""
        chosen = self.outcome == outcome
        return self.left[chosen], self.right[chosen]


def cluster_frame(frame: Frame, model: Model, ties: Ties, ranks: U64) -> tuple[I64, list[Cut]]:
    """Group a frame along its pairs.

    Args:
        frame: the identities.
        model: weights and rules, to compare members that were never candidates.
        ties: the pairs that are certain, and those that are one person or twins.
        ranks: a number per identity that does not depend on arrival (a hash of its key); breaks ties.

    Returns:
        The position of each identity's cluster (its smallest member), and the cuts.
    """
    if model.rules.thresholds.mean is not None:
        return _averaged(frame, model, Links(ties.left, ties.right, ranks))
    known = twins_known(frame, (ties.left, ties.right))
    ties = replace(ties, outcome=with_twins_known(frame, model, known, (ties.left, ties.right), ties.outcome))
    certain = ties.of(Outcome.CERTAIN)
    labels = components(frame.size, *certain)
    margin = model.rules.thresholds.margin
    cuts = divide(frame, model, Links(*certain, ranks), labels, _mixed(frame, labels, model.rules), _LARGEST_CHECKED)
    for groups in batches(groups_of(labels, _LARGEST_CHECKED, _mixed(frame, labels, model.rules))):
        first, second, owner = pairs_of(groups)
        scores = score(frame, model, first, second)
        scores.outcome = with_twins_known(frame, model, known, (first, second), scores.outcome)
        troubled = np.unique(owner[scores.apart | (scores.outcome == Outcome.CONFLICT)])
        for group in troubled.tolist():
            part = slice(*np.searchsorted(owner, (group, group + 1)))
            home, more = _take_apart(_group_of(groups[group], first, second, scores, part), frame, ranks, margin)
            cuts += more
            relabel(labels, home)
    join_twins(frame, model, Twins(*ties.of(Outcome.TWIN), known), labels, ranks)
    return labels, cuts


def _averaged(frame: Frame, model: Model, links: Links) -> tuple[I64, list[Cut]]:
    """Split every connected group by average linkage; the strongest pair across each split is reported."""
    floor, ranks = model.rules.thresholds.mean or 0.0, links.ranks
    labels = components(frame.size, links.left, links.right)
    cuts = divide(frame, model, links, labels, np.ones(frame.size, dtype=bool), _LARGEST_AVERAGED)
    for groups in batches(groups_of(labels, _LARGEST_AVERAGED)):
        first, second, owner = pairs_of(groups)
        weight = score(frame, model, first, second).weight
        for number, members in enumerate(groups):
            part = slice(*np.searchsorted(owner, (number, number + 1)))
            found = average_labels(members, weight[part] + model.prior_bits, floor, ranks[members])
            relabel(labels, dict(zip(members.tolist(), found.tolist(), strict=True)))
            across = np.flatnonzero(labels[first[part]] != labels[second[part]])
            if len(across):
                k = part.start + across[np.argmax(weight[part][across])]
                cuts.append(Cut(int(first[k]), int(second[k]), float(weight[k])))
    return labels, cuts


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


def _mixed(frame: Frame, labels: I64, rules: Rules) -> Flags:
    """By label: whether its members do not all agree in every telling field they state."""
    mixed = np.zeros(len(labels), dtype=bool)
    order, starts, _ = runs_of(labels)
    for name in _telling_fields(rules):
        mixed[labels[order[starts]]] |= _varies(frame.columns[name].codes[order], starts)
    return mixed


def _varies(codes: I32, starts: I64) -> Flags:
    if not len(starts):
        return np.zeros(0, dtype=bool)
    high = np.maximum.reduceat(codes, starts)
    low = np.minimum.reduceat(np.where(codes < 0, np.iinfo(np.int32).max, codes), starts)
    return np.asarray((high >= 0) & (low != high))


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
