"""Reading identities for the matching work: rows as frozen values, facts opened at most once per process.

Opening an envelope and reading names costs more than the comparison itself, so both are remembered by the envelope's own
text, which changes with every write.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Dialect, Text, select, type_coerce
from sqlalchemy.orm import Session

from empi.models import IdentityRow
from empi.plain import among, plainly, table_of
from empi.querying import chunks
from health_platform.kernel.crypto import crypto_of
from health_platform.kernel.db import LongText
from health_platform.kernel.scope import scope_of

T = TypeVar("T")
FACTS_CONTEXT = "empi.facts"


class Known(NamedTuple):
    """An identity as it stands in the index. ``envelope`` holds its encrypted facts; ``facts`` are set when just stated."""

    patient_key: int
    person_id: int | None
    shelf: int | None
    institution: str
    institution_id: int | None
    local_id: str
    division_code: str | None
    line_code: str | None
    source_time: str
    fingerprint: str
    revision: int
    mention: bool | None = None
    envelope: str = ""
    facts: Facts | None = None


class Facts(dict[str, str]):
    """What an identity says, and the division whose settings judge it (not a fact: it moves with its institution).

    ``readings`` remembers what each set of rules made of it; treat the rest as frozen. ``key`` is the patient key where it is
    known already.
    """

    def __init__(self, stated: Mapping[str, str], division: str, key: int | None = None) -> None:
        super().__init__(stated)
        self.division = division
        self.key = key
        self.readings: dict[str, Any] = {}


class Remembered(Generic[T]):
    """The most recently used values by key; safe between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


_FACTS: Remembered[Facts] = Remembered(20_000)
_STATEMENTS = 2_000  # several times what the pipeline registers at once, each looked at twice
_STATED: WeakKeyDictionary[Dialect, Remembered[Facts]] = WeakKeyDictionary()

_PLAIN = (
    "patient_key",
    "person_id",
    "shelf",
    "institution",
    "institution_id",
    "local_id",
    "division_code",
    "line_code",
    "source_time",
    "fingerprint",
    "revision",
    "mention",
)
_COLUMNS: tuple[Any, ...] = (
    *(getattr(IdentityRow, name) for name in _PLAIN),
    type_coerce(IdentityRow.facts, LongText()).label("envelope"),
)
_TABLE = table_of(IdentityRow)
_ROWS = select(*(_TABLE.c[name] for name in _PLAIN), type_coerce(_TABLE.c.facts, Text()).label("envelope"))
_WHOLE_INDEX = {name: _ROWS.where(among(_TABLE.c[name])) for name in ("patient_key", "person_id")}


def known(session: Session, keys: Iterable[int]) -> dict[int, Known]:
    """The identities with these patient keys that the session may see."""
    return _load(session, "patient_key", set(keys))


def members_of(session: Session, persons: Iterable[int]) -> dict[int, Known]:
    """The identities linked to these persons that the session may see."""
    return _load(session, "person_id", set(persons))


def _load(session: Session, column: str, values: set[int]) -> dict[int, Known]:
    if not values:
        return {}
    read = plainly(session, _WHOLE_INDEX[column], values) if scope_of(session).everything else _narrowed(session, column, values)
    return {row[0]: Known(*row) for row in sorted(read, key=lambda row: int(row[0]))}


def _narrowed(session: Session, column: str, values: set[int]) -> list[Any]:
    by = getattr(IdentityRow, column)
    return [row for some in chunks(values) for row in session.execute(select(*_COLUMNS).where(by.in_(some)))]


def stated_facts(session: Session, stated: Mapping[str, str], division: str, key: int) -> Facts:
    """What an arriving identity says; the same object when it is looked at a second time, with all that was read of it."""
    remembered = _STATED.setdefault(session.get_bind().dialect, Remembered(_STATEMENTS))
    return remembered.get(f"{key}:{division}:{facts_text(stated)}", lambda: Facts(stated, division, key))


def facts_of(session: Session, identity: Known) -> Facts:
    """What the identity says, as the source sent it. Do not change the result."""
    if identity.facts is not None:
        return identity.facts
    crypto = crypto_of(session.get_bind().dialect)
    division = identity.division_code or ""
    return _FACTS.get(
        f"{division}:{identity.envelope}",
        lambda: Facts(json.loads(crypto.decrypt(identity.envelope, FACTS_CONTEXT)), division, identity.patient_key),
    )


_CANONICAL = msgspec.json.Encoder(order="sorted")


def facts_text(facts: Mapping[str, str]) -> str:
    """Facts as canonical JSON: columns in order, no spaces, no escapes that are not needed."""
    return _CANONICAL.encode(facts).decode()


def fingerprint_of(session: Session, facts: Facts) -> str:
    """A keyed hash of the facts, to recognise a repeated statement without opening the stored one; remembered on the facts.

    The time of the statement is no part of it: to say the same again later changes nothing.
    """
    found: str | None = facts.readings.get(_FINGERPRINT)
    if found is None:
        found = facts.readings[_FINGERPRINT] = _fingerprint_of(session, facts)
    return found


_FINGERPRINT = "fingerprint"


def _fingerprint_of(session: Session, facts: Mapping[str, str]) -> str:
    stated = {column: value for column, value in facts.items() if column != "source_time"}
    return crypto_of(session.get_bind().dialect).blind_index(facts_text(stated), "empi.fingerprint")
