"""What a PIX (QBP^Q23) or PDQ (QBP^Q22) query of the IHE ITI framework asks: its segments read, before anybody is looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from empi.api import Criterion, RawIdentity, Wanted
from exchange.hl7v2.definitions.codes import GENDER
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.message import Message, Segment
from exchange.hl7v2.numbers import Authorities, Number
from exchange.hl7v2.readers import day, incomplete_day, joined

PIX: Final = "QBP^Q23"
PDQ: Final = "QBP^Q22"
QUERIES: Final = frozenset({PDQ, PIX})
_LIMIT: Final = 50
_FAMILY: Final = ("PID.5.1.1", "PID.5.1", "PID.5")
_ADDRESS: Final = ("PID.11.4", "PID.11.3", "PID.11.1")
_BIRTH: Final = ("PID.7.1", "PID.7")
_WHOLE_DAY: Final = 10


class QueryRefused(Exception):
    """A query that cannot be answered, and every reason why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class OtherNumbers:
    """PIX: the other numbers of the patient with this number.

    Attributes:
        wanted: authorities whose numbers are wanted; none for all.
    """

    number: Number
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Described:
    """PDQ: persons like the one described.

    Attributes:
        number: a patient number that decides alone; its authority may be unknown, then nobody has it.
        criteria: the description as what must hold.
        alike: the description as an identity, for likeness.
        wanted: authorities whose numbers are wanted; none for all.
        start: persons told by earlier parts of the answer.
        limit: persons told at most.
    """

    number: Number | None
    criteria: tuple[Criterion, ...]
    alike: RawIdentity
    wanted: frozenset[str]
    start: int
    limit: int


def read_query(message: Message, authorities: Authorities) -> OtherNumbers | Described:
    """Read a query of one of the kinds ``QUERIES``.

    Raises:
        QueryRefused: QPD is missing, a parameter it needs, or an assigning authority is not known.
    """
    query = message.first("QPD")
    if query is None:
        raise QueryRefused([Fault(Reason.SEGMENT_SEQUENCE, "QPD is required in a query", Location("QPD"))])
    return _other_numbers(query, authorities) if message.kind == PIX else _person(message, query, authorities)


def _other_numbers(query: Segment, authorities: Authorities) -> OtherNumbers:
    number, faults = _number(query, authorities)
    wanted, unknown = _domains(query, 4, authorities)
    if faults or unknown or number is None:
        raise QueryRefused(faults + unknown)
    return OtherNumbers(number, frozenset(wanted))


def _person(message: Message, query: Segment, authorities: Authorities) -> Described:
    wanted, faults = _domains(query, 8, authorities)
    facts = _facts(query)
    if not facts:
        faults = faults or [Fault(Reason.REQUIRED_FIELD, "a query needs at least one parameter", Location("QPD", 3))]
    faults += _birth_faults(facts)
    if faults:
        raise QueryRefused(faults)
    number = None
    if "PID.3.1" in facts:
        names = (facts.get("PID.3.4.1", ""), facts.get("PID.3.4.2", ""))
        number = Number(next((name for name in names if name in authorities.institution), ""), facts["PID.3.1"])
    return Described(number, tuple(_criteria(facts)), _described(facts), frozenset(wanted), _continued(message), _limit(message))


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


def _facts(query: Segment) -> dict[str, str]:
    """QPD-3: ``@PID.5.1^JONES~@PID.7^1984`` as names without the at sign and values."""
    found: dict[str, str] = {}
    for repetition in query.repetitions(3):
        name, value = query.part(repetition, 1).lstrip("@"), query.part(repetition, 2)
        if name.startswith("PID.") and value:
            found[name] = value
    return found


def _birth_faults(facts: dict[str, str]) -> list[Fault]:
    """A birth that is neither a day nor the beginning of one; to leave it out would find more than was asked for."""
    stated = next((facts[name] for name in _BIRTH if name in facts), "")
    try:
        if stated and not incomplete_day(stated):
            date.fromisoformat(day(stated))
    except ValueError:
        return [Fault(Reason.DATA_TYPE, f"PID.7 is no date: {stated[:40]!r}", Location("QPD", 3))]
    return []


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


def _described(facts: dict[str, str]) -> RawIdentity:
    """Parameters as facts of an identity; a trailing ``*`` is the index's business anyway, it compares by likeness."""

    def one(*names: str) -> str:
        return next((facts[name].rstrip("*") for name in names if name in facts), "")

    return RawIdentity(
        institution="",
        local_id="",
        name=joined([one(*_FAMILY), one("PID.5.2")]),
        gender=GENDER(one("PID.8")) if one("PID.8") else "",
        birth_date=day(one(*_BIRTH)) or one(*_BIRTH),
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
