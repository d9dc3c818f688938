"""Answers: ACK and NAK in original and enhanced mode, ERR as the sender's version writes it."""

import codecs
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from exchange.hl7v2 import charset, escapes
from exchange.hl7v2.delimiters import USUAL, Delimiters, read_delimiters
from exchange.hl7v2.faults import Fault, Location, Unreadable
from exchange.hl7v2.message import Message, Segment, read_text

OURSELVES: Final = ("HEALTH_PLATFORM", "REGION")


class Outcome(Enum):
    """What became of a message."""

    ACCEPTED = "A"
    ERROR = "E"  # read, but its content is refused
    REJECTED = "R"  # not readable, or of a kind nobody here handles


def replies(message: Message, outcome: Outcome, faults: Sequence[Fault], at: datetime, reply_id: str) -> list[str]:
    """The acknowledgements a sender asked for, in the order to send them.

    Original mode (MSH-15 and MSH-16 empty) is answered once with AA, AE or AR. In enhanced mode MSH-15 asks for the
    commit acknowledgement (CA, CE, CR) and MSH-16 for the application acknowledgement; each may ask for none.
    """
    commit, application = message.header.text(15), message.header.text(16)
    modes = ["A"] if not (commit or application) else []
    if commit and _wanted(commit, outcome):
        modes.append("C")
    if application and _wanted(application, outcome):
        modes.append("A")
    return [_acknowledge(message, mode + outcome.value, faults, at, reply_id) for mode in modes]


def _wanted(condition: str, outcome: Outcome) -> bool:
    succeeded = outcome is Outcome.ACCEPTED
    return {"NE": False, "ER": not succeeded, "SU": succeeded}.get(condition, True)


def _acknowledge(message: Message, code: str, faults: Sequence[Fault], at: datetime, reply_id: str) -> str:
    version = message.header.text(12) or "2.3.1"
    text = str(faults[0])[:80] if faults else ""
    lines = [
        reply_header(message, f"ACK^{message.header.text(9, 2)}^ACK", at, reply_id),
        line(message.marks, "MSA", code, escapes.encode(message.control_id, message.marks), _data(text, message.marks)),
        *error_segments(faults, message.marks, version),
    ]
    return "\r".join(lines) + "\r"


def reply_header(message: Message, kind: str, at: datetime, reply_id: str) -> str:
    """MSH of an answer: sender and receiver exchanged, version, processing id and character set kept."""
    header, marks = message.header, message.marks
    version = header.text(12) or "2.3.1"
    code, event, structure = (*kind.split("^"), "", "")[:3]
    components = [code, event if event else "", structure if event and _modern(version, "2.3.1") else ""]
    message_type = marks.component.join(components).rstrip(marks.component) if marks.component else code
    fields = [
        marks.encoding_characters,
        header.raw(5) or OURSELVES[0],
        header.raw(6) or OURSELVES[1],
        header.raw(3),
        header.raw(4),
        at.strftime("%Y%m%d%H%M%S%z"),
        "",
        message_type,
        reply_id,
        header.raw(11) or "P",
        header.raw(12) or version,
    ]
    declared = charset.NAMES.get(message.codec, "")
    return line(marks, "MSH", *fields, *["", "", "", "", "", header.raw(18) or declared])


def error_segments(faults: Sequence[Fault], marks: Delimiters, version: str) -> list[str]:
    """ERR: one per fault since version 2.5, before that one segment with a repetition per fault."""
    if not faults:
        return []
    if _modern(version, "2.5"):
        return [_modern_error(fault, marks) for fault in faults[:50]]
    return [line(marks, "ERR", (marks.repetition or " ").join(_old_error(fault, marks) for fault in faults[:50]))]


def _modern_error(fault: Fault, marks: Delimiters) -> str:
    coded = _coded(fault, marks.component)
    place = _place(fault.where, marks.component) if fault.where else ""
    return line(marks, "ERR", "", place, coded, "E", "", "", "", _data(str(fault), marks))


def _old_error(fault: Fault, marks: Delimiters) -> str:
    where = fault.where or Location("MSH")
    position = str(where.field) if where.field else ""
    code = (marks.subcomponent or " ").join((fault.reason.code, fault.reason.text, "HL70357"))
    return (marks.component or " ").join((where.segment, str(where.sequence), position, code))


def _coded(fault: Fault, separator: str) -> str:
    return (separator or " ").join((fault.reason.code, fault.reason.text, "HL70357"))


def _place(where: Location, separator: str) -> str:
    numbers = [where.sequence, where.field, where.repetition, where.component]
    while numbers and not numbers[-1]:
        numbers.pop()
    return (separator or " ").join([where.segment, *(str(number or "") for number in numbers)])


def _data(text: str, marks: Delimiters) -> str:
    return escapes.encode(text, marks)


def line(marks: Delimiters, name: str, *fields: str) -> str:
    """A segment from raw fields, empty ones at its end left out."""
    kept = list(fields)
    while kept and not kept[-1]:
        kept.pop()
    return marks.field.join([name, *kept])


def _modern(version: str, since: str) -> bool:
    try:
        return [int(part) for part in version.split(".")] >= [int(part) for part in since.split(".")]
    except ValueError:
        return True


def header_only(raw: bytes) -> Message:
    """As much of an unreadable message as is needed to answer it: its header in ASCII up to MSH-17, or an empty one."""
    text = raw.removeprefix(codecs.BOM_UTF8)[:8192].decode("ascii", "replace").replace("\ufffd", "?")
    first = text.lstrip("\r\n \x0b").replace("\n", "\r").split("\r", 1)[0]
    try:
        read_delimiters(first)
        message = read_text(first, "ascii")
    except Unreadable:
        return Message((Segment("MSH", ["MSH", "|", "^~\\&"], USUAL),), USUAL, "ascii")
    # the character set may be the very thing that is wrong; the answer is in ASCII
    header = Segment("MSH", message.header.fields[:18], message.marks)
    return Message((header,), message.marks, "ascii")
