"""Blocking keys of the rules in force, for identities that were stored under other rules.

An upgrade may bring other blocking passes. Whoever is in the index already is found along the new ones once their keys are
written, which is the first thing a re-link does. Keys of former passes stay: nobody asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from empi.candidates import store_blocks
from empi.judges import Judge, judge_of
from empi.judging import Block
from empi.models import BlockRow, IdentityRow
from empi.querying import chunks
from empi.storing import facts_of, known
from health_platform.kernel.db import Database
from health_platform.kernel.scope import Scope

_LOOKED_AT = 50
_PAGE = 1_000
_KEYS_PER_QUERY = 500


def renew_keys(database: Database, scope: Scope) -> int:
    """Write the keys that identities lack, a page of identities a transaction; how many were written.

    Where the first identities have all of theirs the others have, too: then nobody else is looked at.
    """
    with database.unit_of_work(scope) as session:
        judge = judge_of(session)
        if not _lacking(session, judge, _after(session, -1, _LOOKED_AT)):
            return 0
    last, written = -1, 0
    while True:
        with database.unit_of_work(scope) as session:
            keys = _after(session, last, _PAGE)
            if not keys:
                return written
            lacking = _lacking(session, judge, keys)
            store_blocks(session, lacking)
        last, written = keys[-1], written + sum(map(len, lacking.values()))


def _after(session: Session, last: int, count: int) -> Sequence[int]:
    after = select(IdentityRow.patient_key).where(IdentityRow.patient_key > last)
    return session.scalars(after.order_by(IdentityRow.patient_key).limit(count)).all()


def _lacking(session: Session, judge: Judge, keys: Sequence[int]) -> dict[int, list[Block]]:
    """By identity the keys it should have and has not."""
    blocks = judge.blocks(session, {key: facts_of(session, row) for key, row in known(session, keys).items()})
    there: set[tuple[int, int, int, int]] = set()
    for some in chunks({block.key for of_key in blocks.values() for block in of_key}, _KEYS_PER_QUERY):
        held = select(BlockRow.block, BlockRow.finer, BlockRow.finest, BlockRow.patient_key)
        rows = session.execute(held.where(BlockRow.block.in_(some), BlockRow.patient_key.in_(keys)))
        there.update((block, finer, finest, key) for block, finer, finest, key in rows)
    lacking = {key: [block for block in of_key if (block.key, *block.finer, key) not in there] for key, of_key in blocks.items()}
    return {key: of_key for key, of_key in lacking.items() if of_key}
