"""Two workers, the same person, the same instant: one person.

Whoever registers an identity first locks its blocking keys, in ascending order. Two identities that could match share a key,
so their transactions stand in line, and the second one sees what the first one wrote. SQLite has one writer at a time
(``BEGIN IMMEDIATE``) and needs no locks.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from empi.models import LockRow
from empi.plain import KEYS, KeyList

# Above this many keys one lock for everything is cheaper than filling PostgreSQL's shared lock table.
MANY_KEYS = 1_500
STRIPES = 512
_EVERYTHING = -1
_WANTED = select(func.unnest(bindparam(KEYS, type_=KeyList())).label("block")).order_by("block").subquery()
_LOCK_ALL = select(
    func.pg_advisory_xact_lock_shared(_EVERYTHING),
    select(func.count(func.pg_advisory_xact_lock(_WANTED.c.block))).scalar_subquery(),
)


def lock_blocks(session: Session, blocks: Iterable[int]) -> bool:
    """Hold the blocking keys until the transaction ends. Call before reading candidates.

    Returns:
        Whether another transaction may have written since this one began: what was read before is read again.
    """
    ordered = sorted(set(blocks))
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        _lock_postgresql(session, ordered)
    elif dialect == "oracle":
        _lock_stripes(session, ordered)
    return dialect != "sqlite"


def lock_everything(session: Session) -> None:
    """Let nobody else register until the transaction ends."""
    match session.get_bind().dialect.name:
        case "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(_EVERYTHING)))
        case "oracle":
            _lock_stripes(session, list(range(STRIPES)))


def _lock_postgresql(session: Session, blocks: list[int]) -> None:
    if len(blocks) > MANY_KEYS:
        lock_everything(session)
        return
    session.connection().execute(_LOCK_ALL, {KEYS: blocks})


def _lock_stripes(session: Session, blocks: list[int]) -> None:
    stripes = sorted({block % STRIPES for block in blocks})
    statement = select(LockRow.stripe).where(LockRow.stripe.in_(stripes)).order_by(LockRow.stripe).with_for_update()
    if len(session.scalars(statement).all()) < len(stripes):
        _make_stripes(session)
        session.scalars(statement).all()


def _make_stripes(session: Session) -> None:
    present = set(session.scalars(select(LockRow.stripe)))
    session.execute(insert(LockRow), [{"stripe": n, "turns": 0} for n in range(STRIPES) if n not in present])
