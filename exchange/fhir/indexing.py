"""What a resource can be found by: the values of its search parameters."""

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import msgspec

from exchange.fhir.checking import Resource
from exchange.fhir.definitions.search import SearchParameter, parameters
from exchange.fhir.instants import period, span

LENGTH: Final = 200
Seal = Callable[[str], str]
"""Makes the blind index of a secret value."""


class Token(msgspec.Struct, frozen=True, gc=False):
    """One value: a system and a code, a folded text, a reference, or a span of time."""

    name: str
    system: str = ""
    value: str = ""
    low: Any = None
    high: Any = None


def tokens(resource: Resource, seal: Seal) -> list[Token]:
    """All values of a resource, each once."""
    found: dict[Token, None] = {}
    for parameter, paths in _plan(resource["resourceType"]):
        content = _extensions(resource, parameter.extension) if parameter.extension else resource
        for path in paths:
            for value in values(content, path):
                for token in _READERS[parameter.kind](parameter.stored_as, value):
                    found[_sealed(token, seal) if parameter.secret else token] = None
    return list(found)


@cache
def _plan(resource_type: str) -> tuple[tuple[SearchParameter, tuple[tuple[str, ...], ...]], ...]:
    distinct: dict[str, SearchParameter] = {}
    for parameter in parameters(resource_type).values():
        distinct.setdefault(parameter.stored_as, parameter)
    return tuple((one, tuple(tuple(path.split(".")) for path in one.paths)) for one in distinct.values())


def _extensions(resource: Resource, url: str) -> list[Any]:
    return [one for one in resource.get("extension", ()) if isinstance(one, dict) and one.get("url") == url]


def values(content: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Everything at a path, lists flattened."""
    if isinstance(content, list):
        for item in content:
            yield from values(item, path)
    elif not path:
        if content is not None:
            yield content
    elif isinstance(content, dict) and path[0] in content:
        yield from values(content[path[0]], path[1:])


def _sealed(token: Token, seal: Seal) -> Token:
    return msgspec.structs.replace(token, value=seal(secret_value(token.value)))


def secret_value(value: str) -> str:
    """How a secret value is written before its blind index is made; the search value takes the same way."""
    return value.strip()


def fold(text: str) -> str:
    """Case and accents removed, as FHIR string search asks."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))[:LENGTH]


def _tokens(name: str, value: Any) -> Iterator[Token]:
    if isinstance(value, bool):
        yield Token(name, value="true" if value else "false")
    elif isinstance(value, str):
        yield Token(name, value=value[:LENGTH])
    elif isinstance(value, dict):
        codings = value.get("coding")
        if isinstance(codings, list):
            for coding in codings:
                yield from _tokens(name, coding)
        elif code := value.get("code") or value.get("value"):
            yield Token(name, str(value.get("system") or "")[:LENGTH], str(code)[:LENGTH])


def _references(name: str, value: Any) -> Iterator[Token]:
    reference = value.get("reference") if isinstance(value, dict) else value
    if isinstance(reference, str) and not reference.startswith("#"):
        yield Token(name, value=relative(reference)[:LENGTH])


def relative(reference: str) -> str:
    """``http://server/base/Patient/1/_history/2`` → ``Patient/1``; anything else stays as it is."""
    plain = reference.split("/_history/", 1)[0]
    if plain.startswith(("http://", "https://")):
        return "/".join(plain.rsplit("/", 2)[-2:])
    return plain


def _dates(name: str, value: Any) -> Iterator[Token]:
    try:
        if isinstance(value, str):
            low, high = span(value)
        elif isinstance(value, dict) and (value.get("start") or value.get("end")):
            low, high = period(value.get("start"), value.get("end"))
        else:
            return
    except (ValueError, OverflowError):
        return  # a day that does not exist (30 February) cannot be searched for; the resource keeps it
    yield Token(name, low=low, high=high)


_TEXT_PARTS: Final = ("text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country")


def _strings(name: str, value: Any) -> Iterator[Token]:
    if isinstance(value, str):
        yield Token(name, value=fold(value))
    elif isinstance(value, dict):
        for part in _TEXT_PARTS:
            for text in values(value, (part,)):
                yield Token(name, value=fold(str(text)))


def _uris(name: str, value: Any) -> Iterator[Token]:
    yield Token(name, value=str(value)[:LENGTH])


_READERS: Final = {"token": _tokens, "reference": _references, "date": _dates, "string": _strings, "uri": _uris}
