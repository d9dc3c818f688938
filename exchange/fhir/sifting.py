"""Search criteria on resources that are in memory: the same parameters as :mod:`searching`, without a database.

What cannot be judged here (a modifier, a chain) lets nothing through: an answer may lack something, never show too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from exchange.fhir.checking import Resource
from exchange.fhir.definitions.search import SearchParameter, parameters
from exchange.fhir.indexing import Token, fold, relative, secret_value, tokens
from exchange.fhir.instants import span

_PREFIX: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb)?(.*)", re.DOTALL)


def sifted(resources: Iterable[Resource], kind: str, criteria: Sequence[tuple[str, str]]) -> list[Resource]:
    """The resources that meet all criteria."""
    return [one for one in resources if _meets(one, kind, criteria)]


def _meets(resource: Resource, kind: str, criteria: Sequence[tuple[str, str]]) -> bool:
    found = tokens(resource, lambda value: value)
    return all(_holds(resource, found, parameters(kind).get(name), name, value) for name, value in criteria)


def _holds(resource: Resource, found: Sequence[Token], parameter: SearchParameter | None, name: str, value: str) -> bool:
    if name == "_id":
        return resource["id"] in value.split(",")
    if name == "_lastUpdated":
        low, high = span(str(resource["meta"]["lastUpdated"]))
        return any(_dated(Token(name, low=low, high=high), part) for part in value.split(","))
    if parameter is None:
        return False
    mine = [token for token in found if token.name == parameter.stored_as]
    judge = _JUDGES[parameter.kind]
    return any(judge(token, part) for part in value.split(",") for token in mine)


def _coded(token: Token, wanted: str) -> bool:
    system, bar, code = wanted.rpartition("|")
    if not bar:
        return token.value == secret_value(wanted)
    return (not code or token.value == secret_value(code)) and token.system == system


def _named(token: Token, wanted: str) -> bool:
    return token.value.startswith(fold(wanted))


def _referred(token: Token, wanted: str) -> bool:
    return token.value == relative(wanted) or token.value.rpartition("/")[2] == wanted


def _dated(token: Token, wanted: str) -> bool:
    match = _PREFIX.fullmatch(wanted)
    if match is None or token.low is None:
        return False
    try:
        low, high = span(match[2])
    except (ValueError, OverflowError):
        return False
    return _COMPARE[match[1] or "eq"](token.low, token.high, low, high)


Compare = Callable[[datetime, datetime, datetime, datetime], bool]
_COMPARE: Final[dict[str, Compare]] = {
    "eq": lambda low, high, first, last: first <= low and high <= last,
    "ne": lambda low, high, first, last: low < first or high > last,
    "gt": lambda low, high, first, last: high > last,
    "ge": lambda low, high, first, last: high >= first,
    "lt": lambda low, high, first, last: low < first,
    "le": lambda low, high, first, last: low <= last,
    "sa": lambda low, high, first, last: low > last,
    "eb": lambda low, high, first, last: high < first,
}
_JUDGES: Final[dict[str, Callable[[Token, str], bool]]] = {
    "token": _coded, "string": _named, "reference": _referred, "date": _dated, "uri": lambda token, wanted: token.value == wanted,
}  # fmt: skip
