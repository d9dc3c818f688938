"""Search: a query string to SQL over the tokens, under the session's scope."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from exchange.fhir.definitions.search import SearchParameter, parameters
from exchange.fhir.indexing import LENGTH, fold, relative, secret_value
from exchange.fhir.instants import span
from exchange.fhir.models import FhirResource, FhirToken
from exchange.fhir.outcome import FhirRefused, Issue
from exchange.fhir.structures import resource_types
from health_platform.kernel.crypto.columns import crypto_of

PAGE: Final = 50
MAX_PAGE: Final = 500
MAX_OFFSET: Final = 100_000
_PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_CONTROL: Final = frozenset(
    {"_count", "_sort", "_include", "_revinclude", "_summary", "_total", "_format", "_pretty", "_elements", "_offset"}
)
_SELECTING: Final = frozenset(
    ("_id", "_lastUpdated", "_profile", "_source", "_tag", "_security", "_has", "_text", "_content", "_filter", "_list", "_query",
     "_type", "_in")
)  # fmt: skip
"""Parameters of the standard that narrow a search: those not supported here are refused, never ignored."""
_COMMA: Final = re.compile(r"(?<!\\),")
_PERSON: Final = re.compile(r"(?:Patient/)?person-(\d{1,18})")
_BAR: Final = re.compile(r"(?<!\\)\|")

_ALIVE: Final = (FhirResource.is_current.is_(True), FhirResource.is_deleted.is_(False))
_NEWEST: Final = (FhirResource.changed_at.desc(), FhirResource.id.desc())

_CODE: Final = "asked_code_{}"
_SYSTEM: Final = "asked_system_{}"
"""Parameters of kept conditions, by place; named unlike the columns, after which SQLAlchemy names parameters of its own."""

Arguments = Sequence[tuple[str, str]]
Conditions = tuple[ColumnElement[bool], ...]


@dataclass(slots=True)
class Query:
    """A search that has been read: conditions on ``FhirResource``, and how to show what is found.

    Attributes:
        values: what the parameters of the conditions stand for, by name.
        shared: whether all conditions are those of every search of this form, so that its statement is kept.
    """

    kind: str
    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    shared: bool = True
    count: int = PAGE
    offset: int = 0
    order: list[Any] = field(default_factory=list)
    includes: list[tuple[str, str]] = field(default_factory=list)
    reverse_includes: list[tuple[str, str]] = field(default_factory=list)
    only_count: bool = False
    elements: tuple[str, ...] = ()

    def narrow(self, condition: ColumnElement[bool]) -> None:
        """Add a condition of this one search."""
        self.conditions.append(condition)
        self.shared = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page of matches, what goes along with them, and how many there are in all."""

    matches: Sequence[FhirResource]
    included: Sequence[FhirResource]
    total: int


def read_query(session: Session, kind: str, arguments: Arguments) -> Query:
    """Read the parameters of a search.

    Raises:
        FhirRefused: 400, an unknown parameter or modifier, or a value that cannot be read.
    """
    query = Query(kind, [*_of_kind(kind)])
    for name, value in arguments:
        if "\x00" in value or "\x00" in name:
            raise _refused(f"{name!r} holds a NUL character", name)
        if name.split(":")[0] in _CONTROL:
            _control(query, name, value)
        elif value and not _unknown_result_parameter(name):
            query.conditions.append(_Condition(session, kind, query).of(name, value))
    return query


@cache
def _of_kind(kind: str) -> tuple[ColumnElement[bool], ...]:
    return FhirResource.kind == kind, *_ALIVE


def known_only(kind: str, arguments: Arguments) -> Arguments:
    """Leave out parameters the kind does not have. Only for callers who asked for it: a misspelled filter that is ignored
    shows more than was asked for."""
    known = {"_id", "_lastUpdated", *_CONTROL, *parameters(kind)}
    return [(name, value) for name, value in arguments if name.split(":")[0].split(".")[0] in known]


def selects(name: str) -> bool:
    """Whether a parameter narrows what is found, and does not only say how it is shown."""
    return name.split(":")[0] not in _CONTROL and not _unknown_result_parameter(name)


def _unknown_result_parameter(name: str) -> bool:
    """Clients send result parameters of their own (``_totalMethod``); they select nothing, so they may be ignored."""
    return name.startswith("_") and name.split(":")[0] not in _SELECTING


