"""What is sent back: resources, search sets, histories, with their headers."""

from collections.abc import Sequence
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response

from exchange.fhir.bundles import instant
from exchange.fhir.checking import Resource, dump
from exchange.fhir.models import FhirResource
from exchange.fhir.outcome import MEDIA_TYPE, FhirRefused, Issue
from exchange.fhir.query import Arguments, Query
from exchange.fhir.searching import Found
from exchange.fhir.transactions import Done, stored

BASE: Final = "/fhir/R4"
_JSON: Final = frozenset({"application/fhir+json", "application/json", "text/json", "*/*", "application/*", "json", ""})
_BODIES: Final = ("application/fhir+json", "application/json", "text/json")
_SUBSETTED: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_KEPT: Final = ("resourceType", "id", "meta")


def base_url(request: Request) -> str:
    """The service's base URL as the client reached it."""
    return request.host_url.rstrip("/") + BASE


def refuse_other_formats(request: Request) -> None:
    """Only JSON and only R4 are spoken here.

    Raises:
        FhirRefused: 406 when the client accepts nothing else, 415 for a body of another kind.
    """
    wanted = request.args.get("_format") or request.headers.get("Accept") or ""
    offers = [part.strip() for part in wanted.split(",")]
    if not any(_acceptable(offer) for offer in offers):
        raise FhirRefused(406, Issue("not-supported", f"only FHIR R4 as application/fhir+json is served, not {wanted[:80]!r}"))
    if request.content_length and request.method in ("POST", "PUT"):
        _refuse_other_bodies(request)


def _acceptable(offer: str) -> bool:
    kind, *parameters = (part.strip() for part in offer.split(";"))
    version = next((value.split("=", 1)[1].strip('" ') for value in parameters if value.startswith("fhirVersion=")), "4.0")
    return kind.lower() in _JSON and version in ("4.0", "4.0.1")


def _refuse_other_bodies(request: Request) -> None:
    kind = request.mimetype
    if kind == "application/x-www-form-urlencoded" and request.path.endswith("/_search"):
        return
    if kind not in _BODIES or not _acceptable(request.content_type or ""):
        raise FhirRefused(415, Issue("not-supported", f"a body must be application/fhir+json, not {kind[:60]!r}"))


def answer(content: Resource | None, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A FHIR response."""
    body = dump(content) if content is not None else b""
    return Response(body, status, headers, content_type=MEDIA_TYPE)


def version_headers(number: int, changed: Any) -> dict[str, str]:
    """ETag and Last-Modified of a version."""
    second = changed.astimezone(UTC).replace(microsecond=0)
    return {"ETag": f'W/"{number}"', "Last-Modified": format_datetime(second, usegmt=True)}


def written(request: Request, done: Done) -> Response:
    """The answer to a create, update or delete; ``Prefer`` decides about the body."""
    if done.status == 204:
        return answer(None, 204, {"ETag": f'W/"{done.number}"'} if done.number else None)
    headers = version_headers(done.number, done.at)
    location = f"{base_url(request)}/{done.kind}/{done.logical_id}/_history/{done.number}"
    headers["Location" if done.status == 201 else "Content-Location"] = location
    prefer = request.headers.get("Prefer", "")
    if "return=minimal" in prefer:
        return answer(None, done.status, headers)
    if "return=OperationOutcome" in prefer:
        text = Issue("informational", f"{done.kind}/{done.logical_id} version {done.number} is stored", severity="information")
        return answer({"resourceType": "OperationOutcome", "issue": [text.to_json()]}, done.status, headers)
    return answer(done.resource, done.status, headers)


def searchset(request: Request, query: Query, found: Found, arguments: Arguments, made: Sequence[Resource] = ()) -> Resource:
    """The bundle of a search, with links to turn the pages. ``made`` are matches that are not stored; they come last."""
    base, total = base_url(request), found.total + len(made)
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": total}
    bundle["link"] = _links(f"{base}/{query.kind}", query, total, arguments)
    entries = [_entry(base, row, "match", query.elements) for row in found.matches]
    entries += [_made_entry(base, one, query.elements) for one in following(query, found.total, made)]
    entries += [_entry(base, row, "include", ()) for row in found.included]
    return {**bundle, "entry": entries} if entries else bundle


def following(query: Query, stored_total: int, made: Sequence[Resource]) -> Sequence[Resource]:
    """The part of ``made`` that stands on a page behind so many stored ones."""
    if query.only_count:
        return ()
    end = query.offset + query.count - stored_total
    return made[max(query.offset - stored_total, 0) : max(end, 0)]


def _made_entry(base: str, resource: Resource, names: tuple[str, ...]) -> Resource:
    shown = _reduced(resource, names) if names else resource
    return {"fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}", "resource": shown, "search": {"mode": "match"}}


def _links(url: str, query: Query, total: int, arguments: Arguments) -> list[Resource]:
    kept = [(name, value) for name, value in arguments if name not in ("_offset", "_count")]
    links = [{"relation": "self", "url": _page(url, kept, query.count, query.offset)}]
    if query.only_count or not query.count:
        return links
    if query.offset + query.count < total:
        links.append({"relation": "next", "url": _page(url, kept, query.count, query.offset + query.count)})
    if query.offset:
        links.append({"relation": "previous", "url": _page(url, kept, query.count, max(query.offset - query.count, 0))})
    return links


def _page(url: str, kept: Sequence[tuple[str, str]], count: int, offset: int) -> str:
    return f"{url}?{urlencode([*kept, ('_count', count), ('_offset', offset)])}"


def _entry(base: str, row: FhirResource, mode: str, names: tuple[str, ...]) -> Resource:
    resource = stored(row)
    if names:
        resource = _reduced(resource, names)
    return {"fullUrl": f"{base}/{row.reference}", "resource": resource, "search": {"mode": mode}}


def _reduced(resource: Resource, names: tuple[str, ...]) -> Resource:
    kept = {name: value for name, value in resource.items() if name in _KEPT or name in names}
    tags = [*(resource.get("meta", {}).get("tag") or ()), _SUBSETTED]
    return {**kept, "meta": {**resource.get("meta", {}), "tag": tags}}


def collection(
    request: Request, rows: Sequence[FhirResource], total: int, link: list[Resource], made: Sequence[Resource] = ()
) -> Resource:
    """A search set of resources of several kinds, those that are not stored last."""
    base = base_url(request)
    entries = [_entry(base, row, "match", ()) for row in rows] + [_made_entry(base, one, ()) for one in made]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": link}
    return {**bundle, "entry": entries} if entries else bundle


def history_bundle(request: Request, rows: Sequence[FhirResource]) -> Resource:
    """The versions of a resource, newest first."""
    base = base_url(request)
    return {
        "resourceType": "Bundle",
        "type": "history",
        "total": len(rows),
        "entry": [_history_entry(base, row) for row in rows],
    }


def _history_entry(base: str, row: FhirResource) -> Resource:
    method = "DELETE" if row.is_deleted else "POST" if row.version == 1 else "PUT"
    url = row.kind if method == "POST" else row.reference
    status = {"DELETE": "204 No Content", "POST": "201 Created", "PUT": "200 OK"}[method]
    response = {"status": status, "etag": f'W/"{row.version}"', "lastModified": instant(row.changed_at)}
    entry: Resource = {"fullUrl": f"{base}/{row.reference}", "request": {"method": method, "url": url}, "response": response}
    return entry if row.is_deleted else {**entry, "resource": stored(row)}
