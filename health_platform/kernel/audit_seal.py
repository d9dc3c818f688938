"""Sealing and verifying the audit log.

Every few seconds the entries that are not yet sealed become a batch: leaf = SM3(0x00 ‖ canonical entry),
node = SM3(0x01 ‖ left ‖ right) (RFC 6962), head = SM3(previous head ‖ number ‖ size ‖ root ‖ time), signed with SM2. Heads
are also appended to ``audit-heads.log`` in HP_HOME (to be shipped to another machine), so that cutting off the newest
batches is found as well. What remains unproven is the unsealed tail of a few seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.audit import ENTRIES as _ENTRIES
from health_platform.kernel.audit import AuditBatch
from health_platform.kernel.crypto import CryptoProvider, sm3
from health_platform.kernel.db import start_writing
from health_platform.kernel.errors import Conflict, register_messages
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope

register_messages({"audit.sealed_meanwhile": "审计日志刚由另一进程封存，请稍后再试"})

BATCH_LIMIT = 2_000
"""Entries sealed together; to mark them is one transaction, in which on SQLite nobody else writes."""
CONTEXT = "audit.head"
_LAST = select(AuditBatch.number, AuditBatch.head).order_by(AuditBatch.number.desc()).limit(1)
_SEALED = tuple(c for c in _ENTRIES.columns if c.name not in ("batch_id", "position"))


@dataclass(frozen=True)
class Finding:
    """A place where the log is not what was sealed."""

    batch: int
    problem: str


def canonical(entry: Row[Any]) -> bytes:
    """The bytes of an entry that are sealed: every column but its place in a batch, in column order."""
    values = [_plain(getattr(entry, column.name)) for column in _SEALED]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def leaf(entry: Row[Any]) -> bytes:
    return sm3(b"\x00" + canonical(entry))


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Root of a Merkle tree as in RFC 6962, with SM3 in the place of SHA-256.

    An odd node moves up unchanged, which gives the same tree as RFC 6962's split at the largest power of two.
    """
    if not leaves:
        return sm3(b"")
    level = list(leaves)
    while len(level) > 1:
        paired = [sm3(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def head_of(previous: str | None, number: int, size: int, root: str, sealed_at: datetime) -> str:
    """The value that is signed and chained."""
    text = f"{previous or ''}|{number}|{size}|{root}|{sealed_at.isoformat()}"
    return sm3(text.encode()).hex()


def seal(session: Session, crypto: CryptoProvider) -> AuditBatch | None:
    """Seal up to ``BATCH_LIMIT`` unsealed entries into a batch; ``None`` when there are none.

    Entries are marked with their batch, so an entry that commits late simply falls into a later batch. In a unit of work that
    writes later, entries are read and hashed before SQLite's only writer is needed.

    Raises:
        Conflict: somebody else sealed meanwhile.
    """
    _lock(session)
    query = select(*_ENTRIES.columns).where(_ENTRIES.c.batch_id.is_(None)).order_by(_ENTRIES.c.id).limit(BATCH_LIMIT)
    entries = session.execute(query).all()
    if not entries:
        return None
    known = session.execute(_LAST).one_or_none()
    number, previous = (known.number + 1, known.head) if known else (1, None)
    root, now = merkle_root([leaf(entry) for entry in entries]).hex(), clock.now()
    head = head_of(previous, number, len(entries), root, now)
    batch = AuditBatch(
        number=number,
        sealed_at=now,
        size=len(entries),
        root=root,
        previous=previous,
        head=head,
        signature=crypto.sign(head.encode(), CONTEXT),
    )
    start_writing(session)
    if session.execute(_LAST).one_or_none() != known:
        raise Conflict("audit.sealed_meanwhile")
    session.add(batch)
    session.flush()
    _mark(session, batch.id, [entry.id for entry in entries])
    return batch


def _lock(session: Session) -> None:
    """One sealer at a time; on SQLite the second one is told (``seal``)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(0x41554449)))


def _mark(session: Session, batch_id: int, ids: list[int]) -> None:
    place = update(_ENTRIES).where(_ENTRIES.c.id == bindparam("entry"))
    place = place.values(batch_id=batch_id, position=bindparam("place"))
    session.connection().execute(place, [{"entry": entry, "place": place_} for place_, entry in enumerate(ids)])


def seal_all(platform: Platform) -> int:
    """Seal everything that is unsealed now; returns the number of batches. The scheduled job."""
    count = 0
    while True:
        with platform.database.unit_of_work(system_scope("audit.seal"), writes_later=True) as session:
            batch = seal(session, platform.crypto)
            line = f"{batch.number} {batch.size} {batch.head} {batch.signature}\n" if batch else ""
        if not line:
            return count
        with heads_file(platform).open("a") as heads:
            heads.write(line)
        count += 1


def heads_file(platform: Platform) -> Path:
    """The copy of all heads outside the database."""
    return platform.settings.home / "audit-heads.log"


def verify(platform: Platform) -> list[Finding]:
    """Check every batch against its entries, its chain, its signature and the copy of the heads."""
    with platform.database.unit_of_work(system_scope("audit.verify"), reading=True) as session:
        batches = session.scalars(select(AuditBatch).order_by(AuditBatch.number)).all()
        findings = [f for batch in batches for f in _check_entries(session, batch)]
        findings += _check_chain(batches, platform.crypto)
        findings += _check_copy(batches, heads_file(platform))
        findings += _check_unsealed(session, batches)
    return findings


def _check_entries(session: Session, batch: AuditBatch) -> Iterator[Finding]:
    query = select(*_ENTRIES.columns).where(_ENTRIES.c.batch_id == batch.id).order_by(_ENTRIES.c.position)
    entries = session.execute(query).all()
    if len(entries) != batch.size:
        yield Finding(batch.number, f"{len(entries)} entries where {batch.size} were sealed")
    elif merkle_root([leaf(entry) for entry in entries]).hex() != batch.root:
        yield Finding(batch.number, "entries differ from what was sealed")


def _check_chain(batches: Sequence[AuditBatch], crypto: CryptoProvider) -> Iterator[Finding]:
    previous: str | None = None
    for expected, batch in enumerate(batches, start=1):
        if batch.number != expected:
            yield Finding(expected, "a batch is missing before this one")
            return
        head = head_of(batch.previous, batch.number, batch.size, batch.root, batch.sealed_at)
        if batch.previous != previous or head != batch.head:
            yield Finding(batch.number, "the chain of heads is broken")
        elif not crypto.verify(batch.head.encode(), batch.signature, CONTEXT):
            yield Finding(batch.number, "the signature of the head does not verify")
        previous = batch.head


def _check_copy(batches: Sequence[AuditBatch], copy: Path) -> Iterator[Finding]:
    copied = [line.split() for line in copy.read_text().splitlines()] if copy.exists() else []
    kept = {batch.number: batch.head for batch in batches}
    for fields in copied:
        if len(fields) != 4 or kept.get(int(fields[0])) != fields[2]:
            yield Finding(int(fields[0]) if fields and fields[0].isdecimal() else 0, "differs from the copied head")


def _check_unsealed(session: Session, batches: Sequence[AuditBatch]) -> Iterator[Finding]:
    """Entries dated before the newest seal but outside every batch were slipped in (or lost their mark)."""
    if not batches:
        return
    known = select(AuditBatch.id).scalar_subquery()
    homeless = _ENTRIES.c.batch_id.not_in(known)
    late = _ENTRIES.c.batch_id.is_(None) & (_ENTRIES.c.at < batches[-1].sealed_at - timedelta(minutes=15))
    count = session.execute(select(func.count()).select_from(_ENTRIES).where(homeless | late)).scalar_one()
    if count:
        yield Finding(batches[-1].number, f"{count} entries stand outside the sealed batches")


def install(platform: Platform) -> None:
    """Seal regularly."""
    platform.schedule(Job("audit.seal", timedelta(seconds=10), seal_all, label="审计日志封存"))
