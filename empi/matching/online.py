"""The engine for a few identities at a time: one statement against its candidates, one pair, one group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from empi.definitions.schema import Outcome, Rules
from empi.matching.arrays import I64
from empi.matching.blocking import pass_keys
from empi.matching.clustering import Ties, cluster_frame
from empi.matching.frame import Frame
from empi.matching.identity import Identity
from empi.matching.model import Model, model_of_priors
from empi.matching.scoring import Contribution, Evidence, Scores, compiled, frame_of, score
from empi.matching.training import train_frame

_SIGN = np.uint64(0x7FFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Edge:
    """A certain pair among a sequence of identities, by position; or one that is one person or ``twin``s."""

    left: int
    right: int
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Separation:
    """A certain pair that clustering refused to join, by position, with the weight that was not enough."""

    left: int
    right: int
    weight: float


def blocking_keys(identity: Identity, rules: Rules) -> tuple[int, ...]:
    """The identity's index keys: signed-safe 63-bit integers, the same in every process, distinct per pass.

    Two identities are candidates of each other when they share a key. An absent value gives no key.
    """
    return tuple(sorted({key for _, key in named_blocking_keys(identity, rules)}))


def named_blocking_keys(identity: Identity, rules: Rules) -> tuple[tuple[str, int], ...]:
    """(pass name, key) for every pass that applies to the identity, most selective passes first."""
    frame = frame_of([identity], _plain_model(rules))
    found = []
    for place, rule in enumerate(rules.passes):
        key = int(pass_keys(frame, rules, place)[0] & _SIGN)
        if key:
            found.append((rule.name, key))
    return tuple(found)


def compare(a: Identity, b: Identity, model: Model) -> Evidence:
    """All evidence about one pair. ``compare(a, b) == compare(b, a)``."""
    return compare_many(a, [b], model)[0]


def compare_many(probe: Identity, candidates: Sequence[Identity], model: Model) -> list[Evidence]:
    """Evidence about one identity against each candidate, in the candidates' order (one vectorised comparison)."""
    if not candidates:
        return []
    frame = frame_of([probe, *candidates], model)
    left = np.zeros(len(candidates), dtype=np.int64)
    right = np.arange(1, len(candidates) + 1)
    return explain(frame, model, left, right)


def explain(frame: Frame, model: Model, left: I64, right: I64) -> list[Evidence]:
    """Evidence, field by field, about pairs of a frame."""
    scores = score(frame, model, left, right, keep_bits=True)
    return [_evidence(scores, model, place) for place in range(len(left))]


def decide(evidence: Evidence, rules: Rules) -> Outcome:
    """CERTAIN, POSSIBLE, NO or CONFLICT under ``rules``' thresholds (a tenant's may be stricter than the model's).

    The pair rules have already been applied by ``compare``: what they forbade stays forbidden, what they capped
    stays capped; only a plain verdict is judged again.
    """
    if evidence.outcome is Outcome.CONFLICT:
        return Outcome.CONFLICT
    limits = rules.thresholds
    plain = Outcome.NO
    if evidence.posterior >= limits.possible:
        plain = Outcome.POSSIBLE
    if evidence.posterior >= limits.certain:
        plain = Outcome.CERTAIN
    limiting = [rule.outcome for rule in rules.pair_rules if rule.code in evidence.rules]
    return min([plain, *limiting])


def train(identities: Sequence[Identity], rules: Rules) -> Model:
    """A model learned without labels from the identities themselves (at best 20 000 to 200 000 of them at random)."""
    return train_frame(frame_of(identities, _plain_model(rules)), rules)


def cluster(edges: Sequence[Edge], identities: Sequence[Identity], model: Model) -> tuple[list[list[int]], list[Separation]]:
    """Persons among ``identities`` given their certain pairs, and those that are one person or twins.

    Returns clusters as sorted lists of positions (singletons included, ordered by first member), and the certain
    pairs that were cut because their sides contradict each other. Independent of the order of edges; the order of
    identities only renumbers positions, provided their keys are distinct.
    """
    frame = frame_of(identities, model)
    ties = Ties(
        np.array([edge.left for edge in edges], dtype=np.int64),
        np.array([edge.right for edge in edges], dtype=np.int64),
        np.array([Outcome.TWIN if edge.twin else Outcome.CERTAIN for edge in edges], dtype=np.uint8),
    )
    labels, cuts = cluster_frame(frame, model, ties, frame.marks["rank"])
    groups: dict[int, list[int]] = {}
    for position, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(position)
    return list(groups.values()), [Separation(cut.left, cut.right, cut.weight) for cut in cuts]


def _evidence(scores: Scores, model: Model, place: int) -> Evidence:
    contributions = tuple(
        Contribution(name, model.levels(name)[int(levels[place])], float(scores.bits[name][place]))
        for name, levels in scores.levels.items()
        if levels[place]
    )
    hit = int(scores.hits[place])
    codes = tuple(rule.code for k, rule in enumerate(compiled(model.rules)) if hit >> k & 1)
    weight = float(scores.weight[place])
    return Evidence(
        weight,
        round(weight + model.prior_bits, 3),
        Outcome(int(scores.outcome[place])),
        contributions,
        codes,
        bool(scores.apart[place]),
        model.version,
    )


_MODELS: dict[str, Model] = {}


def _plain_model(rules: Rules) -> Model:
    """Priors only: enough to build a frame; kept per rules version."""
    return _MODELS.setdefault(rules.version, model_of_priors(rules))
