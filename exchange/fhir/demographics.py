"""IHE PDQm (ITI-78): a search for persons of the index by their demographics, and a person as a Patient with all its numbers.

Every parameter narrows (AND), values apart by commas are alternatives (OR). ``identifier=system|`` asks for persons with a number
there and for such numbers only.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from empi.api import RESIDENT_ID, Criterion, Wanted, numbers_of
from exchange.fhir.checking import Resource
from exchange.fhir.crossref import institution_of, system_of
from exchange.fhir.definitions.translations import GENDER
from exchange.fhir.instants import span
from exchange.fhir.matching import RESIDENT_ID_OID, person_resource
from exchange.fhir.outcome import FhirRefused, Issue, invalid
from exchange.fhir.query import Arguments, selects
from exchange.fhir.rows import PERSON
from exchange.hl7v2.numbers import Authorities, load_authorities
from exchange.identity import Candidate, by_person, with_demographics
from health_platform.kernel.clock import local
from health_platform.kernel.errors import Invalid
from health_platform.kernel.parsing import whole

PAGE: Final = 50
MAX_PAGE: Final = 500
_MOTHER: Final = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
_TEXTS: Final = {
    "name": "name", "family": "family", "given": "given", "mothersMaidenName": "mother",
    "address": "address", "address-city": "address", "address-country": "address", "address-postalcode": "address",
    "address-state": "address",
}  # fmt: skip
_TELECOMS: Final = ("telecom", "phone")
PARAMETERS: Final = {
    **dict.fromkeys(_TEXTS, "string"),
    **dict.fromkeys(("_id", "active", "gender", "identifier", *_TELECOMS), "token"),
    "birthdate": "date",
}
"""The search parameters by name, and their types."""
_COMMA: Final = re.compile(r"(?<!\\),")


@dataclass(slots=True)
class Asked:
    """A query that has been read.

    Attributes:
        criteria: what must hold.
        persons: ids asked for; ``None`` when no id is asked for.
        domains: the systems whose identifiers are wanted; ``None`` for all.
        nobody: asked for what no person of the index is (not active).
    """

    criteria: list[Criterion] = field(default_factory=list)
    persons: set[int] | None = None
    domains: set[str] | None = None
    nobody: bool = False
    count: int = PAGE
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Persons:
    """A page of the persons found, and how many there are in all."""

    page: Sequence[Resource]
    total: int


def read_query(authorities: Authorities, arguments: Arguments) -> Asked:
    """Read the parameters of a query.

    Raises:
        FhirRefused: 400, a parameter, a modifier or a value that cannot be read; 404, an identifier system nobody has.
    """
    asked = Asked()
    for name, value in arguments:
        plain, _, modifier = name.partition(":")
        if plain in ("_count", "_offset"):
            _page(asked, plain, value)
        elif plain in PARAMETERS and value:
            if modifier and (modifier != "exact" or PARAMETERS[plain] != "string"):
                raise _refused(f"the modifier {modifier[:40]!r} is not supported for {plain}", plain)
            _read(asked, plain, [_plain(part) for part in _COMMA.split(value) if part], authorities, modifier == "exact")
        elif value and selects(name):
            raise FhirRefused(400, Issue("not-supported", f"no search parameter {name[:64]!r}; known: {', '.join(PARAMETERS)}"))
    return asked


def _page(asked: Asked, name: str, value: str) -> None:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise _refused(f"{name} must be a whole number, not {value[:40]!r}", name)
    if name == "_count":
        asked.count = min(int(value), MAX_PAGE)
    else:
        asked.offset = int(value)


def _read(asked: Asked, name: str, values: list[str], authorities: Authorities, exact: bool) -> None:
    if name == "identifier":
        _identifiers(asked, values, authorities)
    elif name == "_id":
        if len(values) > MAX_PAGE:
            raise FhirRefused(400, Issue("too-costly", f"more than {MAX_PAGE} ids; ask for them in parts", "http._id"))
        wanted = {number for one in values if (number := whole(one.removeprefix(PERSON))) is not None}
        asked.persons = wanted if asked.persons is None else asked.persons & wanted
    elif name == "active":
        asked.nobody = asked.nobody or "true" not in values
    elif name in _TEXTS:
        asked.criteria.append(Criterion(_TEXTS[name], tuple(Wanted(one) for one in values), exact))
    else:
        kind, read = _READERS[name]
        asked.criteria.append(Criterion(kind, tuple(read(one) for one in values)))


def _identifiers(asked: Asked, values: list[str], authorities: Authorities) -> None:
    """Identifiers looked for, or the systems whose identifiers are wanted."""
    pairs = [_token(value) for value in values]
    systems = {system for system, code in pairs if not code}
    if systems and len(systems) < len(pairs):
        raise _refused("either identifiers (system|value) or systems (system|) in one parameter, not both", "identifier")
    if not systems:
        asked.criteria.append(Criterion("number", tuple(Wanted(code, _holder(system, authorities)) for system, code in pairs)))
        return
    for system in sorted(systems):
        if system != RESIDENT_ID_OID and institution_of(system, authorities) is None:
            raise FhirRefused(404, Issue("not-found", "targetSystem not found", "identifier", severity="warning"))
    asked.domains = systems if asked.domains is None else asked.domains & systems


def _token(value: str) -> tuple[str, str]:
    system, bar, code = value.rpartition("|") if "|" in value else ("", "", value)
    if bar and not system and not code:
        raise _refused("an identifier needs a value", "identifier")
    return system, code


def _holder(system: str, authorities: Authorities) -> str:
    """Whose numbers a system holds; one that nobody knows holds none."""
    if system in ("", RESIDENT_ID_OID):
        return RESIDENT_ID if system else ""
    return institution_of(system, authorities) or system


def _telecom(value: str) -> Wanted:
    return Wanted(value.rpartition("|")[2].removeprefix("tel:"))


def _gender(value: str) -> Wanted:
    code = value.rpartition("|")[2]
    if code not in ("male", "female", "other", "unknown"):
        raise _refused(f"{code[:40]!r} is no administrative gender", "gender")
    return Wanted(GENDER.to_row(code))


def _birth(value: str) -> Wanted:
    """Days from and to, both included, in the words of a FHIR date search."""
    prefix = value[:2] if value[:2] in _SPANS else "eq"
    try:
        first, last = (local(instant).date() for instant in span(value.removeprefix(prefix)))
        low, high = _SPANS[prefix](first, last)
    except (ValueError, OverflowError):
        raise _refused(f"{value[:40]!r} is not a date", "birthdate") from None
    return Wanted(low=low.isoformat(), high=high.isoformat())


_DAY: Final = timedelta(days=1)
_SPANS: Final[dict[str, Callable[[date, date], tuple[date, date]]]] = {
    "eq": lambda first, last: (first, last),
    "ge": lambda first, last: (first, date.max),
    "le": lambda first, last: (date.min, last),
    "gt": lambda first, last: (last + _DAY, date.max),
    "sa": lambda first, last: (last + _DAY, date.max),
    "lt": lambda first, last: (date.min, first - _DAY),
    "eb": lambda first, last: (date.min, first - _DAY),
    "ap": lambda first, last: (first - _DAY, last + _DAY),
}

_READERS: Final[dict[str, tuple[str, Callable[[str], Wanted]]]] = {
    "gender": ("sex", _gender),
    "birthdate": ("birth", _birth),
    **dict.fromkeys(_TELECOMS, ("phone", _telecom)),
}


def _plain(text: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", text)


def _refused(text: str, name: str) -> FhirRefused:
    return invalid(text, f"http.{name}", "value")


def find(session: Session, asked: Asked) -> Persons:
    """The persons asked for, in the caller's scope, in the order of their ids.

    Raises:
        FhirRefused: 400, too many persons meet the criteria.
    """
    found = [] if asked.nobody else _found(session, asked)
    if asked.domains is not None:
        authorities = load_authorities(session)
        found = [one for one in found if _in_domains(session, one, asked.domains, authorities)]
    page = found[asked.offset : asked.offset + asked.count]
    return Persons([patient_of(session, one, asked.domains) for one in page], len(found))


def _found(session: Session, asked: Asked) -> list[Candidate]:
    if asked.persons is None:
        return list(_with_demographics(session, asked.criteria))
    named = {one.person_id: one for number in asked.persons if (one := by_person(session, number)) is not None}
    if asked.criteria:
        fitting = {one.person_id for one in _with_demographics(session, asked.criteria)}
        named = {person: one for person, one in named.items() if person in fitting}
    return [named[person] for person in sorted(named)]


def _with_demographics(session: Session, criteria: Sequence[Criterion]) -> Sequence[Candidate]:
    try:
        return with_demographics(session, criteria)
    except Invalid as error:
        raise FhirRefused(400, Issue("too-costly", f"{error.code}: narrow the search by further parameters")) from None


def _in_domains(session: Session, person: Candidate, domains: set[str], authorities: Authorities) -> bool:
    return any(one["system"] in domains for one in identifiers_of(session, person, authorities) if "system" in one)


def patient_of(session: Session, person: Candidate, domains: set[str] | None = None) -> Resource:
    """A person as a Patient with the numbers it has at all institutions; of some domains only, when given."""
    resource = person_resource(person)
    identifiers = identifiers_of(session, person, load_authorities(session))
    wanted = [one for one in identifiers if domains is None or one.get("system") in domains]
    resource = {**resource, "identifier": wanted}
    if mother := person.facts.get("mother_name"):
        resource["extension"] = [{"url": _MOTHER, "valueString": mother}]
    return {name: value for name, value in resource.items() if value != []}


def identifiers_of(session: Session, person: Candidate, authorities: Authorities) -> list[Resource]:
    """The documents and the patient numbers of a person."""
    numbers = numbers_of(session, person.person_id)
    local = [{"use": "usual", "system": system_of(one, authorities), "value": one.local_id} for one in numbers]
    return [*(person_resource(person).get("identifier") or []), *local]
