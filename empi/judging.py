"""The values in which the matching core's answers are kept and passed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from empi.definitions.schema import Outcome

Grade = Literal["certain", "twin", "possible", "conflict", "no"]
GRADES: dict[Outcome, Grade] = {
    Outcome.NO: "no",
    Outcome.POSSIBLE: "possible",
    Outcome.TWIN: "twin",
    Outcome.CERTAIN: "certain",
    Outcome.CONFLICT: "conflict",
}
TYING = ("certain", "twin")
"""Grades of evidence that may join two identities in one person; twins only where their family leaves one answer."""


class Block(NamedTuple):
    """The keyed hashes of one blocking pass for one identity; ``finer`` divide a block that is over-full (0: absent).

    In a ``compatible`` pass whoever states another first one is no candidate.
    """

    name: str
    key: int
    finer: tuple[int, int]
    compatible: bool = False

    def admits(self, finer: int) -> bool:
        """Whether another holder of the block, by its first finer hash, is a candidate."""
        return not self.compatible or not finer or self.finer[0] in (0, finer)


class Edge(NamedTuple):
    """Evidence between two identities, ``left`` the smaller key. Contributions are bits per field.

    ``twin``: one person or twins.

    ``apart`` is evidence that the two must not meet in one person even through others.
    """

    left: int
    right: int
    grade: str
    weight: float
    apart: bool = False
    contributions: dict[str, float] | None = None


@dataclass(frozen=True)
class Comparison:
    """The comparison of two sets of facts. ``levels`` says per field what was found (equal, slip, differ ...)."""

    grade: Grade
    weight: float
    contributions: dict[str, float]
    levels: dict[str, str]
    apart: bool = False
    rule_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parting:
    """Two identities with certain evidence that a cluster had to be cut between."""

    left: int
    right: int


@dataclass(frozen=True)
class Parted:
    """A partition of identities into persons."""

    groups: tuple[tuple[int, ...], ...]
    cuts: tuple[Parting, ...]


@dataclass(frozen=True)
class Compared:
    """What comparing some pairs found: the pairs that say something, and those that must not meet in one person."""

    pairs: frozenset[tuple[int, int]] = frozenset()
    edges: tuple[Edge, ...] = ()
    apart: frozenset[tuple[int, int]] = frozenset()
