"""Transaction and batch bundles."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from exchange.fhir.checking import Resource, check
from exchange.fhir.outcome import FhirRefused, invalid, outcome
from exchange.fhir.store import Owner
from exchange.fhir.structures import resource_types
from exchange.fhir.transactions import Done, Entry, write

MAX_ENTRIES: Final = 5_000
_ORDER: Final = {"DELETE": 0, "POST": 1, "PUT": 2}
Reader = Callable[[str], Resource]
"""Answers a GET entry: the relative URL to a resource."""


@dataclass(frozen=True, slots=True)
class Request:
    """In whose name a bundle is written, when, and under which message id."""

    session: Session
    owner: Owner
    at: datetime
    message_id: str
    read: Reader


@dataclass(slots=True)
class _Get:
    url: str
    where: str


def process(request: Request, bundle: Resource) -> Resource:
    """Carry out a transaction or batch and return the response bundle.

    Raises:
        FhirRefused: the bundle is no transaction or batch, or an entry of a transaction cannot be carried out.
    """
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("transaction", "batch"):
        raise invalid("a Bundle of type transaction or batch is expected here", "Bundle.type", "value")
    entries = bundle.get("entry") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise invalid("entry must be a list of objects", "Bundle.entry", "structure")
    if len(entries) > MAX_ENTRIES:
        raise invalid(f"a bundle may hold {MAX_ENTRIES} entries, this one has {len(entries)}", "Bundle.entry", "too-costly")
    answers = _transaction(request, entries) if kind == "transaction" else _batch(request, entries)
    return {"resourceType": "Bundle", "id": str(uuid.uuid4()), "type": f"{kind}-response", "entry": answers}


def _transaction(request: Request, raw: Sequence[Any]) -> list[Resource]:
    entries = [read_entry(item, f"Bundle.entry[{index}]") for index, item in enumerate(raw)]
    _refuse_shared_urls(entries)
    writes = sorted((one for one in entries if isinstance(one, Entry)), key=lambda one: _ORDER[one.method])
    done = write(request.session, request.owner, writes, request.at, request.message_id)
    by_entry = {id(entry): one for entry, one in zip(writes, done, strict=True)}
    return [_answer(by_entry[id(one)]) if isinstance(one, Entry) else _got(request, one) for one in entries]


def _got(request: Request, entry: _Get) -> Resource:
    return {"resource": request.read(entry.url), "response": {"status": "200 OK"}}


def _refuse_shared_urls(entries: Sequence[Entry | _Get]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if isinstance(entry, Entry) and entry.full_url:
            if entry.full_url in seen:
                raise invalid("two entries share one fullUrl", f"{entry.where}.fullUrl", "duplicate")
            seen.add(entry.full_url)


def _batch(request: Request, raw: Sequence[Any]) -> list[Resource]:
    answers: list[Resource] = []
    for index, item in enumerate(raw):
        try:
            with request.session.begin_nested():
                answers.append(_one(request, item, index))
        except FhirRefused as error:
            answers.append({"response": {"status": status_line(error.status), "outcome": outcome(error.issues)}})
    return answers


def _one(request: Request, item: Any, index: int) -> Resource:
    entry = read_entry(item, f"Bundle.entry[{index}]")
    if isinstance(entry, _Get):
        return _got(request, entry)
    done = write(request.session, request.owner, [entry], request.at, f"{request.message_id}-{index}")
    return _answer(done[0])


def read_entry(item: Resource, where: str) -> Entry | _Get:
    """Read one entry of a bundle.

    Raises:
        FhirRefused: 400 without a usable request or resource.
    """
    request = item.get("request")
    if not isinstance(request, dict) or not isinstance(request.get("url"), str) or not request["url"]:
        raise invalid("request.method and request.url are required", f"{where}.request", "required")
    method, url = request.get("method"), request["url"]
    if method == "GET":
        return _Get(url, where)
    if method not in _ORDER:
        raise invalid(f"the method {str(method)[:20]!r} is not supported here", f"{where}.request.method", "not-supported")
    return _write_entry(item, request, str(method), url, where)


def _write_entry(item: Resource, request: Resource, method: str, url: str, where: str) -> Entry:
    path, _, query = url.partition("?")
    kind, _, logical_id = path.strip("/").partition("/")
    if kind not in resource_types() or "/" in logical_id or (method == "POST" and (logical_id or query)):
        raise invalid(f"{url[:80]!r} is no place to {method} to", f"{where}.request.url", "value")
    if method != "POST" and not (logical_id or query):
        raise invalid(f"{method} needs an id or a condition", f"{where}.request.url", "value")
    resource = None if method == "DELETE" else _resource(item, kind, where)
    none_exist = request.get("ifNoneExist")
    full_url = item.get("fullUrl")
    return Entry(
        method,
        kind,
        logical_id,
        resource,
        full_url if isinstance(full_url, str) else "",
        parse_qsl(query, keep_blank_values=True) if not logical_id and query else None,
        parse_qsl(none_exist, keep_blank_values=True) if isinstance(none_exist, str) and none_exist else None,
        etag_version(str(request.get("ifMatch") or "")),
        where,
    )


def _resource(item: Resource, kind: str, where: str) -> Resource:
    resource = check(item.get("resource"), f"{where}.resource")
    if resource["resourceType"] != kind:
        problem = f"request.url says {kind}, the resource is a {resource['resourceType']}"
        raise invalid(problem, f"{where}.request.url", "value")
    return resource


def etag_version(header: str) -> str:
    """``W/"3"`` → ``3``; "" when there is no such header."""
    return header.strip().removeprefix("W/").strip('"')


def _answer(done: Done) -> Resource:
    response: Resource = {"status": status_line(done.status), "lastModified": instant(done.at)}
    if done.logical_id and done.number:
        response["etag"] = f'W/"{done.number}"'
    if done.logical_id and done.status != 204:
        response["location"] = f"{done.kind}/{done.logical_id}/_history/{done.number}"
    return {"response": response}


def instant(at: datetime) -> str:
    """A FHIR instant."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def status_line(status: int) -> str:
    """``201 Created``."""
    return f"{status} {HTTPStatus(status).phrase}"
