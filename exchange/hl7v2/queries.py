"""Identity queries answered: PIX (QBP^Q23 → RSP^K23) and PDQ (QBP^Q22 → RSP^K22) of the IHE ITI framework."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from exchange.hl7v2 import escapes
from exchange.hl7v2.acknowledge import error_segments, line, reply_header
from exchange.hl7v2.asking import PIX, Described, OtherNumbers, QueryRefused, read_query
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.message import Message
from exchange.hl7v2.numbers import Authorities, Number, load_authorities, numbers_of
from exchange.identity import Candidate, by_number, candidates, with_demographics
from health_platform.kernel.errors import Invalid

_GENDERS: Final = {"1": "M", "2": "F", "9": "O", "0": "U"}
_MOST: Final = 200


@dataclass(slots=True)
class Answer:
    """What a query is answered: persons with their numbers, or faults.

    Attributes:
        before: persons that earlier parts of the answer held.
        after: persons that are left for the next part.
    """

    found: list[tuple[Candidate, list[Number]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    before: int = 0
    after: int = 0


def answer_query(session: Session, message: Message, at: datetime, reply_id: str) -> str:
    """The response message to a query. The session carries the scope of the asking institution."""
    authorities = load_authorities(session)
    try:
        asked = read_query(message, authorities)
    except QueryRefused as refused:
        return _response(message, Answer(faults=list(refused.faults)), at, reply_id)
    if isinstance(asked, OtherNumbers):
        answer = _corresponding(session, asked, authorities)
    else:
        answer = _matching(session, asked, authorities)
    return _response(message, answer, at, reply_id)


def _corresponding(session: Session, asked: OtherNumbers, authorities: Authorities) -> Answer:
    person = _by_number(session, asked.number, authorities)
    if person is None:
        where = Location("QPD", 3, repetition=1, component=1)
        return Answer(faults=[Fault(Reason.UNKNOWN_KEY, "this patient number is not known", where)])
    others = [one for one in numbers_of(session, person.person_id, authorities) if one != asked.number]
    others = [one for one in others if not asked.wanted or one.authority in asked.wanted]
    return Answer([(person, others)] if others else [])


def _by_number(session: Session, number: Number, authorities: Authorities) -> Candidate | None:
    institution = authorities.of(number.authority)
    return by_number(session, str(institution), number.local_id) if institution is not None else None


def _matching(session: Session, asked: Described, authorities: Authorities) -> Answer:
    if asked.number is not None:
        person = _by_number(session, asked.number, authorities)
        people: Sequence[Candidate] = [person] if person else []
    else:
        people = _people(session, asked)
    found = [(one, list(numbers_of(session, one.person_id, authorities))) for one in people]
    if asked.wanted:
        found = [(one, [number for number in numbers if number.authority in asked.wanted]) for one, numbers in found]
        found = [(one, numbers) for one, numbers in found if numbers]
    start, end = asked.start, asked.start + asked.limit
    return Answer(found[start:end], before=start, after=max(0, len(found) - end))


def _people(session: Session, asked: Described) -> list[Candidate]:
    """Whom all that is asked is true of, and then whom the index finds alike."""
    try:
        exact = list(with_demographics(session, asked.criteria))[:_MOST]
    except Invalid:  # a common name alone: only likeness can choose among so many
        exact = []
    known = {one.person_id for one in exact}
    alike = candidates(session, asked.alike, _MOST)
    return [*exact, *(one for one in alike if one.person_id not in known)][:_MOST]


def _response(message: Message, answer: Answer, at: datetime, reply_id: str) -> str:
    marks, pix, query = message.marks, message.kind == PIX, message.first("QPD")
    kind = "RSP^K23^RSP_K23" if pix else "RSP^K22^RSP_K21"  # the structures of ITI-9 and ITI-21
    status = "AE" if answer.faults else "OK" if answer.found else "NF"
    code = "AE" if answer.faults else "AA"
    told = len(answer.found)
    counts = ["", "", ""] if pix else [str(answer.before + told + answer.after), str(told), str(answer.after)]
    asked = [query.raw(2), query.raw(1)] if query else ["", ""]
    lines = [
        reply_header(message, kind, at, reply_id),
        line(marks, "MSA", code, escapes.encode(message.control_id, marks)),
        *error_segments(answer.faults, marks, message.header.text(12) or "2.5"),
        line(marks, "QAK", *asked[:1], status, *asked[1:], *counts),
    ]
    if query is not None:
        lines.append(marks.field.join(query.fields))
    for position, (person, numbers) in enumerate(answer.found, 1):
        lines.append(_pix_pid(message, numbers) if pix else _pdq_pid(message, position, person, numbers))
        if not pix:
            lines.append(line(marks, "QRI", str(round(person.score, 2)), "", "EMPI"))
    if answer.after:
        lines.append(line(marks, "DSC", str(answer.before + told), "I"))
    return "\r".join(lines) + "\r"


def _identifiers(message: Message, numbers: Sequence[Number]) -> str:
    marks = message.marks

    def written(number: Number) -> str:
        authority = escapes.encode(number.authority, marks)
        is_oid = number.authority[:2].isdigit() or "." in number.authority
        domain = f"{marks.subcomponent}{authority}{marks.subcomponent}ISO" if is_oid and marks.subcomponent else authority
        return marks.component.join([escapes.encode(number.local_id, marks), "", "", domain, "PI"])

    return marks.repetition.join(written(number) for number in numbers)


def _pix_pid(message: Message, numbers: Sequence[Number]) -> str:
    """PIX names nothing but numbers; PID-5 is a blank name, as the profile demands."""
    marks = message.marks
    blank = marks.component * 6 + "S"
    return line(marks, "PID", "", "", _identifiers(message, numbers), "", f" {marks.repetition}{blank}")


def _pdq_pid(message: Message, position: int, person: Candidate, numbers: Sequence[Number]) -> str:
    marks, facts = message.marks, person.facts
    family, given = _split_name(facts.get("name", ""))
    name = marks.component.join([escapes.encode(family, marks), escapes.encode(given, marks), "", "", "", "", "L"])
    fields = [
        str(position),
        "",
        _identifiers(message, numbers),
        "",
        name,
        "",
        facts.get("birth_date", "").replace("-", "")[:8],
        _GENDERS.get(facts.get("gender", ""), ""),
        "",
        "",
        escapes.encode(facts.get("address", ""), marks),
        "",
        escapes.encode(facts.get("phone", ""), marks),
    ]
    return line(marks, "PID", *fields)


def _split_name(name: str) -> tuple[str, str]:
    """Western names were stored "FAMILY GIVEN"; a Chinese name stays whole in the family part."""
    family, _, given = name.partition(" ")
    return family, given
