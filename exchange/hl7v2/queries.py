"""Identity queries: PIX (QBP^Q23 → RSP^K23) and PDQ (QBP^Q22 → RSP^K22) of the IHE ITI framework."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from empi.api import Criterion, RawIdentity, Wanted
from exchange.hl7v2 import escapes
from exchange.hl7v2.acknowledge import error_segments, line, reply_header
from exchange.hl7v2.definitions.codes import GENDER
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.message import Message, Segment
from exchange.hl7v2.numbers import Authorities, Number, load_authorities, numbers_of
from exchange.hl7v2.readers import day, joined
from exchange.identity import Candidate, by_number, candidates, with_demographics
from health_platform.kernel.errors import Invalid

QUERIES: Final = frozenset({"QBP^Q22", "QBP^Q23"})
_GENDERS: Final = {"1": "M", "2": "F", "9": "O", "0": "U"}
_LIMIT: Final = 50
_MOST: Final = 200
_FAMILY: Final = ("PID.5.1.1", "PID.5.1", "PID.5")
_ADDRESS: Final = ("PID.11.4", "PID.11.3", "PID.11.1")
_WHOLE_DAY: Final = 10


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
    query = message.first("QPD")
    if query is None:
        fault = Fault(Reason.SEGMENT_SEQUENCE, "QPD is required in a query", Location("QPD"))
        return _response(message, None, Answer(faults=[fault]), at, reply_id)
    ask = _corresponding if message.kind == "QBP^Q23" else _matching
    return _response(message, query, ask(session, message, query), at, reply_id)


def _corresponding(session: Session, message: Message, query: Segment) -> Answer:
    """PIX: the other numbers of the patient with this number."""
    authorities = load_authorities(session)
    number, faults = _number(query, authorities)
    wanted, unknown = _domains(query, 4, authorities)
    faults += unknown
    if faults or number is None:
        return Answer(faults=faults)
    person = by_number(session, str(authorities.of(number.authority)), number.local_id)
    if person is None:
        where = Location("QPD", 3, repetition=1, component=1)
        return Answer(faults=[Fault(Reason.UNKNOWN_KEY, "this patient number is not known", where)])
    others = [one for one in numbers_of(session, person.person_id, authorities) if one != number]
    others = [one for one in others if not wanted or one.authority in wanted]
    return Answer([(person, others)] if others else [])


def _number(query: Segment, authorities: Authorities) -> tuple[Number | None, list[Fault]]:
    local_id = query.text(3)
    names = (query.text(3, 4), query.text(3, 4, 2))
    if not local_id or not any(names):
        where = Location("QPD", 3, repetition=1)
        return None, [Fault(Reason.REQUIRED_FIELD, "a patient number and its assigning authority are required", where)]
    if authorities.of(*names) is None:
        where = Location("QPD", 3, repetition=1, component=4)
        return None, [Fault(Reason.UNKNOWN_KEY, f"the assigning authority {names[0] or names[1]!r} is not known", where)]
    return Number(next(name for name in names if name in authorities.institution), local_id), []


def _domains(query: Segment, position: int, authorities: Authorities) -> tuple[set[str], list[Fault]]:
    """The authorities whose numbers are wanted (none = all), and a fault for each unknown one."""
    wanted: set[str] = set()
    faults: list[Fault] = []
    for index, repetition in enumerate(query.repetitions(position), 1):
        names = (query.part(repetition, 4), query.part(repetition, 4, 2))
        if (institution := authorities.of(*names)) is not None:
            wanted.add(authorities.name_of(institution))
        elif any(names):
            where = Location("QPD", position, repetition=index)  # ITI-9 case 5, ITI-21 case 3: no component
            faults.append(Fault(Reason.UNKNOWN_KEY, f"the assigning authority {names[0] or names[1]!r} is not known", where))
    return wanted, faults


def _matching(session: Session, message: Message, query: Segment) -> Answer:
    """PDQ: persons like the one described."""
    authorities = load_authorities(session)
    wanted, faults = _domains(query, 8, authorities)
    facts = _facts(query)
    if faults or not facts:
        missing = Fault(Reason.REQUIRED_FIELD, "a query needs at least one parameter", Location("QPD", 3))
        return Answer(faults=faults or [missing])
    if "PID.3.1" in facts:
        institution = authorities.of(facts.get("PID.3.4.1", ""), facts.get("PID.3.4.2", ""))
        person = by_number(session, str(institution), facts["PID.3.1"]) if institution is not None else None
        people: Sequence[Candidate] = [person] if person else []
    else:
        people = _people(session, facts)
    found = [(one, list(numbers_of(session, one.person_id, authorities))) for one in people]
    if wanted:
        found = [(one, [number for number in numbers if number.authority in wanted]) for one, numbers in found]
        found = [(one, numbers) for one, numbers in found if numbers]
    start, limit = _continued(message), _limit(message)
    return Answer(found[start : start + limit], before=start, after=max(0, len(found) - start - limit))


def _people(session: Session, facts: dict[str, str]) -> list[Candidate]:
    """Whom all that is asked is true of, and then whom the index finds alike."""
    try:
        exact = list(with_demographics(session, _criteria(facts)))[:_MOST]
    except Invalid:  # a common name alone: only likeness can choose among so many
        exact = []
    known = {one.person_id for one in exact}
    alike = candidates(session, _described(facts), _MOST)
    return [*exact, *(one for one in alike if one.person_id not in known)][:_MOST]


def _criteria(facts: dict[str, str]) -> list[Criterion]:
    """Parameters as what must hold; one that nothing here can hold for finds nobody."""
    asked = _described(facts)
    given = facts.get("PID.5.2", "").rstrip("*")
    family = next((facts[one] for one in _FAMILY if one in facts), "").rstrip("*")
    texts = {
        "family" if given else "name": family,
        "given": given,
        "sex": asked.gender,
        "number": asked.id_no,
        "phone": asked.phone,
        "mother": asked.mother_name,
    }
    found = [Criterion(kind, (Wanted(text),)) for kind, text in texts.items() if text]
    found += [Criterion("address", (Wanted(facts[name].rstrip("*")),)) for name in _ADDRESS if name in facts]
    if len(asked.birth_date) == _WHOLE_DAY:
        found.append(Criterion("birth", (Wanted(low=asked.birth_date, high=asked.birth_date),)))
    return found


def _facts(query: Segment) -> dict[str, str]:
    """QPD-3: ``@PID.5.1^JONES~@PID.7^1984`` as names without the at sign and values."""
    found: dict[str, str] = {}
    for repetition in query.repetitions(3):
        name, value = query.part(repetition, 1).lstrip("@"), query.part(repetition, 2)
        if name.startswith("PID.") and value:
            found[name] = value
    return found


def _described(facts: dict[str, str]) -> RawIdentity:
    """Parameters as facts of an identity; a trailing ``*`` is the index's business anyway, it compares by likeness."""

    def one(*names: str) -> str:
        return next((facts[name].rstrip("*") for name in names if name in facts), "")

    return RawIdentity(
        institution="",
        local_id="",
        name=joined([one(*_FAMILY), one("PID.5.2")]),
        gender=GENDER(one("PID.8")) if one("PID.8") else "",
        birth_date=day(one("PID.7.1", "PID.7")) or one("PID.7.1", "PID.7"),
        id_no=one("PID.19"),
        phone=one("PID.13.1", "PID.13", "PID.13.7", "PID.13.12"),
        address=joined([one(name) for name in _ADDRESS]),
        mother_name=joined([one("PID.6.1"), one("PID.6.2")]),
    )


def _limit(message: Message) -> int:
    """RCP-2: how many the asker wants at most."""
    control = message.first("RCP")
    text = control.text(2) if control else ""
    return max(1, min(int(text), _LIMIT)) if text.isascii() and text.isdigit() and len(text) < 6 else _LIMIT


def _continued(message: Message) -> int:
    """DSC-1: where an earlier answer to this query ended; the pointer is the number of persons told so far."""
    control = message.first("DSC")
    text = control.text(1) if control else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _response(message: Message, query: Segment | None, answer: Answer, at: datetime, reply_id: str) -> str:
    marks, pix = message.marks, message.kind == "QBP^Q23"
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
