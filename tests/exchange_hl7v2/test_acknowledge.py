"""Acknowledgements by mode and version."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from exchange.hl7v2.acknowledge import Outcome, header_only, replies
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.message import Message, read, read_text

pytestmark = pytest.mark.system("A11")

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
FAULT = Fault(Reason.REQUIRED_FIELD, "must be filled", Location("PID", 3, 1, 1, 1))


def message(version: str = "2.5", commit: str = "", application: str = "", marks: str = "|^~\\&") -> Message:
    fields = [
        "MSH",
        marks[1:],
        "APP",
        "FAC",
        "CR",
        "MOH",
        "20260301",
        "",
        f"ADT{marks[1]}A01",
        "id|1"[:2] + "7",
        "P",
        version,
        "",
        "",
    ]
    return read_text(marks[0].join([*fields, commit, application]) + "\rPID" + marks[0])


def answers(*args: str, outcome: Outcome = Outcome.ACCEPTED, **kwargs: str) -> list[Message]:
    faults = [] if outcome is Outcome.ACCEPTED else [FAULT]
    return [read_text(text) for text in replies(message(*args, **kwargs), outcome, faults, AT, "R1")]


@pytest.mark.parametrize(
    ("commit", "application", "accepted", "failed"),
    [
        ("", "", ["AA"], ["AE"]),
        ("AL", "NE", ["CA"], ["CE"]),
        ("NE", "NE", [], []),
        ("ER", "NE", [], ["CE"]),
        ("SU", "NE", ["CA"], []),
        ("NE", "AL", ["AA"], ["AE"]),
        ("AL", "AL", ["CA", "AA"], ["CE", "AE"]),
        ("ER", "AL", ["AA"], ["CE", "AE"]),
        ("", "SU", ["AA"], []),
    ],
)
def test_what_the_sender_asked_for(commit: str, application: str, accepted: list[str], failed: list[str]) -> None:
    got = [answer.value("MSA-1") for answer in answers("2.5", commit, application)]
    refused = [answer.value("MSA-1") for answer in answers("2.5", commit, application, outcome=Outcome.ERROR)]
    assert (got, refused) == (accepted, failed)


def test_the_answer_goes_back_to_the_sender() -> None:
    (answer,) = answers()
    header = answer.header
    assert [header.text(number) for number in (3, 4, 5, 6, 10, 11, 12)] == ["CR", "MOH", "APP", "FAC", "R1", "P", "2.5"]
    assert (header.text(9), header.text(9, 2), header.text(9, 3)) == ("ACK", "A01", "ACK")
    assert answer.value("MSA-2") == "id7"


@pytest.mark.parametrize("version", ["2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_errors_since_2_5(version: str) -> None:
    (answer,) = answers(version, outcome=Outcome.ERROR)
    error = answer.first("ERR")
    assert error is not None
    assert [error.text(2, part) for part in (1, 2, 3, 4, 5)] == ["PID", "1", "3", "1", "1"]
    assert (error.text(3), error.text(3, 2), error.text(3, 3), error.text(4)) == ("101", "Required field missing", "HL70357", "E")


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4"])
def test_errors_before_2_5(version: str) -> None:
    (answer,) = answers(version, outcome=Outcome.REJECTED)
    error = answer.first("ERR")
    assert error is not None
    assert answer.value("MSA-1") == "AR"
    assert [error.text(1, part) for part in (1, 2, 3)] == ["PID", "1", "3"]
    assert (error.text(1, 4, 1), error.text(1, 4, 2)) == ("101", "Required field missing")


def test_other_separators_are_kept() -> None:
    (answer,) = answers(marks="*:?!%", outcome=Outcome.ERROR)
    assert answer.marks.encoding_characters == ":?!%"
    assert answer.value("ERR-3.2") == "Required field missing"


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"MSH|^~\\&|A|B|C|D|x||ADT^A01|77|P|2.5\rbroken", b"MSH|"])
def test_even_the_unreadable_is_answered(content: bytes) -> None:
    (text,) = replies(header_only(content), Outcome.REJECTED, [FAULT], AT, "R1")
    answer = read(text.encode())
    assert answer.value("MSA-1") == "AR"
    assert answer.value("MSA-2") == ("77" if b"77" in content else "")
