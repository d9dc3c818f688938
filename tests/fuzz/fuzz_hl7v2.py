"""Fuzz the HL7 v2 reader: python -m tests.fuzz.fuzz_hl7v2 [-runs=5000000] [corpus folder]

Whatever the bytes: the reader gives a message or says why not, an answer can be written, and rows can be made.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["exchange.hl7v2"]):
    from exchange.hl7v2.acknowledge import Outcome, header_only, replies
    from exchange.hl7v2.batch import read_batch
    from exchange.hl7v2.definitions.catalogue import kinds
    from exchange.hl7v2.faults import Fault, Reason, Unreadable
    from exchange.hl7v2.framing import Decoder, Frame
    from exchange.hl7v2.mapping import faults, to_rows
    from exchange.hl7v2.message import read

AT = datetime(2026, 1, 1, tzinfo=UTC)
FAULT = Fault(Reason.INTERNAL, "x")


def exercise(data: bytes) -> None:
    """Everything that is done with bytes from a connection, but storing them."""
    for item in Decoder(1 << 20).feed(data):
        assert isinstance(item, Frame) or item.kind
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


def main() -> None:
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
