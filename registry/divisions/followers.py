"""Registers whose records carry a division code, and what each has to tell so that they can follow a change of divisions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import null, select, update
from sqlalchemy.orm import Session

_CHUNK = 500
INSTITUTIONS: Final = "registry.institution"
"""The follower other records follow when they belong to an institution."""


@dataclass(frozen=True, slots=True)
class Item:
    """A record that carries a division code; ``unit`` is the institution it goes along with."""

    id: int
    code: str
    label: str = ""
    unit: int | None = None


class Follower(Protocol):
    """A register whose records follow changes of divisions."""

    @property
    def name(self) -> str:
        """Stable name in the journal, like ``empi.person``."""

    @property
    def label(self) -> str:
        """Chinese name of the records."""

    @property
    def sole(self) -> bool:
        """Whether a record only follows to a division that no other one joins, because it stands for the whole of it."""

    def items(self, session: Session, codes: Collection[str]) -> Iterable[Item]:
        """All records whose division is one of ``codes``."""

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        """Give records another division."""


@dataclass(frozen=True, slots=True)
class ColumnFollower:
    """A follower for any model with ``id`` and a column of division codes; ``title`` is the column to show.

    ``unit`` is the column of the institution whose records these are, if they go along with it.
    """

    name: str
    label: str
    model: Any
    column: str = "division_code"
    title: str = ""
    sole: bool = False
    unit: str = ""

    def items(self, session: Session, codes: Collection[str]) -> Iterator[Item]:
        code = getattr(self.model, self.column)
        title = getattr(self.model, self.title) if self.title else code
        unit = getattr(self.model, self.unit) if self.unit else null()
        for chunk in self.chunks(codes):
            rows = session.execute(select(self.model.id, code, title, unit).where(code.in_(chunk)).order_by(self.model.id))
            yield from (Item(item_id, current, str(shown or ""), owner) for item_id, current, shown, owner in rows)

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        rows = [{"id": item_id, self.column: code} for item_id, code in moves.items()]
        if rows:
            session.execute(update(self.model), rows)

    @staticmethod
    def chunks(values: Collection[Any]) -> Iterator[list[Any]]:
        """``values`` in order, in lists short enough for one statement."""
        ordered = sorted(values)
        return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


@dataclass(frozen=True, slots=True)
class ChunkedFollower(ColumnFollower):
    """A follower whose register moves records with a function of its own, some hundreds at a time."""

    move: Callable[[Session, Mapping[int, str]], None] | None = None

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        for chunk in self.chunks(moves):
            self.move(session, {item_id: moves[item_id] for item_id in chunk})  # type: ignore[misc]


@dataclass
class DivisionFollowers:
    """The followers of this platform; bound as a service, so that every component can add its own."""

    found: dict[str, Follower] = field(default_factory=dict)

    def add(self, follower: Follower) -> None:
        """Let the records of a register follow changes of divisions."""
        self.found[follower.name] = follower

    def __iter__(self) -> Iterator[Follower]:
        return iter(self.found.values())
