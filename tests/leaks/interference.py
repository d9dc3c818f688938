"""Non-interference: what a caller may not see must not change a single byte of what the caller gets.

Every registered endpoint is called in a world; then every row outside the caller's scope is changed or removed, in the relational
database and in the warehouse, and the same calls must give the same bytes: ids, totals, order, suggestions, status.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from health_platform.kernel import clock
from health_platform.kernel.db import Base
from health_platform.kernel.http import EndpointSpec
from health_platform.kernel.scope import Principal
from tests.leaks.bodies import body_for
from tests.leaks.rows import MUTATIONS, Snapshot, opened, visible_persons
from tests.leaks.world import City
from tests.support.principals import client_for

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
_BEFORE_THE_CALLS = quote((NOW - timedelta(hours=1)).isoformat())
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_RANDOM = re.compile(rb"nonce-?=?\"?[\w-]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LINK = re.compile(rb'href="(/(?:record|console(?!/audit)|my)/[^"#]+)"')
_NUMBER = re.compile(rb"\d{16,19}")
_FIXED = {"X-Request-Id": "leak-harness", "Accept": "text/html,application/json;q=0.9"}

_TELLS_OF_ITSELF = {  # its own calls are new entries of the log
    "audits.query_audit": _BEFORE_THE_CALLS,
    "audits.export_fhir": _BEFORE_THE_CALLS,
    "pages_audit.audit_page": (NOW - timedelta(days=1)).astimezone(clock.LOCAL_ZONE).date().isoformat(),
}
_OF_THE_WHOLE_CITY = ("empi_quality.train",)  # weights are learned from every row of the city, whoever starts it
_LIVE = ("/metrics", "/readyz", "/healthz", "/api/v1/cache", "/console/operations/cache")  # figures of this very process

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Request:
    """One call of one endpoint."""

    endpoint: str
    url: str
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Leak:
    """An answer that changed although nothing visible did."""

    request: Request
    mutation: str


def reads(city: City, chance: random.Random) -> Iterator[Request]:
    """Every GET endpoint, its path parameters filled from the ids of the city: visible ones and hidden ones."""
    values = ids(city)
    for rule, spec in _endpoints(city):
        if spec.method == "GET":
            for _ in range(3 if "<" in rule else 1):
                url = _filled(rule, values, chance)
                yield Request(spec.name, f"{url}?until={until}" if (until := _TELLS_OF_ITSELF.get(spec.name)) else url)


def record_reads(city: City, persons: list[int]) -> Iterator[Request]:
    """Every endpoint about one person, for persons the caller may open."""
    for rule, spec in _endpoints(city):
        if spec.method == "GET" and _PARAMETER.findall(rule) == [("int", "person_id")]:
            yield from (Request(spec.name, rule.replace("<int:person_id>", str(person))) for person in persons)


def offered(found: dict[Request, Answer], limit: int = 120) -> list[Request]:
    """The links on the pages that were answered: what a person would click next."""
    links = {link.decode() for status, body in found.values() if status == 200 for link in _LINK.findall(body)}
    return [Request("link", link.replace("&amp;", "&")) for link in sorted(links - {call.url for call in found})][:limit]


def writes(city: City, chance: random.Random) -> Iterator[Request]:
    """Every changing endpoint, with a body its schema accepts and ids of rows the caller may and may not see."""
    values = ids(city)
    for rule, spec in _endpoints(city):
        if spec.method != "GET" and spec.name not in _OF_THE_WHOLE_CITY:
            for _ in range(2):
                body = json.dumps(body_for(spec.body, values, chance)) if spec.body else ""
                yield Request(spec.name, _filled(rule, values, chance), spec.method, body)


def _endpoints(city: City) -> list[tuple[str, EndpointSpec]]:
    found = [(rule.rule, spec) for rule, spec in city.platform.endpoints if spec.scope != "system" and rule.rule not in _LIVE]
    return sorted(found, key=lambda pair: (not pair[0].endswith("audit"), pair[0], pair[1].method))


def _filled(rule: str, values: dict[str, list[Any]], chance: random.Random) -> str:
    for kind, name in _PARAMETER.findall(rule):
        pool = values.get(name) or values["id" if kind in ("int", "") else "text"]
        rule = re.sub(rf"<(?:\w+:)?{name}>", str(chance.choice(pool)), rule, count=1)
    return rule


def ids(city: City) -> dict[str, list[Any]]:
    """Parameter name → values that stand in columns of that name anywhere, or ids of the table it is named after."""
    found: dict[str, set[Any]] = defaultdict(set)
    with closing(opened(city)) as connection:
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


def answers(city: City, who: Principal, calls: list[Request], persons: list[int]) -> dict[Request, Answer]:
    """Status and body of every call, with what is random by design (nonces, request ids) masked.

    The caller first states why ``persons`` are looked at: without that the pages of a record answer nothing.
    """
    client = client_for(city.app, city.platform, city.shelf, who)  # type: ignore[arg-type]
    found = {}
    with clock.travel(NOW):
        for person in persons:
            client.post(f"/record/{person}/purpose", headers=_FIXED, json={"purpose": "treatment", "note": "复诊"})
        for call in calls:
            kind = {"content_type": "application/json"} if call.body else {}
            answer = client.open(call.url, method=call.method, headers=_FIXED, data=call.body or None, **kind)
            found[call] = (answer.status_code, _RANDOM.sub(b"~", _content(answer.data)))
    return found


def _content(body: bytes) -> bytes:
    """A workbook without its time of making; anything else as it is."""
    if not body.startswith(b"PK\x03\x04"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return b"".join(book.read(name) for name in sorted(book.namelist()) if not name.startswith("docProps/"))


def leaks(city: City, who: Principal, seed: int = 1) -> tuple[list[Leak], dict[Request, Answer]]:
    """Every read whose answer depends on rows the caller may not see, and the undisturbed answers."""
    snapshot, persons = Snapshot(city), visible_persons(city, who.scope)[:2]
    calls = list(dict.fromkeys([*record_reads(city, persons), *reads(city, random.Random(seed))]))
    snapshot.restore()
    before = answers(city, who, calls, persons)
    before |= answers(city, who, offered(before), [])
    calls = list(before)
    found = []
    for name, mutate in MUTATIONS.items():
        snapshot.restore()
        assert mutate(city, who.scope), "nothing is hidden from this caller: the test would prove nothing"
        after = answers(city, who, calls, persons)
        found += [Leak(call, name) for call in calls if before[call] != after[call]]
    snapshot.restore()
    return found, before


def write_leaks(city: City, who: Principal, seed: int = 1) -> tuple[list[Leak], dict[Request, Answer]]:
    """The same for changing calls: each world starts anew and is changed by the same calls in the same order.

    New ids are masked; what still differs between two equal worlds (one-time secrets) is compared by its status alone.
    """
    snapshot, persons = Snapshot(city), visible_persons(city, who.scope)[:2]
    calls = list(dict.fromkeys(writes(city, random.Random(seed))))
    newest = max(value for values in ids(city).values() for value in values if isinstance(value, int) and value < 2**62)

    def mask(number: re.Match[bytes]) -> bytes:
        return b"~" if int(number[0]) > newest else number[0]

    def world() -> dict[Request, Answer]:
        found = answers(city, who, calls, persons)
        return {call: (status, _NUMBER.sub(mask, body)) for call, (status, body) in found.items()}

    before = world()
    snapshot.restore()
    again = world()
    snapshot.restore()
    assert MUTATIONS["removed"](city, who.scope), "nothing is hidden from this caller: the test would prove nothing"
    after = world()
    snapshot.restore()
    drawn = {call for call in calls if before[call] != again[call]}
    assert all(before[call][0] == again[call][0] for call in drawn), "an answer's status is drawn by lot"
    changed = [call for call in calls if before[call][0] != after[call][0] or (call not in drawn and before[call] != after[call])]
    return [Leak(call, "removed") for call in changed], before
