"""Rows that were not loaded: kept with every fault, woken when what they waited for arrives, corrected and replayed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.checking import Rejected
from etl.decoding.rows import field_names, fold
from etl.events import BatchLanded
from etl.loading import Loaded
from etl.models import CORRECTED, DISCARDED, LANDED, OPEN, OVERTAKEN, REPLAYED, RUNNING, WAITING, Batch, BatchBody, QuarantinedRow
from etl.uploads import Operation, Sender, Upload, accept, store_body, unseal
from health_platform.datasets.api import Dataset
from health_platform.kernel import clock
from health_platform.kernel.crypto import crypto_of
from health_platform.kernel.errors import Conflict, NotFound, register_messages
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal

T = TypeVar("T")
_IN_LIMIT = 500
KEY_LENGTH = 200

register_messages(
    {
        "quarantine.unknown": "未找到该隔离记录",
        "quarantine.settled": "该隔离记录已处理",
        "batch.busy": "该上传正在处理中",
        "batch.content_gone": "该上传的原始内容已过保存期限",
    }
)


def settle(session: Session, batch_ids: Sequence[int], rejected: Sequence[Rejected]) -> None:
    """Keep the rows a load rejected; close those of an earlier run of the same batches that went through now."""
    now = clock.now()
    known = _known(session, batch_ids)
    for row in rejected:
        before = known.pop((row.batch.id, row.dataset, row.position), None)
        if before is None:
            session.add(_quarantined(row, now))
        else:
            _reopen(before, row)
    for before in known.values():
        if before.state in (OPEN, WAITING):
            _resolve(before, REPLAYED, "pipeline", now)


def wake_children(session: Session, loaded: Loaded) -> None:
    """Details that waited for rows of this load are sent through again, with the version they came with."""
    whole = loaded.whole
    arrived = [key for key, gone in zip(whole.keys, whole.deletes, strict=True) if not gone]
    if not arrived:
        return
    waiting = (
        QuarantinedRow.institution_id == whole.batches[0].institution_id,
        QuarantinedRow.waits_for == loaded.dataset.name,
        QuarantinedRow.state == WAITING,
    )
    if session.scalar(select(QuarantinedRow.id).where(*waiting).limit(1)) is None:
        return
    ready: dict[tuple[str, int, str], list[QuarantinedRow]] = defaultdict(list)
    for part in _chunks(arrived):
        for row in session.scalars(select(QuarantinedRow).where(*waiting, QuarantinedRow.waits_on.in_(part))):
            ready[row.dataset, row.version, row.operation].append(row)
    for rows in ready.values():
        replay(session, rows)


def overtake(session: Session, institution_id: int, dataset: str, newest: Mapping[str, int]) -> None:
    """Close refused rows of which the sender has said something newer since; ``newest`` gives versions by key."""
    refused = (
        QuarantinedRow.institution_id == institution_id,
        QuarantinedRow.dataset == dataset,
        QuarantinedRow.state == OPEN,
    )
    if not newest or session.scalar(select(QuarantinedRow.id).where(*refused).limit(1)) is None:
        return
    now = clock.now()
    for part in _chunks(list(newest)):
        for row in session.scalars(select(QuarantinedRow).where(*refused, QuarantinedRow.row_key.in_(part))):
            if row.version < newest[row.row_key or ""]:
                _resolve(row, OVERTAKEN, "pipeline", now)


def replay(session: Session, rows: Sequence[QuarantinedRow], by: str = "pipeline") -> Batch:
    """Land rows of one dataset, operation and version again, as they were sent, as a batch of their own.

    They keep their version: a newer upload of the same row, loaded meanwhile, still counts. They also keep the time they first
    came: a detail that waited for its parent is not late because of that.
    """
    first, now, identity = rows[0], clock.now(), new_id()
    origin = session.get(Batch, first.batch_id)
    content = b"\n".join(row.raw.replace("\n", " ").encode() for row in rows)
    batch = Batch(
        id=identity,
        institution_id=first.institution_id,
        division_code=first.division_code,
        message_id=f"replay:{identity}",
        digest=str(identity),
        channel=first.dataset,
        format="ndjson",
        operation=first.operation,
        source="replay",
        version=first.version,
        size=len(content),
        state=LANDED,
        received_at=now,
        first_received_at=(origin.first_received_at or origin.received_at) if origin else None,
    )
    session.add(batch)
    session.flush()
    store_body(session, identity, content)
    for row in rows:
        _resolve(row, REPLAYED, by, now)
        row.correction_id = identity
    publish(session, BatchLanded(identity, first.institution_id), identity)
    return batch


def correction(row: QuarantinedRow, values: Mapping[str, Any]) -> Upload:
    """The upload that puts ``values`` in the place of a quarantined row."""
    sender = Sender(row.institution_id, row.division_code or "")
    content = json.dumps([dict(values)], ensure_ascii=False).encode()
    operation: Operation = "delete" if row.operation == "delete" else "upsert"
    return Upload(sender, row.dataset, f"correction:{row.id}:{new_id()}", content, "json", operation, "correction", row.version)


def correct(session: Session, row_id: int, values: Mapping[str, Any], by: Principal) -> QuarantinedRow:
    """Upload a corrected row in place of a quarantined one.

    It keeps the version of the row it corrects: what the sender uploaded of the same row since then still counts. A deletion
    that was refused is corrected into a deletion.

    Raises:
        NotFound: no such row in the caller's scope. Conflict: it was dealt with before.
    """
    row = open_row(session, row_id)
    receipt = accept(session, correction(row, values))
    row.correction_id = receipt.batch_id
    _resolve(row, CORRECTED, by.name, clock.now())
    return row


def discard(session: Session, row_id: int, by: Principal) -> QuarantinedRow:
    """Give a row up. It stays on record.

    Raises:
        NotFound, Conflict: as :func:`correct`.
    """
    row = open_row(session, row_id)
    _resolve(row, DISCARDED, by.name, clock.now())
    return row


def open_row(session: Session, row_id: int) -> QuarantinedRow:
    """A quarantined row that nobody has dealt with yet.

    Raises:
        NotFound, Conflict: as :func:`correct`.
    """
    row = quarantined_row(session, row_id)
    if row.state not in (OPEN, WAITING):
        raise Conflict("quarantine.settled", state=row.state)
    return row


def quarantined_row(session: Session, row_id: int) -> QuarantinedRow:
    """A quarantined row in scope, whatever its state.

    Raises:
        NotFound: ``quarantine.unknown``.
    """
    row = session.scalar(select(QuarantinedRow).where(QuarantinedRow.id == row_id))
    if row is None:
        raise NotFound("quarantine.unknown")
    return row


def values_of(definition: Dataset, raw: str) -> dict[str, Any]:
    """What a quarantined row says, by field name, as far as it can be read at all; content without a field keeps its name."""
    try:
        row = json.loads(raw)
    except ValueError:
        return {}
    if not isinstance(row, dict):
        return {}
    names = field_names(definition.name)
    return {names.get(fold(key), key): value for key, value in row.items() if key}


def _known(session: Session, batch_ids: Sequence[int]) -> dict[tuple[int, str, int], QuarantinedRow]:
    found: dict[tuple[int, str, int], QuarantinedRow] = {}
    for part in _chunks(batch_ids):
        for row in session.scalars(select(QuarantinedRow).where(QuarantinedRow.batch_id.in_(part))):
            found[row.batch_id, row.dataset, row.position] = row
    return found


def _quarantined(row: Rejected, now: datetime) -> QuarantinedRow:
    return QuarantinedRow(
        batch_id=row.batch.id,
        institution_id=row.batch.institution_id,
        division_code=row.batch.division_code,
        dataset=row.dataset,
        position=row.position,
        operation=row.operation,
        version=row.batch.version,
        row_key=row.row_key[:KEY_LENGTH],
        state=WAITING if row.waits_for else OPEN,
        rule=row.faults[0].rule,
        field=row.faults[0].field[:60],
        faults=_faults(row),
        raw=row.raw.replace("\0", "␀") or " ",
        waits_for=row.waits_for,
        waits_on=row.waits_on[:80],
        created_at=now,
    )


def _reopen(before: QuarantinedRow, row: Rejected) -> None:
    before.state = WAITING if row.waits_for else OPEN
    before.faults, before.rule, before.field = _faults(row), row.faults[0].rule, row.faults[0].field[:60]
    before.resolved_at = before.resolved_by = None


def _resolve(row: QuarantinedRow, state: str, by: str, now: datetime) -> None:
    row.state, row.resolved_at, row.resolved_by = state, now, by[:64]


def _faults(row: Rejected) -> str:
    return json.dumps([asdict(fault) for fault in row.faults], ensure_ascii=False)


def content_of(session: Session, batch_id: int) -> tuple[Batch, bytes]:
    """An upload in scope with its bytes as sent, for people who look into what could not be read.

    Raises:
        NotFound: no such upload in the caller's scope. Conflict: its content is gone.
    """
    batch = session.scalar(select(Batch).where(Batch.id == batch_id))
    if batch is None:
        raise NotFound("batch.unknown")
    body = session.get(BatchBody, batch_id)
    if body is None:
        raise Conflict("batch.content_gone")
    return batch, unseal(crypto_of(session.get_bind().dialect), body.content)


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _IN_LIMIT):
        yield values[start : start + _IN_LIMIT]


def replay_batch(session: Session, batch_id: int) -> Batch:
    """Send a whole upload through again as it was sent: after a mapping was added, or a fault of ours was repaired.

    Raises:
        NotFound: no such upload in the caller's scope. Conflict: it is still on its way, or its content is gone.
    """
    batch = session.scalar(select(Batch).where(Batch.id == batch_id))
    if batch is None:
        raise NotFound("batch.unknown")
    if batch.state in (LANDED, RUNNING):
        raise Conflict("batch.busy")
    if session.get(BatchBody, batch_id) is None:
        raise Conflict("batch.content_gone")
    batch.state, batch.load_id = LANDED, None
    publish(session, BatchLanded(batch.id, batch.institution_id))
    return batch
