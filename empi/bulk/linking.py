"""Linking a frame: train, compare every candidate pair, cluster. Pure of files; see ``steps`` for resuming."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from empi.bulk.workers import in_threads
from empi.definitions.schema import Outcome
from empi.matching.arrays import F64, I32, I64, U8, Flags
from empi.matching.blocking import Brought, OverfullBlock, PassPairs, fresh_pairs, pass_pairs
from empi.matching.clustering import Ties, cluster_frame
from empi.matching.dividing import Cut
from empi.matching.frame import Frame
from empi.matching.model import Model
from empi.matching.scoring import score

_CHUNK = 400_000

log = logging.getLogger("empi")


@dataclass(slots=True)
class Edges:
    """Judged pairs worth keeping: certain ones, and those for a person to look at; narrow, for a city has tens of millions."""

    left: I32
    right: I32
    weight: F64
    outcome: U8
    hits: I32

    def only(self, chosen: I64) -> Edges:
        """The pairs at these places."""
        return Edges(*(getattr(self, name)[chosen] for name in Edges.__slots__))

    def unsettled(self, labels: I64) -> I64:
        """The places of the pairs a person has to look at: neither certain nor meanwhile within one cluster."""
        return np.flatnonzero((self.outcome != Outcome.CERTAIN) & (labels[self.left] != labels[self.right]))

    def all_pairs(self) -> tuple[I32, I32]:
        """The ends of all pairs."""
        return self.left, self.right

    def tying_pairs(self) -> tuple[I32, I32]:
        """The ends of the pairs that may join two identities in one person: certain ones, and those that are one or twins."""
        chosen = self._tying()
        return self.left[chosen], self.right[chosen]

    def ties(self) -> Ties:
        """``tying_pairs`` with what each was judged."""
        return Ties(*self.tying_pairs(), self.outcome[self._tying()])

    def _tying(self) -> Flags:
        return np.asarray((self.outcome == Outcome.CERTAIN) | (self.outcome == Outcome.TWIN))


@dataclass(slots=True)
class Linked:
    """The result: a cluster label per record, what was cut, what was over-full, how many pairs were compared."""

    labels: I64
    cuts: list[Cut]
    overfull: list[OverfullBlock] = field(default_factory=list)
    compared: int = 0


def judge_pairs(frame: Frame, model: Model, left: I64, right: I64) -> Edges:
    """Compare pairs in chunks and keep those that are not NO."""
    kept = [_judge_chunk(frame, model, left[s : s + _CHUNK], right[s : s + _CHUNK]) for s in range(0, len(left), _CHUNK)]
    return join(kept)


def _judge_chunk(frame: Frame, model: Model, left: I64, right: I64) -> Edges:
    scores = score(frame, model, left, right)
    keep = (scores.outcome != Outcome.NO) & ~(scores.apart & (scores.outcome == Outcome.CERTAIN))
    ends = left[keep].astype(np.int32), right[keep].astype(np.int32)
    return Edges(*ends, scores.weight[keep], scores.outcome[keep], scores.hits[keep].astype(np.int32))


def join(parts: list[Edges]) -> Edges:
    """Several sets of edges as one."""
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Edges(none, none, np.zeros(0), np.zeros(0, dtype=np.uint8), none)
    return Edges(*(np.concatenate([getattr(part, name) for part in parts]) for name in Edges.__slots__))


def compare_pass(frame: Frame, model: Model, found: PassPairs, earlier: Sequence[Brought]) -> tuple[Edges, int]:
    """Judge the pairs of one pass that no earlier pass brought, and how many these were; every processor takes a part."""

    def judge(part: tuple[I64, I64]) -> tuple[Edges, int]:
        left, right = fresh_pairs(*part, earlier)
        return judge_pairs(frame, model, left, right), len(left)

    judged = list(in_threads(judge, found.parts()))
    return join([edges for edges, _ in judged]), sum(count for _, count in judged)


def compare_all(frame: Frame, model: Model) -> tuple[Edges, list[OverfullBlock]]:
    """Judge every candidate pair of a frame, pass by pass."""
    earlier: list[Brought] = []
    parts: list[Edges] = []
    overfull: list[OverfullBlock] = []
    for place in range(len(model.rules.passes)):
        found = pass_pairs(frame, model.rules, place)
        overfull += found.overfull
        parts.append(compare_pass(frame, model, found, earlier)[0])
        log.info("compared by %s, pass %d of %d", model.rules.passes[place].name, place + 1, len(model.rules.passes))
        earlier.append(found.brought)
    return join(parts), overfull


def group(frame: Frame, model: Model, edges: Edges) -> tuple[I64, list[Cut]]:
    """Cluster labels and cuts from judged pairs."""
    return cluster_frame(frame, model, edges.ties(), frame.marks["rank"])
