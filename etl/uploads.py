"""Landing: an upload is stored under its sender's message id before anybody is told that it arrived."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from etl.events import BatchLanded
from etl.models import LANDED, Batch, BatchBody, Channel
from health_platform.kernel import clock
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.crypto import CryptoProvider, crypto_of
from health_platform.kernel.errors import Conflict, Invalid, TooLarge, register_messages
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish

HARD_LIMIT: Final = 256 * 1024 * 1024
"""Bytes no upload may exceed, whatever an edge permits. Larger files are cut into several uploads by their way in."""

_PLAIN: Final = {"synchronize_session": False}

_TOUCH: Final = (
    update(Channel)
    .where(Channel.institution_id == bindparam("sender"), Channel.channel == bindparam("name"))
    .values(last_received_at=bindparam("now"))
)

Operation = Literal["upsert", "delete"]

register_messages(
    {
        "upload.message_reused": "消息编号 {message_id} 已用于内容不同的上传",
        "upload.message_id": "消息编号应为 1 至 120 个可见字符",
        "upload.too_large": "上传内容超过 {limit} 字节",
        "upload.empty": "上传内容为空",
    }
)


@dataclass(frozen=True)
class Sender:
    """The institution that uploads, as the platform knows it (never as the upload says)."""

    institution_id: int
    division_code: str


@dataclass(frozen=True)
class Upload:
    """What a sender hands over.

    Attributes:
        channel: code name of the dataset, or of the message standard when one message fills several datasets.
        message_id: the sender's own id of this upload; a repeat with the same content is answered with the same receipt.
        format: how to decode it: json, ndjson, csv, rows, or one that a component registered (hl7v2, fhir).
        operation: what to do with the rows: insert or correct them by key, or delete them by key.
        source: the way in, kept with every row.
        version: which edition of its rows this is, of several the highest counts; 0 for the newest, as everything is that
            a sender uploads.
    """

    sender: Sender
    channel: str
    message_id: str
    content: bytes
    format: str
    operation: Operation = "upsert"
    source: str = "batch"
    version: int = 0

    @classmethod
    def of_rows(
        cls, sender: Sender, channel: str, message_id: str, rows: Mapping[str, Sequence[Mapping[str, Any]]], source: str
    ) -> Upload:
        """An upload of rows by dataset, for ways in that have read their format themselves."""
        return cls(sender, channel, message_id, msgspec.json.encode(rows), "rows", source=source)


@dataclass(frozen=True)
class Receipt:
    """Proof that an upload is stored. ``repeated`` says that it was already there."""

    batch_id: int
    message_id: str
    channel: str
    state: str
    received_at: datetime
    repeated: bool = False


def accept(session: Session, upload: Upload) -> Receipt:
    """Store an upload and return its receipt.

    The caller may answer the sender once the session has committed. A repeated ``message_id`` from the same sender
    returns the first receipt.

    Raises:
        Conflict: the message id was used before for other content.
        Invalid: no message id or no content. TooLarge: beyond ``HARD_LIMIT``.
    """
    _check(upload)
    landed = Receipt(new_id(), upload.message_id, upload.channel, LANDED, clock.now())
    digest = _digest(upload)
    try:
        with session.begin_nested():
            insert_rows(session, Batch, [_batch(upload, landed, digest)])
    except IntegrityError:
        known = _find(session, upload)
        if known is None:
            raise
        return _repeat(known, digest)
    store_body(session, landed.batch_id, upload.content)
    _touch_channel(session, upload, landed.received_at)
    publish(session, BatchLanded(landed.batch_id, upload.sender.institution_id), landed.batch_id)
    return landed


def store_body(session: Session, batch_id: int, content: bytes) -> None:
    """Keep the bytes of a batch, sealed."""
    sealed = seal(crypto_of(session.get_bind().dialect), content)
    insert_rows(session, BatchBody, [{"batch_id": batch_id, "content": sealed}])


def receipt(batch: Batch, *, repeated: bool = False) -> Receipt:
    """The receipt of a stored batch."""
    return Receipt(batch.id, batch.message_id, batch.channel, batch.state, batch.received_at, repeated)


def seal(crypto: CryptoProvider, content: bytes) -> bytes:
    """The stored form of an upload: compressed, then encrypted."""
    return crypto.encrypt_bytes(zlib.compress(content, 1), "etl.body")


def unseal(crypto: CryptoProvider, stored: bytes) -> bytes:
    """Undo :func:`seal`."""
    return zlib.decompress(crypto.decrypt_bytes(stored, "etl.body"))


def _check(upload: Upload) -> None:
    if not 0 < len(upload.message_id) <= 120 or not upload.message_id.isprintable():
        raise Invalid("upload.message_id")
    if not upload.content:
        raise Invalid("upload.empty")
    if len(upload.content) > HARD_LIMIT:
        raise TooLarge("upload.too_large", limit=HARD_LIMIT)


def _digest(upload: Upload) -> str:
    """What must be equal for two uploads to be the same message."""
    head = f"{upload.channel}\n{upload.format}\n{upload.operation}\n".encode()
    return hashlib.sha256(head + upload.content).hexdigest()


def _find(session: Session, upload: Upload) -> Batch | None:
    return session.scalar(
        select(Batch).where(Batch.institution_id == upload.sender.institution_id, Batch.message_id == upload.message_id)
    )


def _repeat(known: Batch, digest: str) -> Receipt:
    if known.digest != digest:
        raise Conflict("upload.message_reused", message_id=known.message_id)
    return receipt(known, repeated=True)


def _batch(upload: Upload, landed: Receipt, digest: str) -> dict[str, Any]:
    return {
        "id": landed.batch_id,
        "institution_id": upload.sender.institution_id,
        "division_code": upload.sender.division_code,
        "message_id": upload.message_id,
        "digest": digest,
        "channel": upload.channel,
        "format": upload.format,
        "operation": upload.operation,
        "source": upload.source,
        "version": upload.version or landed.batch_id,
        "size": len(upload.content),
        "state": landed.state,
        "received_at": landed.received_at,
    }


def _touch_channel(session: Session, upload: Upload, now: datetime) -> None:
    wanted = {"sender": upload.sender.institution_id, "name": upload.channel, "now": now}
    touched = session.execute(_TOUCH, wanted, execution_options=_PLAIN)
    if touched.rowcount:  # type: ignore[attr-defined]
        return
    channel = {
        "institution_id": upload.sender.institution_id,
        "division_code": upload.sender.division_code,
        "channel": upload.channel,
        "last_received_at": now,
    }
    with suppress(IntegrityError), session.begin_nested():  # another process may open the channel at the same time
        insert_rows(session, Channel, [channel])
