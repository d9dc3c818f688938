"""The parameters of a search, read: what is to be found, in which order, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from exchange.fhir.conditions import Asked, Conditions, refused
from exchange.fhir.definitions.search import parameters
from exchange.fhir.models import FhirResource, FhirToken
from exchange.fhir.outcome import FhirRefused, Issue
from exchange.fhir.structures import resource_types

PAGE: Final = 50
MAX_PAGE: Final = 500
MAX_OFFSET: Final = 100_000
CONTROL: Final = frozenset(
    {"_count", "_sort", "_include", "_revinclude", "_summary", "_total", "_format", "_pretty", "_elements", "_offset"}
)
_SELECTING: Final = frozenset(
    ("_id", "_lastUpdated", "_profile", "_source", "_tag", "_security", "_has", "_text", "_content", "_filter", "_list", "_query",
     "_type", "_in")
)  # fmt: skip
"""Parameters of the standard that narrow a search: those not supported here are refused, never ignored."""
_ALIVE: Final = (FhirResource.is_current.is_(True), FhirResource.is_deleted.is_(False))

Arguments = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Query:
    """A search that has been read: conditions on ``FhirResource``, and how to show what is found.

    Attributes:
        asked: what the conditions compare with.
    """

    kind: str
    conditions: list[ColumnElement[bool]] = field(default_factory=list)
    asked: Asked = field(default_factory=Asked)
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
        self.asked.shared = False


def read_query(session: Session, kind: str, arguments: Arguments) -> Query:
    """Read the parameters of a search.

    Raises:
        FhirRefused: 400, an unknown parameter or modifier, or a value that cannot be read.
    """
    query = Query(kind, [*of_kind(kind)])
    read = Conditions(session, kind, query.asked)
    for name, value in arguments:
        if "\x00" in value or "\x00" in name:
            raise refused(f"{name!r} holds a NUL character", name)
        if name.split(":")[0] in CONTROL:
            _control(query, name, value)
        elif value and not _unknown_result_parameter(name):
            query.conditions.append(read.of(name, value))
    return query


@cache
def of_kind(kind: str) -> tuple[ColumnElement[bool], ...]:
    """What stands now of a kind."""
    return FhirResource.kind == kind, *_ALIVE


def known_only(kind: str, arguments: Arguments) -> Arguments:
    """Leave out parameters the kind does not have. Only for callers who asked for it: a misspelled filter that is ignored
    shows more than was asked for."""
    known = {"_id", "_lastUpdated", *CONTROL, *parameters(kind)}
    return [(name, value) for name, value in arguments if name.split(":")[0].split(".")[0] in known]


def selects(name: str) -> bool:
    """Whether a parameter narrows what is found, and does not only say how it is shown."""
    return name.split(":")[0] not in CONTROL and not _unknown_result_parameter(name)


def _unknown_result_parameter(name: str) -> bool:
    """Clients send result parameters of their own (``_totalMethod``); they select nothing, so they may be ignored."""
    return name.startswith("_") and name.split(":")[0] not in _SELECTING


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
        raise refused(f"{name} must be a whole number, not {value[:40]!r}", name)
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
        raise refused(f"{kind} cannot be sorted by {name[:64]!r}", "_sort")
    column = FhirToken.low if parameter.kind == "date" else FhirToken.value
    inner = select(func.min(column)).where(FhirToken.resource_id == FhirResource.id, FhirToken.name == parameter.stored_as)
    return inner.correlate(FhirResource).scalar_subquery()


def _include(value: str, kind: str | None) -> tuple[str, str]:
    source, _, rest = value.partition(":")
    name = rest.split(":", 1)[0]
    if source not in resource_types() or (kind is not None and source != kind):
        raise refused(f"cannot include from {source[:64]!r}", "_include")
    parameter = parameters(source).get(name)
    if name != "*" and (parameter is None or parameter.kind != "reference"):
        raise refused(f"{source} has no reference parameter {name[:64]!r}", "_include")
    return source, parameter.stored_as if parameter else "*"
