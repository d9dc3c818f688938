"""Linking a frame: train, compare every candidate pair, cluster. Pure of files; see ``steps`` for resuming."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from empi.definitions.schema import Outcome
from empi.matching.arrays import F64, I64, U8
from empi.matching.blocking import OverfullBlock, candidate_pairs
from empi.matching.clustering import Cut, cluster_frame
from empi.matching.frame import Frame
from empi.matching.model import Model
from empi.matching.scoring import score

_CHUNK = 400_000


@dataclass(slots=True)
class Edges:
    """Judged pairs worth keeping: certain ones, and those for a person to look at."""

    left: I64
    right: I64
    weight: F64
    outcome: U8
    hits: I64

    def certain(self) -> tuple[I64, I64]:
        """Positions of the certain pairs."""
        chosen = self.outcome == Outcome.CERTAIN
        return self.left[chosen], self.right[chosen]


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
    return Edges(left[keep], right[keep], scores.weight[keep], scores.outcome[keep], scores.hits[keep])


def join(parts: list[Edges]) -> Edges:
    """Several sets of edges as one."""
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Edges(none, none, np.zeros(0), np.zeros(0, dtype=np.uint8), none)
    return Edges(*(np.concatenate([getattr(part, name) for part in parts]) for name in Edges.__slots__))


def compare_all(
    frame: Frame, model: Model, progress: Callable[[str], None] = lambda _: None
) -> tuple[Edges, list[OverfullBlock], int]:
    """Judge every candidate pair of a frame, pass by pass."""
    overfull: list[OverfullBlock] = []
    parts, compared = [], 0
    for name, left, right in candidate_pairs(frame, model.rules, overfull):
        parts.append(judge_pairs(frame, model, left, right))
        compared += len(left)
        progress(f"pass {name}: {len(left)} pairs, {len(parts[-1].left)} kept")
    return join(parts), overfull, compared


def group(frame: Frame, model: Model, edges: Edges) -> tuple[I64, list[Cut]]:
    """Cluster labels and cuts from judged pairs."""
    return cluster_frame(frame, model, *edges.certain(), frame.marks["rank"])