def run(session: Session, query: Query) -> Found:
    """Run a search."""
    if query.only_count or query.count == 0:
        return Found((), (), _total(session, query))
    ordered = _newest if query.shared and not query.order else _ordered
    page = ordered(tuple(query.conditions), query.offset, query.count, tuple(query.order) or _NEWEST)
    matches = session.scalars(page, query.values).all()
    # A first page that is not full holds everything there is: most searches are for one patient, and need no counting.
    whole = query.offset == 0 and len(matches) < query.count
    return Found(matches, _included(session, query, matches), len(matches) if whole else _total(session, query))


def _ordered(conditions: Conditions, offset: int, count: int, order: tuple[Any, ...]) -> Select[FhirResource]:
    return select(FhirResource).where(*conditions).order_by(*order).offset(offset).limit(count)


# Systems ask for one thing at a time, mostly a patient by a number: such a search is put together once, and again only when
# so many others came in between. Its conditions are kept as well, so they are the same objects.
_newest = lru_cache(maxsize=500)(_ordered)


def _total(session: Session, query: Query) -> int:
    return session.scalar(select(func.count()).select_from(FhirResource).where(*query.conditions), query.values) or 0


def matching(session: Session, kind: str, arguments: Arguments, institution_id: int) -> Sequence[FhirResource]:
    """Up to two resources of an institution for which conditional criteria hold.

    Only its own: what another institution stored must neither be changed nor betrayed by a condition.
    """
    criteria = [(name, value) for name, value in arguments if value and name.split(":")[0] not in _CONTROL]
    if not criteria:
        raise FhirRefused(412, Issue("invalid", "a condition needs at least one search parameter"))
    query = read_query(session, kind, criteria)
    two = _two_kept if query.shared else _two
    return session.scalars(two(tuple(query.conditions)), {**query.values, "institution": institution_id}).all()


def _two(conditions: Conditions) -> Select[FhirResource]:
    return select(FhirResource).where(*conditions, FhirResource.institution_id == bindparam("institution")).limit(2)


_two_kept = lru_cache(maxsize=500)(_two)  # hospitals update by their own numbers


def _refused(problem: str, name: str) -> FhirRefused:
    return FhirRefused(400, Issue("invalid", problem, f"http.{name[:64]}"))


def _control(query: Query, name: str, value: str) -> None:
    if name in ("_count", "_offset"):
        _page(query, name, value)
    elif name == "_summary":
        query.only_count = value == "count"
        if value not in ("count", "false"):
            raise FhirRefused(400, Issue("not-supported", "_summary may be count or false", "http._summary"))
    elif name == "_sort":
        query.order = [_order(query.kind, part) for part in value.split(",") if part] + [FhirResource.id.desc()]
    elif name == "_elements":
        query.elements = tuple(part.strip() for part in value.split(",") if part.strip())
    elif name.startswith("_include"):
        query.includes.append(_include(value, query.kind))
    elif name.startswith("_revinclude"):
        query.reverse_includes.append(_include(value, None))


def _page(query: Query, name: str, value: str) -> None:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise _refused(f"{name} must be a whole number, not {value[:40]!r}", name)
    if name == "_count":
        query.count = min(int(value), MAX_PAGE)
    elif int(value) > MAX_OFFSET:
        problem = f"paging ends after {MAX_OFFSET} resources; narrow the search"
        raise FhirRefused(400, Issue("too-costly", problem, "http._offset"))
    else:
        query.offset = int(value)


def _order(kind: str, part: str) -> Any:
    name, descending = part.lstrip("-"), part.startswith("-")
    if name == "_lastUpdated":
        key: Any = FhirResource.changed_at
    elif name == "_id":
        key = FhirResource.logical_id
    else:
        key = _sort_key(kind, name)
    return key.desc() if descending else key.asc()


def _sort_key(kind: str, name: str) -> Any:
    parameter = parameters(kind).get(name)
    if parameter is None or parameter.kind == "reference":
        raise _refused(f"{kind} cannot be sorted by {name[:64]!r}", "_sort")
    column = FhirToken.low if parameter.kind == "date" else FhirToken.value
    inner = select(func.min(column)).where(FhirToken.resource_id == FhirResource.id, FhirToken.name == parameter.stored_as)
    return inner.correlate(FhirResource).scalar_subquery()


def _include(value: str, kind: str | None) -> tuple[str, str]:
    source, _, rest = value.partition(":")
    name = rest.split(":", 1)[0]
    if source not in resource_types() or (kind is not None and source != kind):
        raise _refused(f"cannot include from {source[:64]!r}", "_include")
    parameter = parameters(source).get(name)
    if name != "*" and (parameter is None or parameter.kind != "reference"):
        raise _refused(f"{source} has no reference parameter {name[:64]!r}", "_include")
    return source, parameter.stored_as if parameter else "*"


