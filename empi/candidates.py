"""Candidate search: who shares a blocking key with the identities that arrive.

A block over its cap is not searched; the finer blocks of the same pass take its place, and the full one is reported. A
candidate is therefore never lost silently, and one popular value ("1900-01-01", a clinic's telephone) never costs a scan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, insert, select, true, update
from sqlalchemy.orm import Session

from empi.judging import Block
from empi.models import BlockRow, HotBlockRow
from empi.plain import KEYS, KeyList, among, plainly, table_of, write_missing
from empi.querying import chunks
from health_platform.kernel import clock

_KEYS_PER_QUERY = 500
_BLOCKS = table_of(BlockRow)
_HOLDERS = select(_BLOCKS.c.block, _BLOCKS.c.finer, _BLOCKS.c.patient_key).where(among(_BLOCKS.c.block)).limit(bindparam("most"))


def _holders_of_each() -> Select[tuple[int, int, int]]:
    """For PostgreSQL: block by block, so that one giant block never crowds out the others nor tempts into a full scan."""
    wanted = func.unnest(bindparam(KEYS, type_=KeyList())).table_valued("block").render_derived("wanted")
    held = (
        select(_BLOCKS.c.finer, _BLOCKS.c.patient_key)
        .where(_BLOCKS.c.block == wanted.c.block)
        .limit(bindparam("most"))
        .lateral("held")
    )
    return select(wanted.c.block, held.c.finer, held.c.patient_key).select_from(wanted.join(held, true()))


_HOLDERS_OF_EACH = _holders_of_each()


@dataclass(frozen=True)
class Found:
    """Pairs to compare (new identity, other identity; the smaller key first) and the blocks found over-full."""

    pairs: frozenset[tuple[int, int]]
    over_full: Mapping[int, str]


def search(session: Session, blocks: Mapping[int, Sequence[Block]], cap: int, report: bool = True) -> Found:
    """Pairs of each given identity with every other identity of its blocks, in the index or among the given.

    The blocks of the given identities must be stored already. Of a block that stays over-full after every division the
    first ``cap`` identities are compared.
    """
    pairs: set[tuple[int, int]] = set()
    over_full: dict[int, str] = {}
    holders = _holders(session, {block.key for of_key in blocks.values() for block in of_key}, cap)
    for key, of_key in blocks.items():
        for block in of_key:
            held = holders.get(block.key, [])
            others = [other for finer, other in held if block.admits(finer)]
            if len(held) > cap:
                over_full[block.key] = block.name
                others = _divided(session, block, cap)
            pairs.update((min(key, other), max(key, other)) for other in others if other != key)
    if report:
        report_over_full(session, over_full)
    return Found(frozenset(pairs), over_full)


def _holders(session: Session, wanted: Iterable[int], cap: int) -> dict[int, list[tuple[int, int]]]:
    """(first finer hash, identity) of each block, at most ``cap + 1`` of any: enough to know that it is over-full."""
    found: dict[int, list[tuple[int, int]]] = {}
    for some in chunks(wanted, _KEYS_PER_QUERY):
        for block, finer, key in _rows(session, some, cap):
            found.setdefault(block, []).append((finer, key))
    return found


def _rows(session: Session, blocks: list[int], cap: int) -> Sequence[tuple[Any, ...]]:
    if session.get_bind().dialect.name == "postgresql":
        return plainly(session, _HOLDERS_OF_EACH, blocks, most=cap + 1)
    most = (cap + 1) * len(blocks)
    rows = plainly(session, _HOLDERS, blocks, most=most)
    if len(rows) < most:
        return rows
    return [row for block in blocks for row in plainly(session, _HOLDERS, [block], most=cap + 1)]


def _divided(session: Session, block: Block, cap: int) -> list[int]:
    """The part of an over-full block that agrees on the finer keys as well, divided as far as needed."""
    conditions: list[ColumnElement[bool]] = [BlockRow.block == block.key]
    others: list[int] = []
    for column, key in zip((BlockRow.finer, BlockRow.finest), block.finer, strict=True):
        if not key:
            continue
        conditions.append(column == key)
        others = _within(session, cap, *conditions)
        if len(others) <= cap:
            return others
    return (others or _within(session, cap, *conditions))[:cap]


def _within(session: Session, cap: int, *conditions: ColumnElement[bool]) -> list[int]:
    statement = select(BlockRow.patient_key).where(*conditions).order_by(BlockRow.patient_key).limit(cap + 1)
    return list(session.scalars(statement))


BLOCK_COLUMNS = ("block", "finer", "finest", "patient_key")


def store_blocks(session: Session, blocks: Mapping[int, Sequence[Block]]) -> None:
    """Write the blocking keys of identities; a first load that was stopped may have left some of them (ADR 98)."""
    rows = [(block.key, *block.finer, key) for key, of_key in blocks.items() for block in of_key]
    write_missing(session, BlockRow, BLOCK_COLUMNS, sorted(rows))


def forget_blocks(session: Session, key: int, blocks: Sequence[Block]) -> None:
    """Remove the blocking keys of an identity whose facts change."""
    for some in chunks(block.key for block in blocks):
        session.execute(
            delete(BlockRow)
            .where(BlockRow.block.in_(some), BlockRow.patient_key == key)
            .execution_options(synchronize_session=False)
        )


def report_over_full(session: Session, over_full: Mapping[int, str]) -> None:
    """Count what was over-full (key -> what it is of), for the quality page."""
    if not over_full:
        return
    reported = set(session.scalars(select(HotBlockRow.block).where(HotBlockRow.block.in_(sorted(over_full)))))
    added = [
        {"block": block, "pass_name": name, "times": 1, "seen_at": clock.now()}
        for block, name in sorted(over_full.items())
        if block not in reported
    ]
    if added:
        session.execute(insert(HotBlockRow), added)
    if reported:
        session.execute(
            update(HotBlockRow)
            .where(HotBlockRow.block.in_(sorted(reported)))
            .values(times=HotBlockRow.times + 1, seen_at=clock.now())
            .execution_options(synchronize_session=False)
        )


def over_full_counts(session: Session) -> list[tuple[str, int, int]]:
    """(pass, number of over-full blocks, times met), for the evaluation page."""
    statement = select(HotBlockRow.pass_name, func.count(), func.sum(HotBlockRow.times)).group_by(HotBlockRow.pass_name)
    return [(name, int(blocks), int(times)) for name, blocks, times in session.execute(statement)]
