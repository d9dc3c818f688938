"""Storing accepted messages: those that arrived together land in one upload of their sender.

Each message is taken once. Its id is that of MSH-10 within the sending application and the time of MSH-7, because systems
begin their counters anew; a repeat with the same bytes is acknowledged again, one with other bytes is refused.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.api import Sender, Upload, accept
from exchange.hl7v2.acknowledge import Outcome
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.framing import frame
from exchange.hl7v2.message import Message
from exchange.hl7v2.models import Hl7Message
from exchange.hl7v2.senders import KnownSender
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.ids import new_id

FORMAT: Final = "hl7v2"
_ID_LENGTH: Final = 120
_CHUNK: Final = 400


@dataclass(slots=True)
class Judged:
    """A message and what is to be answered.

    ``sender`` and ``content`` are set for messages to be stored, ``asker`` for queries, ``speaker`` whenever it is known who
    speaks; ``fresh`` says that the message was stored now, not before; ``pause``, how long its connection is to rest.
    """

    message: Message
    outcome: Outcome
    faults: list[Fault] = field(default_factory=list)
    sender: Sender | None = None
    content: bytes = b""
    asker: KnownSender | None = None
    speaker: Sender | None = None
    pause: float = 0.0
    answer: str = ""
    fresh: bool = False

    @property
    def message_id(self) -> str:
        header = self.message.header
        parts = (header.text(3), header.text(7), header.text(10))
        identity = "|".join("".join(filter(str.isprintable, part)) for part in parts)
        return identity if len(identity) <= _ID_LENGTH else f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def land(session: Session, judged: Iterable[Judged], at: datetime) -> None:
    """Store what is to be stored; a reused message id turns the outcome into an error."""
    by_sender: dict[Sender, list[Judged]] = {}
    for one in judged:
        if one.sender is not None:
            by_sender.setdefault(one.sender, []).append(one)
    for sender, messages in by_sender.items():
        fresh = _unknown(session, sender, messages)
        if fresh:
            _store(session, sender, fresh, at)


def _unknown(session: Session, sender: Sender, messages: Sequence[Judged]) -> list[Judged]:
    known = _digests(session, sender, [one.message_id for one in messages])
    fresh: list[Judged] = []
    for one in messages:
        before = known.setdefault(one.message_id, one.digest)
        if before != one.digest:
            one.outcome, one.sender = Outcome.ERROR, None
            problem = "this control id was used before for another message"
            one.faults = [Fault(Reason.DUPLICATE_KEY, problem, Location("MSH", 10))]
        elif one.message_id not in known.stored:
            known.stored.add(one.message_id)
            fresh.append(one)
    return fresh


class _Known(dict[str, str]):
    """Digests by message id; ``stored`` are those that need not be stored again."""

    def __init__(self, digests: dict[str, str]) -> None:
        super().__init__(digests)
        self.stored = set(digests)


def _digests(session: Session, sender: Sender, message_ids: Sequence[str]) -> _Known:
    found: dict[str, str] = {}
    for start in range(0, len(message_ids), _CHUNK):
        condition = (
            Hl7Message.institution_id == sender.institution_id,
            Hl7Message.message_id.in_(message_ids[start : start + _CHUNK]),
        )
        for name, digest in session.execute(select(Hl7Message.message_id, Hl7Message.digest).where(*condition)):
            found[name] = digest
    return _Known(found)


def _store(session: Session, sender: Sender, fresh: Sequence[Judged], at: datetime) -> None:
    content = b"".join(frame(one.content) for one in fresh)
    receipt = accept(session, Upload(sender, FORMAT, f"hl7v2-{new_id()}", content, FORMAT, source=FORMAT))
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "institution_id": sender.institution_id,
            "division_code": sender.division_code,
            "message_id": one.message_id,
            "digest": one.digest,
            "kind": one.message.kind[:16],
            "batch_id": receipt.batch_id,
            "received_at": at,
        }
        for one in fresh
    ]
    insert_rows(session, Hl7Message, rows)
    for one in fresh:
        one.fresh = True