def _included(session: Session, query: Query, matches: Sequence[FhirResource]) -> list[FhirResource]:
    if not matches or not (query.includes or query.reverse_includes):
        return []
    found: dict[int, FhirResource] = {}
    for _, name in query.includes:
        found.update({row.id: row for row in _targets(session, matches, name)})
    for source, name in query.reverse_includes:
        found.update({row.id: row for row in _sources(session, matches, source, name)})
    for match in matches:
        found.pop(match.id, None)
    return list(found.values())[:MAX_PAGE]


def _targets(session: Session, matches: Sequence[FhirResource], name: str) -> Sequence[FhirResource]:
    rows = [row.id for row in matches]
    wanted = select(FhirToken.value).where(FhirToken.resource_id.in_(rows), FhirToken.value.contains("/"))
    values = session.scalars(wanted if name == "*" else wanted.where(FhirToken.name == name)).all()
    pairs = {tuple(value.split("/", 1)) for value in values if value}
    by_kind: dict[str, list[str]] = {}
    for kind, logical_id in sorted(pairs):
        by_kind.setdefault(kind, []).append(logical_id)
    found: list[FhirResource] = []
    for kind, ids in by_kind.items():
        found += session.scalars(_alive(kind).where(FhirResource.logical_id.in_(ids[:MAX_PAGE]))).all()
    return found


def _sources(session: Session, matches: Sequence[FhirResource], source: str, name: str) -> Sequence[FhirResource]:
    references = [row.reference for row in matches]
    pointing = select(FhirToken.resource_id).where(FhirToken.kind == source, FhirToken.value.in_(references))
    pointing = pointing if name == "*" else pointing.where(FhirToken.name == name)
    return session.scalars(_alive(source).where(FhirResource.id.in_(pointing)).limit(MAX_PAGE)).all()


def _alive(kind: str) -> Select[FhirResource]:
    return select(FhirResource).where(*_of_kind(kind))


class _Condition:
    """Turns one parameter of a search into a condition on ``FhirResource``."""

    def __init__(self, session: Session, kind: str, query: Query) -> None:
        self._session = session
        self._kind = kind
        self._query = query

    def of(self, name: str, value: str) -> ColumnElement[bool]:
        """The condition: for one value of a token the same in all searches, the value itself goes to ``Query.values``."""
        parameter = parameters(self._kind).get(name)
        if parameter is not None and parameter.kind == "token" and not _COMMA.search(value):
            return self._one_token(parameter, value)
        self._query.shared = False
        return self._made(name, value)

    def _one_token(self, parameter: SearchParameter, part: str) -> ColumnElement[bool]:
        system, code = self._system_and_code(parameter, part)
        place = len(self._query.values)
        given = {_CODE.format(place): code, _SYSTEM.format(place): system or None}
        self._query.values |= {name: text for name, text in given.items() if text is not None}
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
            raise _refused("the modifier missing takes true or false", parameter.name)
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
        raise _refused(f"the modifier {modifier[:40]!r} is not supported for {parameter.name}", parameter.name)

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
            raise _refused(f"{part[:40]!r} names no code", parameter.name)
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
            raise _refused("chained search needs one reference and one parameter, e.g. patient.identifier", name)
        target = aliased(FhirResource)
        # The inner search is a search of its own under the same scope: a target the caller may not see matches nothing.
        inner_ids = select(FhirResource.id).where(
            FhirResource.kind == kind,
            FhirResource.is_current.is_(True),
            _Condition(self._session, kind, self._query).of(inner, value),
        )
        references = select((kind + "/" + target.logical_id).label("reference")).where(target.id.in_(inner_ids))
        return self._resources(parameter, FhirToken.value.in_(references))


def _with_token(kind: str, name: str, *tests: ColumnElement[bool]) -> ColumnElement[bool]:
    return FhirResource.id.in_(select(FhirToken.resource_id).where(FhirToken.kind == kind, FhirToken.name == name, *tests))


@lru_cache(maxsize=1_000)
def _token(place: int, kind: str, name: str, has_code: bool, has_system: bool | None) -> ColumnElement[bool]:
    """Resources with a token whose code and system are the values at a place of ``Query.values``; None is any system."""
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
        raise _refused(f"{part[:40]!r} is not a date", name) from None
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
