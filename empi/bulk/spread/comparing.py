"""Comparing pairs between two parts at a time: whoever does that holds these two and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from empi.bulk.linking import Edges, join, judge_pairs
from empi.bulk.spread.ground import Ground
from empi.bulk.spread.machines import Machines
from empi.bulk.spread.parts import Parts
from empi.bulk.store import Store
from empi.bulk.workers import in_threads
from empi.matching.arrays import I64
from empi.matching.frame import Frame
from empi.matching.model import Model

Tile = tuple[int, int]


def tiles(parts: Parts) -> list[Tile]:
    """Every two parts, and each part with itself."""
    return [(one, two) for one in range(parts.count) for two in range(one, parts.count)]


def _step(tile: Tile) -> str:
    return f"step_5_tile_{tile[0]:05d}_{tile[1]:05d}"


def compare(parts: Parts, model: Model, ground: Ground, machines: Machines) -> None:
    """Judge the pairs of every tile."""
    asked = tiles(parts)

    def judge(place: int) -> None:
        one, two = asked[place]
        edges, pairs = _judged(parts, model, asked[place], ground.pairs(one, two, parts.each))
        machines.store.keep_facts(f"{_step(asked[place])}_pairs", pairs)
        machines.store.keep_edges(_step(asked[place]), edges)

    machines.each("comparing", [_step(tile) for tile in asked], judge)


def _judged(parts: Parts, model: Model, tile: Tile, pairs: Iterator[tuple[I64, I64]]) -> tuple[Edges, int]:
    """The evidence of a tile, and how many pairs were compared."""
    first, second = (place * parts.each for place in tile)
    apart = second - parts.each if second > first else first  # the second part follows on the first, which is full
    frame = lru_cache(lambda: parts.together(tuple(dict.fromkeys(tile)), model.frequencies))

    def judge(some: tuple[Frame, I64, I64]) -> tuple[Edges, int]:
        found = judge_pairs(some[0], model, some[1] - first, some[2] - apart)
        found.left, found.right = (found.left + first).astype(np.int32), (found.right + apart).astype(np.int32)
        return found, len(some[1])

    judged = list(in_threads(judge, ((frame(), *ends) for ends in pairs)))
    return join([edges for edges, _ in judged]), sum(count for _, count in judged)


def evidence(parts: Parts, store: Store) -> Iterator[Edges]:
    """All evidence found, tile by tile."""
    for tile in tiles(parts):
        yield Edges(**store.done(_step(tile)))


def open_edges(parts: Parts, labels: I64, store: Store) -> Edges:
    """The evidence that is left for a person to look at: neither certain nor within one cluster."""
    return join([edges.only(edges.unsettled(labels)) for edges in evidence(parts, store)])


def count(parts: Parts, store: Store) -> int:
    """How many pairs were compared."""
    return sum(store.facts(f"{_step(tile)}_pairs") for tile in tiles(parts))
