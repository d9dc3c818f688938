"""One parameter of a search as a condition on ``FhirResource``, under the session's scope."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from exchange.fhir.definitions.search import SearchParameter, parameters
from exchange.fhir.indexing import LENGTH, fold, relative, secret_value
from exchange.fhir.instants import span
from exchange.fhir.models import FhirResource, FhirToken
from exchange.fhir.outcome import FhirRefused, Issue
from exchange.fhir.structures import resource_types
from health_platform.kernel.crypto.columns import crypto_of

_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_COMMA: Final = re.compile(r"(?<!\\),")
_PERSON: Final = re.compile(r"(?:Patient/)?person-(\d{1,18})")
_BAR: Final = re.compile(r"(?<!\\)\|")

_CODE: Final = "asked_code_{}"
_SYSTEM: Final = "asked_system_{}"
"""Parameters of kept conditions, by place; named unlike the columns, after which SQLAlchemy names parameters of its own."""


@dataclass(slots=True)
class Asked:
    """What the conditions of one search compare with.

    Attributes:
        values: what the parameters of the conditions stand for, by name.
        shared: whether all conditions are those of every search of this form, so that its statement is kept.
    """

    values: dict[str, Any] = field(default_factory=dict)
    shared: bool = True

    def token(self, code: str | None, system: str | None) -> int:
        """Keep what a token is compared with, and say at which place it stands."""
        place = len(self.values)
        given = {_CODE.format(place): code, _SYSTEM.format(place): system or None}
        self.values |= {name: text for name, text in given.items() if text is not None}
        return place


class Conditions:
    """Turns the parameters of a search into conditions on ``FhirResource``."""

    def __init__(self, session: Session, kind: str, asked: Asked) -> None:
        self._session = session
        self._kind = kind
        self._asked = asked

    def of(self, name: str, value: str) -> ColumnElement[bool]:
        """The condition: for one value of a token the same in all searches, the value itself goes to ``Asked.values``."""
        parameter = parameters(self._kind).get(name)
        if parameter is not None and parameter.kind == "token" and not _COMMA.search(value):
            return self._one_token(parameter, value)
        self._asked.shared = False
        return self._made(name, value)

    def _one_token(self, parameter: SearchParameter, part: str) -> ColumnElement[bool]:
        system, code = self._system_and_code(parameter, part)
        place = self._asked.token(code, system)
        return _token(place, self._kind, parameter.stored_as, code is not None, None if system is None else bool(system))

    def _made(self, name: str, value: str) -> ColumnElement[bool]:
        name, _, modifier = name.partition(":")
        if "." in name or "." in modifier:
            return self._chained(name, modifier, value)
        alternatives = [part for part in _COMMA.split(value) if part]
        if name == "_id":
            return FhirResource.logical_id.in_(alternatives)
        if name == "_lastUpdated":
            instants = (FhirResource.changed_at, FhirResource.changed_at)
            return or_(*(_date(instants, part, name) for part in alternatives))
        parameter = self._parameter(name)
        if modifier == "missing":
            return self._missing(parameter, value)
        test = or_(*(self._value(parameter, modifier, part) for part in alternatives))
        found = self._resources(parameter, test)
        return ~found if modifier == "not" else found

    def _parameter(self, name: str) -> SearchParameter:
        parameter = parameters(self._kind).get(name)
        if parameter is None:
            known = ", ".join(sorted(parameters(self._kind)))
            problem = f"{self._kind} has no search parameter {name[:64]!r}; known: _id, _lastUpdated, {known}"
            raise FhirRefused(400, Issue("not-supported", problem, f"http.{name[:64]}"))
        return parameter

    def _resources(self, parameter: SearchParameter, *tests: ColumnElement[bool]) -> ColumnElement[bool]:
        return _with_token(self._kind, parameter.stored_as, *tests)

    def _missing(self, parameter: SearchParameter, value: str) -> ColumnElement[bool]:
        if value not in ("true", "false"):
            raise refused("the modifier missing takes true or false", parameter.name)
        present = self._resources(parameter)
        return ~present if value == "true" else present

    def _value(self, parameter: SearchParameter, modifier: str, part: str) -> ColumnElement[bool]:
        if parameter.kind == "date" and not modifier:
            return _date((FhirToken.low, FhirToken.high), part, parameter.name)
        if parameter.kind == "string" and modifier in ("", "exact", "contains"):
            return _string(part, modifier)
        if parameter.kind == "token" and modifier in ("", "not"):
            return self._one_of_tokens(parameter, part)
        if parameter.kind == "uri" and not modifier:
            return FhirToken.value == _plain(part)[:LENGTH]
        if parameter.kind == "reference" and (not modifier or modifier in resource_types()):
            return _reference(self._kind, parameter, modifier, part)
        raise refused(f"the modifier {modifier[:40]!r} is not supported for {parameter.name}", parameter.name)

    def _one_of_tokens(self, parameter: SearchParameter, part: str) -> ColumnElement[bool]:
        system, code = self._system_and_code(parameter, part)
        tests: list[ColumnElement[bool]] = []
        if code is not None:
            tests.append(FhirToken.value == code)
        if system is not None:
            tests.append(FhirToken.system == system if system else FhirToken.system.is_(None))
        return and_(*tests)

    def _system_and_code(self, parameter: SearchParameter, part: str) -> tuple[str | None, str | None]:
        """What ``system|code`` asks for, as it is stored: None is any, and a system of "" is that there is none."""
        pieces = _BAR.split(part, maxsplit=1)
        system, code = (pieces[0], pieces[1]) if len(pieces) == 2 else (None, pieces[0])
        if not code and not system:
            raise refused(f"{part[:40]!r} names no code", parameter.name)
        stored = self._stored(parameter, _plain(code)) if code else None
        return system and _plain(system)[:LENGTH], stored

    def _stored(self, parameter: SearchParameter, code: str) -> str:
        if not parameter.secret:
            return code[:LENGTH]
        return crypto_of(self._session.get_bind().dialect).blind_index(secret_value(code[:LENGTH]), "fhir.token")

    def _chained(self, name: str, modifier: str, value: str) -> ColumnElement[bool]:
        """``patient.identifier=…`` or ``subject:Patient.name=…``: resources whose target matches, one level deep."""
        kind, _, rest = modifier.partition(".") if modifier else ("", "", "")
        name, _, inner = name.partition(".") if not modifier else (name, "", rest)
        parameter = self._parameter(name)
        kind = kind or ("Patient" if parameter.stored_as == "subject" else "")
        if parameter.kind != "reference" or kind not in resource_types() or "." in inner or not inner:
            raise refused("chained search needs one reference and one parameter, e.g. patient.identifier", name)
        target = aliased(FhirResource)
        # The inner search is a search of its own under the same scope: a target the caller may not see matches nothing.
        inner_ids = select(FhirResource.id).where(
            FhirResource.kind == kind,
            FhirResource.is_current.is_(True),
            Conditions(self._session, kind, self._asked).of(inner, value),
        )
        references = select((kind + "/" + target.logical_id).label("reference")).where(target.id.in_(inner_ids))
        return self._resources(parameter, FhirToken.value.in_(references))


def refused(problem: str, name: str) -> FhirRefused:
    """A parameter that cannot be read."""
    return FhirRefused(400, Issue("invalid", problem, f"http.{name[:64]}"))


def _with_token(kind: str, name: str, *tests: ColumnElement[bool]) -> ColumnElement[bool]:
    return FhirResource.id.in_(select(FhirToken.resource_id).where(FhirToken.kind == kind, FhirToken.name == name, *tests))


@lru_cache(maxsize=1_000)
def _token(place: int, kind: str, name: str, has_code: bool, has_system: bool | None) -> ColumnElement[bool]:
    """Resources with a token whose code and system are the values at a place of ``Asked.values``; None is any system."""
    tests: list[ColumnElement[bool]] = []
    if has_code:
        tests.append(FhirToken.value == bindparam(_CODE.format(place)))
    if has_system is not None:
        tests.append(FhirToken.system == bindparam(_SYSTEM.format(place)) if has_system else FhirToken.system.is_(None))
    return _with_token(kind, name, *tests)


def _plain(text: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", text)


def _string(part: str, modifier: str) -> ColumnElement[bool]:
    wanted = fold(_plain(part))
    if modifier == "exact":
        return FhirToken.value == wanted
    if modifier == "contains":
        return FhirToken.value.contains(wanted, autoescape=True)
    return FhirToken.value.startswith(wanted, autoescape=True)


def _reference(kind: str, parameter: SearchParameter, modifier: str, part: str) -> ColumnElement[bool]:
    wanted = relative(_plain(part))[:LENGTH]
    if person := _PERSON.fullmatch(wanted):
        return FhirToken.person_id == int(person[1])  # whichever institution's patient the resource names
    if "/" in wanted or wanted.startswith("urn:"):
        return FhirToken.value == wanted
    if modifier:
        return FhirToken.value == f"{modifier}/{wanted}"
    if parameter.name == "patient":
        return FhirToken.value == f"Patient/{wanted}"
    return or_(FhirToken.value == wanted, FhirToken.value.endswith(f"/{wanted}", autoescape=True))


def _date(columns: tuple[Any, Any], part: str, name: str) -> ColumnElement[bool]:
    """Comparison of two spans of time, as R4 defines the prefixes."""
    low, high = columns
    prefix = part[:2] if part[:2] in _PREFIXES else ""
    try:
        first, last = span(part[len(prefix) :].replace(" ", "+"))
    except (ValueError, OverflowError):
        raise refused(f"{part[:40]!r} is not a date", name) from None
    if prefix == "ap":
        first, last = _widened(first, last)
    tests: dict[str, ColumnElement[bool]] = {
        "": and_(low >= first, high <= last),
        "eq": and_(low >= first, high <= last),
        "ne": or_(low < first, high > last),
        "gt": high > last,
        "sa": low > last,
        "lt": low < first,
        "eb": high < first,
        "ge": high >= first,
        "le": low <= last,
        "ap": and_(high >= first, low <= last),
    }
    return tests[prefix]


def _widened(first: Any, last: Any) -> tuple[Any, Any]:
    try:
        return first - timedelta(days=1), last + timedelta(days=1)
    except OverflowError:
        return first, last
