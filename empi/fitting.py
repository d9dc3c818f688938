"""Persons of whom several things hold, in a city of any size: the rarest is looked up, the others are asked of whom it finds.

Things may hold of different identities of a person. Everything runs under the caller's scope, and so does what decides how far a
search looks: who lives elsewhere changes no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from empi.models import IdentityRow, TokenRow
from empi.querying import chunks

MANY = 1_000
"""Persons that are counted and held at most; of more it is only said that there are more."""
LOOKED = 50_000
"""Identities looked at for one thing at most, a second's work. What holds of more says too little to find anybody by."""
_RARE = 2_000
_GLANCE = 4_000  # identities looked at before anything is counted: some hundredths of a second


@dataclass(frozen=True)
class Holds:
    """Something true of one identity: it carries all of some search tokens, or its row meets a condition."""

    tokens: tuple[int, ...] = ()
    condition: Callable[[Any], ColumnElement[bool]] | None = None

    def of(self, identity: Any) -> ColumnElement[bool]:
        """Whether this holds of an identity: a question for each token. Joined, SQLite would read all who carry it each time."""
        return self.condition(identity) if self.condition is not None else _carries(identity.patient_key, self.tokens)

    def of_person(self, person: ColumnElement[int | None]) -> ColumnElement[bool]:
        """Whether this holds of one of the person's identities."""
        identity = aliased(IdentityRow)
        return exists(select(identity.patient_key).where(identity.person_id == person, self.of(identity)))


Thing = Sequence[tuple[Holds, ...]]
"""Something asked of a person: one of these alternatives, each of which holds when all its parts do."""


@dataclass(frozen=True)
class Fitting:
    """Persons, by id; ``more`` when there are others, or there may be and too many would have to be looked at."""

    persons: tuple[int, ...]
    more: bool = False


class Search:
    """The searches of one unit of work; how much each thing holds of is counted once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sizes: dict[Holds, int] = {}

    def fitting(self, things: Sequence[Thing], most: int = MANY) -> Fitting:
        """The persons the caller may see of whom all things hold, ``most`` of them at most."""
        if not things:
            return self._look_up(None, (), most)
        if (glanced := self._glance(things, most)) is not None:
            return glanced
        rarest = min(things, key=lambda thing: sum(min(map(self._size, parts)) for parts in thing))
        others = [thing for thing in things if thing is not rarest]
        found = [self._alternative(parts, others, most) for parts in rarest]
        persons = sorted({person for one in found for person in one.persons})
        return Fitting(tuple(persons[:most]), len(persons) > most or any(one.more for one in found))

    def _glance(self, things: Sequence[Thing], most: int) -> Fitting | None:
        """More than ``most`` of whom all holds, found among few of whom the last does; None when they are not so many.

        Of what narrows little nothing has to be counted then.
        """
        *others, last = things
        if len(last) != 1 or len(last[0]) != 1:
            return None
        persons = self._persons(last[0][0], _GLANCE, others, most)
        return Fitting(tuple(persons[:most]), more=True) if len(persons) > most else None

    def still_fitting(self, persons: Collection[int], thing: Thing) -> Fitting:
        """Those of some persons of whom another thing holds as well."""
        found: set[int] = set()
        for some in chunks(persons):
            of_some = select(IdentityRow.person_id).where(IdentityRow.person_id.in_(some)).distinct()
            rows = self._session.scalars(of_some.where(_true_of(IdentityRow.person_id, thing)))
            found.update(person for person in rows if person is not None)
        return Fitting(tuple(sorted(found)))

    def _alternative(self, parts: tuple[Holds, ...], others: Iterable[Thing], most: int) -> Fitting:
        rarest = min(parts, key=self._size)
        return self._look_up(rarest, [*([(one,)] for one in parts if one is not rarest), *others], most)

    def _look_up(self, holds: Holds | None, others: Iterable[Thing], most: int) -> Fitting:
        persons = self._persons(holds, LOOKED, others, most)
        more = len(persons) > most or self._count(holds, LOOKED) == LOOKED
        return Fitting(tuple(persons[:most]), more)

    def _persons(self, holds: Holds | None, looked_at: int, others: Iterable[Thing], most: int) -> list[int]:
        """Persons of whom other things hold, one more than ``most`` at most, among some identities of which something holds."""
        identities = self._identities(holds, looked_at).subquery()
        persons = select(identities.c.person_id).distinct().subquery()  # each is asked about once
        fit = select(persons.c.person_id).where(*(_true_of(persons.c.person_id, thing) for thing in others))
        return sorted(self._session.scalars(fit.limit(most + 1)))

    def _size(self, holds: Holds) -> int:
        """How many identities something holds of; of two that hold of very many a condition says less than tokens."""
        if holds not in self._sizes:
            size = self._count(holds, _RARE)
            self._sizes[holds] = size if size < _RARE else self._count(holds, LOOKED) + (holds.condition is not None)
        return self._sizes[holds]

    def _count(self, holds: Holds | None, most: int) -> int:
        """Identities of which something holds, counted up to ``most``."""
        limited = self._identities(holds, most).subquery()
        return int(self._session.scalar(select(func.count()).select_from(limited)) or 0)

    def _identities(self, holds: Holds | None, most: int) -> Select[Any]:
        """The persons of ``most`` identities of which something holds, once for each identity."""
        linked = select(IdentityRow.person_id).where(IdentityRow.person_id.is_not(None)).limit(most)
        if holds is None or holds.condition is not None:
            return linked if holds is None else linked.where(holds.of(IdentityRow))
        first, *rest = self._rarest_first(holds.tokens)
        carried = linked.join(TokenRow, TokenRow.patient_key == IdentityRow.patient_key).where(TokenRow.token == first)
        return carried.where(_carries(TokenRow.patient_key, rest))

    def _rarest_first(self, tokens: Sequence[int]) -> list[int]:
        """The order in which tokens are looked at decides how fast they are, not what is found."""
        if len(tokens) < 2:
            return list(tokens)
        return sorted(tokens, key=lambda token: self._size(Holds((token,))))


def _carries(patient_key: Any, tokens: Iterable[int]) -> ColumnElement[bool]:
    return and_(true(), *(exists().where(_OTHER.token == token, _OTHER.patient_key == patient_key) for token in tokens))


_OTHER = aliased(TokenRow)


def _true_of(person: Any, thing: Thing) -> ColumnElement[bool]:
    return or_(false(), *(and_(*(one.of_person(person) for one in parts)) for parts in thing))
