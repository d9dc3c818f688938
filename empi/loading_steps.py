"""The steps of a first load: some components of the city each, with what their identities state and what comparing them found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.bulk.city import Step as Compared
from empi.bulk_loading import RELINK, Applied, compare_again
from empi.identity import Registered
from empi.judges import Judge
from empi.judging import Edge
from empi.matching.arrays import I64
from empi.models import IdentityRow
from empi.service import register
from empi.stated import Row, Stated, identities_of
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope

SCOPE = system_scope(RELINK)


@dataclass(frozen=True)
class Step:
    """Some components: their identities as stated, evidence among them, and evidence to identities of earlier steps."""

    keys: list[int]
    stated: list[Row]
    inside: list[Edge]
    outside: list[Edge]


@dataclass(frozen=True)
class City:
    """What is loaded, and who judges."""

    stated: Stated
    judge: Judge

    def steps(self, compared: Iterable[Compared]) -> Iterator[Step]:
        """The steps of a comparison, each with what its identities state."""
        for keys, edges in compared:
            members = set(keys)
            inside = [edge for edge in edges if edge.left in members and edge.right in members]
            outside = [edge for edge in edges if edge.left not in members or edge.right not in members]
            yield Step(keys, self.stated.rows(keys), inside, outside)


def register_step(session: Session, step: Step, came: Collection[int] = ()) -> Applied:
    """Register the identities of a step as arrivals; evidence about who ``came`` by himself is left out."""
    evidence = without(came, [*step.inside, *step.outside])
    return _applied(step, register(session, identities_of(step.stated), evidence))


def _applied(step: Step, results: Sequence[Registered]) -> Applied:
    fresh = {one.person_id for one in results if one.outcome != "unchanged"}
    return Applied(len(step.keys), len(results), len(fresh), 0, len({review for one in results for review in one.review_ids}))


def without(came: Collection[int], edges: Iterable[Edge]) -> list[Edge]:
    """The evidence that says nothing of these identities."""
    return [edge for edge in edges if edge.left not in came and edge.right not in came]


def meet_strangers(database: Database, city: City, came: Collection[int] = ()) -> None:
    """Compare the city with whoever was not in the file, and those of the file who ``came`` by themselves with all."""
    strangers = np.setdiff1d(stored_keys(database), city.stated.keys)
    fewer = min(strangers, city.stated.keys, key=len)
    compare_again(database, {*came, *fewer.tolist()})


def stored_keys(database: Database) -> I64:
    """Everybody in the index, ascending."""
    with database.unit_of_work(SCOPE) as session:
        return np.sort(np.fromiter(session.scalars(select(IdentityRow.patient_key)), dtype=np.int64))
