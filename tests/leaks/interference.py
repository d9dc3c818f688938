"""Non-interference: what a caller may not see must not change a single byte of what the caller gets.

Every registered GET endpoint is called in a world; then every row outside the caller's scope of the database is changed or
removed, and the same calls must give the same bytes: ids, totals, order, suggestions, status.
"""

from __future__ import annotations

import io
import random
import re
import sqlite3
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from empi.models import IdentityRow
from health_platform.kernel import clock
from health_platform.kernel.db import Base
from health_platform.kernel.narrowing import PersonScoped, scoped_models
from health_platform.kernel.scope import Principal, Scope
from tests.leaks.world import City
from tests.support.principals import client_for

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
_BEFORE_THE_CALLS = quote((NOW - timedelta(hours=1)).isoformat())
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_RANDOM = re.compile(rb"nonce-?=?\"?[\w-]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FIXED = {"X-Request-Id": "leak-harness", "Accept": "text/html,application/json;q=0.9"}


@dataclass(frozen=True)
class Request:
    """One call of one endpoint."""

    endpoint: str
    url: str


@dataclass(frozen=True)
class Leak:
    """An answer that changed although nothing visible did."""

    request: Request
    mutation: str


def requests(city: City, chance: random.Random) -> Iterator[Request]:
    """Every GET endpoint, its path parameters filled from the ids of the city: visible ones and hidden ones."""
    values = _ids(city)
    for rule, spec in sorted(city.platform.endpoints, key=lambda pair: (not pair[0].rule.endswith("audit"), pair[0].rule)):
        if spec.method != "GET" or spec.scope == "system" or rule.rule in _LIVE:
            continue
        names = _PARAMETER.findall(rule.rule)
        for _ in range(6 if names else 1):
            url = rule.rule
            for kind, name in names:
                pool = values.get(name) or values["id" if kind in ("int", "") else "text"]
                url = re.sub(rf"<(?:\w+:)?{name}>", str(chance.choice(pool)), url, count=1)
            yield Request(spec.name, f"{url}?until={_BEFORE_THE_CALLS}" if spec.name in _TELLS_OF_ITSELF else url)


_TELLS_OF_ITSELF = ("audits.query_audit", "audits.export_fhir")  # its own calls are new entries of the log
_LIVE = ("/metrics", "/readyz", "/healthz", "/api/v1/cache", "/console/operations/cache")  # figures of this very process


def _ids(city: City) -> dict[str, list[Any]]:
    """Parameter name → values that stand in columns of that name anywhere, or ids of the table it is named after."""
    found: dict[str, set[Any]] = defaultdict(set)
    with closing(_open(city)) as connection:
        for table in Base.metadata.sorted_tables:
            if table.name.startswith("test_"):
                continue
            for column in table.columns:
                if column.name.endswith("_id") or column.name in ("id", "code", "name", "key"):
                    rows = connection.execute(f'SELECT DISTINCT "{column.name}" FROM "{table.name}" LIMIT 40').fetchall()
                    name = f"{table.name.split('_')[-1]}_id" if column.name == "id" else column.name
                    found[name] |= {row[0] for row in rows if row[0] is not None}
    everything = sorted({v for values in found.values() for v in values if isinstance(v, int)})
    found["id"], found["text"] = set(everything[:400]) or {1}, {str(v) for v in everything[:400]} or {"x"}
    return {name: sorted(values, key=str) for name, values in found.items()}


def answers(city: City, who: Principal, calls: list[Request]) -> dict[Request, tuple[int, bytes]]:
    """Status and body of every call, with what is random by design (nonces, request ids) masked."""
    client = client_for(city.app, city.platform, city.shelf, who)  # type: ignore[arg-type]
    found = {}
    with clock.travel(NOW):
        for call in calls:
            answer = client.get(call.url, headers=_FIXED)
            found[call] = (answer.status_code, _RANDOM.sub(b"~", _content(answer.data)))
    return found


def _content(body: bytes) -> bytes:
    """A workbook without its time of making; anything else as it is."""
    if not body.startswith(b"PK\x03\x04"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return b"".join(book.read(name) for name in sorted(book.namelist()) if not name.startswith("docProps/"))


def _open(city: City) -> sqlite3.Connection:
    return sqlite3.connect(Path(city.platform.settings.home) / "platform.db")


class Snapshot:
    """The relational database as it was, to start both worlds from the same bytes."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._copy = sqlite3.connect(":memory:")
        with closing(_open(city)) as connection:
            connection.backup(self._copy)

    def restore(self) -> None:
        """Put the database back."""
        self._city.platform.database.close()
        with closing(_open(self._city)) as connection:
            self._copy.backup(connection)


def hidden(model: Any, scope: Scope) -> str:
    """SQL: rows of a scoped table that lie outside a scope. Written again by hand, not by the code under test.

    A person is visible as a whole or not at all (ADR 4): whoever may see one identity sees what the index knows of the person.
    """
    outside = f"NOT coalesce(({_inside(model, scope)}), 0)"
    if model.__table__.name.startswith("empi_"):
        mine = f"SELECT person_id FROM empi_identity WHERE {_inside(IdentityRow, scope)}"
        columns = set(model.__table__.columns.keys())
        if "person_id" in columns:
            outside += f" AND coalesce(person_id, 0) NOT IN ({mine})"
        if "patient_key" in columns:
            keys = f"SELECT patient_key FROM empi_identity WHERE person_id IN ({mine})"
            outside += f" AND patient_key NOT IN ({keys})"
    return outside


def _inside(model: Any, scope: Scope) -> str:
    inside = " OR ".join(f"division_code LIKE '{prefix}%'" for prefix in scope.divisions) or "0"
    if scope.institutions is not None and hasattr(model, "institution_id"):
        units = ", ".join(str(unit) for unit in sorted(scope.institutions)) or "NULL"
        inside = f"({inside}) AND institution_id IN ({units})"
    if issubclass(model, PersonScoped) and scope.persons:
        inside = f"({inside}) OR person_id IN ({', '.join(str(p) for p in sorted(scope.persons))})"
    return f"({inside})"


def remove(city: City, scope: Scope) -> int:
    """Remove every hidden row; returns how many."""
    with closing(_open(city)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        removed = 0
        for model in scoped_models(Base):
            name = model.__table__.name
            if name.startswith("test_"):
                continue
            removed += connection.execute(f'DELETE FROM "{name}" WHERE {hidden(model, scope)}').rowcount
        connection.commit()
    return removed


def disturb(city: City, scope: Scope) -> int:
    """Change a readable column of every hidden row."""
    with closing(_open(city)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        changed = 0
        for model in scoped_models(Base):
            table = model.__table__
            texts = [c.name for c in table.columns if c.name in _READABLE]
            if texts and not table.name.startswith("test_"):
                values = ", ".join(f'"{name}" = substr("{name}", 1, 2) || \'CANARY\'' for name in texts)
                changed += connection.execute(f'UPDATE "{table.name}" SET {values} WHERE {hidden(model, scope)}').rowcount
        connection.commit()
    return changed


_READABLE = frozenset({"name", "title", "label", "real_name", "short_name", "note", "reason", "actor_name", "institution_name"})

MUTATIONS = {"removed": remove, "changed": disturb}


def leaks(city: City, who: Principal, seed: int = 1) -> tuple[list[Leak], dict[Request, tuple[int, bytes]]]:
    """Every call whose answer depends on rows the caller may not see, and the undisturbed answers."""
    snapshot, calls = Snapshot(city), list(requests(city, random.Random(seed)))
    before = answers(city, who, calls)
    found = []
    for name, mutate in MUTATIONS.items():
        snapshot.restore()
        assert mutate(city, who.scope), "nothing is hidden from this caller: the test would prove nothing"
        after = answers(city, who, calls)
        found += [Leak(call, name) for call in calls if before[call] != after[call]]
    snapshot.restore()
    return found, before
