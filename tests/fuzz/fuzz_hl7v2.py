"""Fuzz the HL7 v2 reader: python -m tests.fuzz.fuzz_hl7v2 [-runs=5000000] [corpus folder]

Whatever the bytes: the reader gives a message or says why not, an answer can be written, and rows can be made.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["exchange.hl7v2"]):
    from exchange.hl7v2.acknowledge import Outcome, header_only, replies
    from exchange.hl7v2.batch import read_batch
    from exchange.hl7v2.definitions.catalogue import kinds
    from exchange.hl7v2.faults import Fault, Reason, Unreadable
    from exchange.hl7v2.framing import Decoder, Frame, frame
    from exchange.hl7v2.mapping import faults, to_rows
    from exchange.hl7v2.message import read
from tests.exchange_hl7v2.samples import adt, oru
from tests.fuzz.driving import fuzz

AT = datetime(2026, 1, 1, tzinfo=UTC)
FAULT = Fault(Reason.INTERNAL, "x")


def exercise(data: bytes) -> None:
    """Everything that is done with bytes from a connection, but storing them."""
    found = list(Decoder(1 << 20).feed(data))
    assert all(isinstance(item, Frame) or item.kind for item in found)
    _arriving_in_parts(data, [item for item in found if isinstance(item, Frame)])
    replies(header_only(data), Outcome.REJECTED, [FAULT], AT, "1")
    with suppress(Unreadable):
        read_batch(data)
    try:
        message = read(data)
    except Unreadable as error:
        assert error.fault.detail
        return
    replies(message, Outcome.ERROR, [FAULT], AT, "1")
    kind = kinds().get(message.kind)
    if kind is not None:
        faults(message, kind)
        to_rows(message, kind)


def _arriving_in_parts(data: bytes, frames: list[Frame]) -> None:
    """However a connection cuts the bytes, the messages are the same."""
    decoder, cut = Decoder(1 << 20), len(data) // 3 + 1
    parts = [item for start in range(0, len(data), cut) for item in decoder.feed(data[start : start + cut])]
    assert [item for item in parts if isinstance(item, Frame)] == frames


def seeds() -> list[bytes]:
    """Messages of every kind as they travel, one in its frame, one in GB18030, and a batch file."""
    admission = adt()
    kinds_of = [admission.replace(b"ADT^A01^ADT_A01", kind.encode()) for kind in sorted(kinds())]
    batch = b"FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r" + admission + oru() + b"BTS|2\rFTS|1\r"
    chinese = admission.replace(b"UNICODE UTF-8", b"GB 18030-2000").decode().encode("gb18030")
    return [admission, oru(), frame(admission) + frame(oru()), chinese, batch, *kinds_of]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=2048)
