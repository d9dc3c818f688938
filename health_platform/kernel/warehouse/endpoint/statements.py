"""What a statement is, as far as the endpoint must know before handing it to the engine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from health_platform.kernel.warehouse.ddl import quote

_NAME = r"(?:`(?:[^`\\]|\\.)+`|\"[^\"]+\"|[\w$]+)"
_QUALIFIED = re.compile(rf"{_NAME}\.{_NAME}\Z")
_LITERALS = re.compile(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"|--[^\n]*|/\*.*?\*/", re.S)
_READS = re.compile(r"[\s(]*(?:SELECT|WITH|FROM)\b", re.I)
_USE = re.compile(rf"\s*USE\s+({_NAME})\s*;?\s*\Z", re.I)
_INSERT = re.compile(
    rf"\s*INSERT\s+INTO\s+(?:TABLE\s+)?(?P<table>{_NAME}(?:\.{_NAME})?)\s*(?P<columns>\([^()]*\))?"
    r"\s*(?P<settings>SETTINGS\s.*?)?\s*(?:VALUES|FORMAT\s+Native)\s*;?\s*\Z",
    re.I | re.S,
)
_INLINE_FORMAT = re.compile(r"\s*INSERT\s.*?\bFORMAT\s+(?!Values\b|Native\s*;?\s*\Z)\w+", re.I | re.S)
_TRAILING_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*;?\s*\Z", re.I)
_TOTALS = re.compile(r"\bWITH\s+TOTALS\b", re.I)


@dataclass(frozen=True)
class InsertTarget:
    """An INSERT whose data follow in packets. ``columns`` empty means all; ``settings`` is a SETTINGS clause or ``""``."""

    table: str
    columns: tuple[str, ...]
    settings: str


def blanked(sql: str) -> str:
    """The statement with literals, quoted names and comments blanked, of the same length, so that words can be found."""
    return _LITERALS.sub(lambda match: " " * len(match[0]), sql)


def is_read(plain: str) -> bool:
    """True for a statement that returns a stream of rows. ``plain`` is blanked."""
    return bool(_READS.match(plain))


def has_totals(plain: str) -> bool:
    return bool(_TOTALS.search(plain))


def has_inline_format(plain: str) -> bool:
    """True for an INSERT with data of some format inside the statement. ``plain`` is blanked."""
    return bool(_INLINE_FORMAT.match(plain))


def without_format(sql: str, plain: str) -> str:
    """A read without a trailing FORMAT clause: over this protocol rows always travel as Native blocks."""
    match = _TRAILING_FORMAT.search(plain)
    return sql[: match.start()] if match else sql


def database_used(sql: str) -> str | None:
    """The database a USE statement switches to."""
    match = _USE.match(sql)
    return unquoted(match[1]) if match else None


def insert_target(sql: str) -> InsertTarget | None:
    """The target of an INSERT whose data follow in packets, or None for every other statement."""
    match = _INSERT.match(sql)
    if not match:
        return None
    names = re.findall(_NAME, match["columns"] or "")
    return InsertTarget(match["table"], tuple(unquoted(name) for name in names), match["settings"] or "")


def is_qualified(table: str) -> bool:
    """True for a name with its database."""
    return bool(_QUALIFIED.match(table))


def unquoted(name: str) -> str:
    """A name without its quotes and escapes."""
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name[0] in '`"' else name


def column_list(names: tuple[str, ...]) -> str:
    """Names quoted and joined for an INSERT."""
    return ", ".join(quote(name) for name in names)
