"""One identity as a sender states it, and as it is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from empi.definitions.schema import Rules
from empi.matching.kinds import kind_of
from empi.matching.kinds.base import Reading


@dataclass(frozen=True, slots=True)
class RawIdentity:
    """What a sender states of a patient, as text; "" where it states nothing.

    ``domain_id`` is the assigning institution, ``local_id`` its patient number, ``source_time`` the day of the
    statement. ``id_type`` 01 resident identity number, 03 passport, 06 permit; ``gender`` GB/T 2261.1.
    """

    rec_id: str = ""
    domain_id: str = ""
    local_id: str = ""
    source_time: str = ""
    name: str = ""
    gender: str = ""
    birth_date: str = ""
    id_type: str = ""
    id_no: str = ""
    phone: str = ""
    address: str = ""
    card_type: str = ""
    card_no: str = ""
    mother_name: str = ""
    mother_id_no: str = ""
    nation: str = ""

    def columns(self) -> dict[str, str]:
        """The statement as column texts."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, slots=True)
class Identity:
    """A normalised identity: one parsed value (or None) per field of the rules, and the day it was stated.

    Values are hashable and independent of spelling; ``key`` is the sender's record id, ``division`` says whose tenant's
    settings judge it.
    """

    key: str
    values: tuple[Any, ...]
    seen: int
    division: str = ""

    def value(self, rules: Rules, field: str) -> Any:
        """The parsed value of a field (None when absent)."""
        return self.values[[rule.name for rule in rules.fields].index(field)]


@lru_cache(maxsize=16)
def reading_of(rules: Rules) -> Reading:
    """The folded dummy lists of a set of rules."""
    return Reading(rules)


def normalise(raw: RawIdentity | Mapping[str, str], rules: Rules, key: str = "", division: str = "") -> Identity:
    """Read a statement into the values that are compared.

    Args:
        raw: the statement, or any mapping of column names to texts.
        rules: whose fields name the columns. A column that is absent reads as "".
        key, division: where given, they stand for the columns of key and tenant.
    """
    columns = raw.columns() if isinstance(raw, RawIdentity) else raw
    stated = columns.get
    values = tuple([read(tuple([stated(c) or "" for c in of_field])) for of_field, read in _readers_of(rules)])
    seen = read_seen(stated(rules.seen_column) or "")
    return Identity(key or stated(rules.key_column) or "", values, seen, division or stated(rules.tenant_column) or "")


_TEXTS = 20_000  # the identities of a person come together in a first load and say mostly the same
_Read = Callable[[tuple[str, ...]], Any]


@lru_cache(maxsize=16)
def _readers_of(rules: Rules) -> tuple[tuple[tuple[str, ...], _Read], ...]:
    """Of each field its columns, and what reads their texts and remembers what it read lately."""
    reading = reading_of(rules)
    return tuple((rule.columns, _reader(rule.kind, reading) if rule.columns else _nothing) for rule in rules.fields)


def _reader(kind: str, reading: Reading) -> _Read:
    read = kind_of(kind).read
    return lru_cache(maxsize=_TEXTS)(lambda texts: read(texts, reading))


def _nothing(texts: tuple[str, ...]) -> None:
    """A field without columns is derived from others."""


@lru_cache(maxsize=_TEXTS)
def read_seen(text: str) -> int:
    """yyyymmdd of a statement's day, 0 when absent."""
    from_text = kind_of("birth").read((text,), _NO_DUMMIES)
    return int(from_text or 0)


_NO_DUMMIES = Reading(Rules("plain", (), (), ()))
