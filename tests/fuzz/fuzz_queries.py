"""Fuzz the queries of HL7 v2 (PIX, PDQ): python -m tests.fuzz.fuzz_queries [-runs=5000000] [corpus folder]

The first byte chooses the query. The rest are its segments after the header: whatever they say, the query is read, or refused
with reasons. One in 64 is answered by an index, too: the answer is a message that can be read, names the query and says whether
it was one.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["exchange.hl7v2", "exchange.identity"]):
    from exchange.hl7v2.asking import QUERIES, OtherNumbers, QueryRefused, read_query
    from exchange.hl7v2.faults import Unreadable
    from exchange.hl7v2.message import Message, read
    from exchange.hl7v2.numbers import Authorities
    from exchange.hl7v2.queries import answer_query
from tests.fuzz.driving import fuzz
from tests.fuzz.ground import one_in, session

AT = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = tuple(sorted(QUERIES))
AUTHORITIES = Authorities({"A1": 1, "A2": 2})


def exercise(data: bytes) -> None:
    """Read a query, and answer some."""
    kind = KINDS[data[0] % 2] if data else KINDS[0]
    header = f"MSH|^~\\&|HIS|A|CR|REGION|20260301||{kind}^QBP_Q21|Q1|P|2.5|||||CHN|UNICODE UTF-8\r"
    with suppress(Unreadable):
        query = read(header.encode() + data[1:])
        try:
            asked = read_query(query, AUTHORITIES)
            assert isinstance(asked, OtherNumbers) or (0 < asked.limit <= 50 and 0 <= asked.start < 100_000)
        except QueryRefused as refused:
            assert all(str(fault) for fault in refused.faults) and refused.faults
        if one_in(64, data):
            answered(query)


def answered(query: Message) -> None:
    """By an empty index."""
    answer = read(answer_query(session(), query, AT, "1").encode("utf-8", "surrogateescape"))
    assert answer.kind in ("RSP^K22", "RSP^K23")
    assert answer.value("MSA-2") == "Q1" and answer.value("MSA-1") in ("AA", "AE")


def seeds() -> list[bytes]:
    """Queries by number and by facts, with domains, pages, and without what they need."""
    pix = ("IHE PIX Query|T1|B9^^^A1^PI", "IHE PIX Query|T1|B9^^^A1^PI|^^^A2~^^^A3", "x")
    facts = "@PID.5.1^欧阳~@PID.5.2^明月~@PID.7^19800506~@PID.8^M~@PID.11.3^x~@PID.13.1^1"
    pdq = ("Q22|T2|@PID.3.1^B9~@PID.3.4.1^A1", f"Q22|T3|{facts}", "Q22|T4|")
    ends = ("", "RCP|I|10^RD\r", "RCP|I|x\rDSC|3|I\r")
    asked = [(place, text) for place, texts in enumerate((pdq, pix)) for text in texts]
    return [bytes([place]) + f"QPD|{text}\r{end}".encode() for place, text in asked for end in ends] + [b"\0", b"\1PID|1\r"]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=256)
