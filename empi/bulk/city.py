"""A whole city compared at once: identities go in as they come, evidence comes out in steps that fit a transaction.

Rows wait as columns of text (some 200 bytes each), not as objects, so that a million of them fit beside the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from empi.bulk.linking import Edges, compare_all
from empi.bulk.reading import frame_of_table
from empi.definitions.schema import Outcome, Rules
from empi.judging import GRADES, Edge
from empi.matching.arrays import I64
from empi.matching.frame import Frame
from empi.matching.grouping import components
from empi.matching.marks import mark
from empi.matching.model import Model

KEY = "patient_key"
_ROWS_PER_PART = 20_000

Step = tuple[list[int], list[Edge]]
"""Identities that are settled together, and the evidence about them."""
Steps = Generator[Step, None, None]
"""Steps one by one; once closed, nothing is left of what they were made from."""


class Gathered:
    """Rows of text columns, taken in one by one."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self._schema = pa.schema([(KEY, pa.int64()), *((name, pa.string()) for name in columns)])
        self._parts: list[pa.RecordBatch] = []
        self._waiting: list[tuple[str, ...]] = []
        self._keys: list[int] = []

    def add(self, key: int, row: Mapping[str, str]) -> None:
        """Take in one identity; a column it does not state is empty."""
        self._keys.append(key)
        self._waiting.append(tuple([row.get(name, "") for name in self.columns]))
        if len(self._keys) >= _ROWS_PER_PART:
            self._pack()

    def _pack(self) -> None:
        if self._keys:
            columns = [pa.array(column, pa.string()) for column in zip(*self._waiting, strict=True)]
            self._parts.append(pa.RecordBatch.from_arrays([pa.array(self._keys, pa.int64()), *columns], schema=self._schema))
            self._waiting, self._keys = [], []

    def table(self) -> pa.Table:
        """All rows in the order in which they came. They are given away: what is taken in later is another table's."""
        self._pack()
        parts, self._parts = self._parts, []
        return pa.Table.from_batches(parts, self._schema)


@dataclass(frozen=True)
class Found:
    """Evidence between the identities of a table, and which of them hang together.

    Attributes:
        keys: patient key by position.
        edges: certain, possible and conflicting pairs by position.
        labels: the component of each position.
    """

    keys: I64
    edges: Edges
    labels: I64

    def steps(self, size: int, *, both_ends: bool) -> Steps:
        """Components packed into steps of about ``size`` identities, each with its evidence.

        Components with any evidence between them come in one step, unless they are too many. Evidence that reaches into another
        step comes with the later one, or with both when ``both_ends`` is set.
        """
        wide = components(len(self.keys), self.edges.left, self.edges.right)
        order, starts = packed(wide, self.labels, size)
        step_of = np.empty(len(order), dtype=np.int64)
        step_of[order] = starts // size
        ends = step_of[self.edges.left], step_of[self.edges.right]
        edge_steps, edge_places = by_step(*ends, both_ends=both_ends)
        for step in np.unique(step_of[order]).tolist():
            members = order[slice(*np.searchsorted(step_of[order], (step, step + 1)))]
            chosen = edge_places[slice(*np.searchsorted(edge_steps, (step, step + 1)))]
            yield self.keys[members].tolist(), [edge_at(self.edges, self.keys, place) for place in chosen.tolist()]


def packed(wide: I64, labels: I64, size: int) -> tuple[I64, I64]:
    """Positions in the order of the steps, and for each place of that order where what stays together starts.

    Args:
        wide: for every position what it has any evidence with; these stay together unless they are more than ``size``.
        labels: the component of each position.
        size: identities in a step.
    """
    order = np.lexsort((labels, wide))
    wide, labels = wide[order], labels[order]
    ends = np.append(np.flatnonzero(labels[1:] != labels[:-1]) + 1, len(labels))
    starts = np.repeat(np.append(0, ends[:-1]), np.diff(ends, prepend=0))
    together = _starts(wide)
    too_many = np.bincount(together, minlength=len(wide))[together] > size
    return order, np.where(too_many, starts, together)


def edge_at(edges: Edges, keys: I64, place: int) -> Edge:
    """One pair as stored evidence; ``keys`` are the patient keys by position."""
    low, high = sorted((int(keys[edges.left[place]]), int(keys[edges.right[place]])))
    grade = GRADES[Outcome(int(edges.outcome[place]))]
    return Edge(low, high, grade, float(edges.weight[place]), grade == "conflict")


def _starts(ordered: I64) -> I64:
    """For every place in a sorted array the first place with its value."""
    return np.searchsorted(ordered, ordered)


def by_step(left: I64, right: I64, *, both_ends: bool) -> tuple[I64, I64]:
    """(step, edge) pairs, ascending, from the steps of both ends of each edge: the later one, or both."""
    places = np.arange(len(left))
    steps = np.maximum(left, right)
    if both_ends:
        apart = np.flatnonzero(left != right)
        steps, places = np.append(steps, np.minimum(left, right)[apart]), np.append(places, apart)
    order = np.argsort(steps, kind="stable")
    return steps[order], places[order]


def read_city(table: pa.Table, model: Model) -> Frame:
    """All identities of a table as they are compared."""
    frame = frame_of_table(with_names(table, model.rules), model.rules)
    return mark(frame, model.rules, frame.marks["seen"], model.frequencies)


def with_names(table: pa.Table, rules: Rules) -> pa.Table:
    """The table with its patient keys as the names of its records."""
    return table.append_column(rules.key_column, table.column(KEY).cast(pa.string()))


Look = Callable[[pa.Table, Frame], None]
"""Is shown identities as they came, and as they are read to be compared."""


def unseen(table: pa.Table, frame: Frame) -> None:
    """Nobody looks."""


def compare_city(table: pa.Table, model: Model, look: Look = unseen) -> Found:
    """Compare all identities of a table along every blocking pass."""
    keys, frame = table.column(KEY).to_numpy(), read_city(table, model)
    look(table, frame)
    del table
    edges, _ = compare_all(frame, model)
    ties = edges.ties()
    return Found(keys, edges, components(len(keys), ties.left, ties.right))


class Compare(Protocol):
    """Compares identities with each other that come in tables of ``each``, at least one."""

    @property
    def each(self) -> int:
        """Identities in every table but the last."""

    def __call__(self, tables: Iterable[pa.Table], model: Model, look: Look = unseen) -> Steps:
        """Compare them, showing each table to ``look``; then give the steps, to be closed by who takes them."""


@dataclass(frozen=True)
class AtOnce:
    """All in memory at once, in steps of about ``step`` identities (``Found.steps``)."""

    step: int
    both_ends: bool
    each: int = 1_000_000

    def __call__(self, tables: Iterable[pa.Table], model: Model, look: Look = unseen) -> Steps:
        return compare_city(pa.concat_tables(tables), model, look).steps(self.step, both_ends=self.both_ends)
