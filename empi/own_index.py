"""An index of a process's own, in memory.

Identities of a first load that nobody knows and that have no evidence outside their step are settled in it by the code that
settles every arrival, and handed over as rows. What is pure work, reading, clustering, golden records, encryption, is so done by
several processes, while one writes (ADR 98).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Column, MetaData, Table, Text, select
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import NullType

from empi import driver
from empi.judging import Edge
from empi.keyed import forgetful_hasher
from empi.matching.arrays import I64, U64
from empi.models import (
    AssertionRow,
    DecisionRow,
    EdgeRow,
    GoldenRow,
    HotBlockRow,
    IdentityRow,
    ModelRow,
    PersonRow,
    PolicyRow,
    ReviewRow,
    SourceTrustRow,
)
from empi.plain import table_of
from empi.service import register_unknown
from empi.stated import Row, identities_of
from empi.tokens import TEXTS
from health_platform.kernel.crypto import CryptoProvider, EncryptedText, bind_crypto
from health_platform.kernel.db import Base, Database
from health_platform.kernel.ids import node_in_use, use_node
from health_platform.kernel.outbox import OutboxDelivery, OutboxEvent, decode
from health_platform.kernel.scope import system_scope

FILLED: tuple[type[Base], ...] = (IdentityRow, PersonRow, GoldenRow, EdgeRow, DecisionRow, ReviewRow, HotBlockRow)
"""Tables that settling unknown identities adds rows to, and no more than adds."""
_GIVEN: tuple[type[Base], ...] = (ModelRow, PolicyRow, SourceTrustRow)
_EVERYTHING = system_scope("first load")


@dataclass(frozen=True)
class Terms:
    """What an own index shares with the city's: keys, machine, dialect its rows are written for, model and settings."""

    crypto: CryptoProvider
    node: int
    dialect: str
    given: tuple[tuple[dict[str, Any], ...], ...]

    @classmethod
    def of(cls, session: Session, crypto: CryptoProvider) -> Terms:
        """The terms of the city's index."""
        given = (tuple(dict(row) for row in session.execute(select(table_of(model))).mappings()) for model in _GIVEN)
        return cls(crypto, node_in_use(), session.get_bind().dialect.name, tuple(given))


@dataclass(frozen=True)
class Settled:
    """What settling some identities adds to the index.

    Attributes:
        rows: of each table of ``FILLED`` its rows, as they are stored.
        facts: what is told to the rest of the platform.
        persons: how many persons were made.
        reviews: how many questions are open.
    """

    rows: tuple[list[tuple[Any, ...]], ...]
    facts: tuple[Any, ...]
    persons: int
    reviews: int


class OwnIndex:
    """An empty index that is empty again after every step."""

    def __init__(self, terms: Terms) -> None:
        use_node(terms.node)
        self._terms = terms
        self._database = Database("sqlite://")
        bind_crypto(self._database.engine, terms.crypto)
        made = (*FILLED, *_GIVEN, AssertionRow, OutboxEvent, OutboxDelivery)
        with self._database.unit_of_work(_EVERYTHING) as session:
            for model in made:
                session.execute(CreateTable(table_of(model)))  # without indexes: a step is small
            for model, rows in zip(_GIVEN, terms.given, strict=True):
                if rows:
                    session.execute(table_of(model).insert(), list(rows))
            self._keyed = forgetful_hasher(session)

    def settle(self, stated: Sequence[Row], evidence: Sequence[Edge]) -> Settled:
        """Settle identities by all the evidence there is between them."""
        with self._database.unit_of_work(_EVERYTHING) as session:
            answers = register_unknown(session, identities_of(stated), evidence)
            session.flush()
            rows = tuple(_rows(session, as_stored(table_of(model), self._terms.dialect)) for model in FILLED)
            facts = tuple(decode(row) for row in session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)))
            session.rollback()
        reviews = {review for one in answers for review in one.review_ids}
        return Settled(rows, facts, len({one.person_id for one in answers}), len(reviews))

    def hash_numbers(self, numbers: U64) -> I64:
        """Keyed hashes of blocking keys, as ``Judge.blocks`` makes them."""
        return np.array([self._keyed(f"{number}") for number in numbers.tolist()], dtype=np.int64)

    def hash_texts(self, column: str, texts: Iterable[str]) -> tuple[I64, I64]:
        """Search tokens of the texts of a column: how many each text has, and all of them one after the other."""
        keyed, tokens_of = self._keyed, TEXTS[column]
        tokens = [{keyed(token) for token in tokens_of(text)} if text else () for text in texts]
        return np.array([len(of) for of in tokens], dtype=np.int64), np.array(
            [one for of in tokens for one in of], dtype=np.int64
        )

    def close(self) -> None:
        self._database.close()


@lru_cache(maxsize=64)
def as_stored(table: Table, dialect: str) -> Table:
    """The table with types by which its rows pass from an own index into one of this dialect unopened.

    SQLite stores what another SQLite stored; elsewhere only an encrypted value is passed on as it is.
    """
    types = [NullType() if dialect == "sqlite" else Text() if isinstance(c.type, EncryptedText) else c.type for c in table.c]
    columns = [Column(column.name, of, primary_key=column.primary_key) for column, of in zip(table.c, types, strict=True)]
    return Table(table.name, MetaData(), *columns)


@lru_cache(maxsize=64)
def _all_of(table: Table) -> Any:
    return select(table)


def _rows(session: Session, table: Table) -> list[tuple[Any, ...]]:
    return driver.fetch(session.connection(), _all_of(table), {})
