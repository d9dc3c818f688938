"""Writing: one resource or a whole transaction, by the same steps.

Plan every entry (which resource, which version), give out ids, rewrite references, write all versions at once, and hand the
dataset rows to the pipeline. Nothing is written before everything is planned; the caller's unit of work commits or not.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from empi.api import patient_key
from etl.api import Sender, Upload, accept
from exchange.fhir.checking import Resource, parse
from exchange.fhir.definitions.catalogue import maps_of
from exchange.fhir.links import BundleLinks, own_id, referred_numbers, rewrite, subject_of
from exchange.fhir.mapping import Rows
from exchange.fhir.models import FhirResource
from exchange.fhir.outcome import FhirRefused, Issue, invalid
from exchange.fhir.searching import matching
from exchange.fhir.store import Owner, Version, current, save, stamp
from exchange.fhir.structures import resource_types
from health_platform.kernel.ids import new_id

SOURCE: Final = "fhir"


@dataclass(slots=True)
class Entry:
    """One thing to be written.

    Attributes:
        method: POST, PUT or DELETE.
        criteria: the search of a conditional update or delete; None for a plain one.
        none_exist: the search of a conditional create (If-None-Exist); None without.
        if_match: the version the caller believes to be current; "" without.
        where: FHIRPath of the entry, for messages.
    """

    method: str
    kind: str
    logical_id: str = ""
    resource: Resource | None = None
    full_url: str = ""
    criteria: Sequence[tuple[str, str]] | None = None
    none_exist: Sequence[tuple[str, str]] | None = None
    if_match: str = ""
    where: str = ""


@dataclass(slots=True)
class Done:
    """What became of an entry: HTTP status and the version that is current now (None: there is nothing)."""

    status: int
    kind: str
    logical_id: str
    number: int
    at: datetime
    resource: Resource | None = None


@dataclass(slots=True)
class _Plan:
    session: Session
    owner: Owner
    at: datetime
    known: dict[str, dict[str, FhirResource]] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


def write(session: Session, owner: Owner, entries: Sequence[Entry], at: datetime, message_id: str) -> list[Done]:
    """Write all entries or, by an exception, none.

    Raises:
        FhirRefused: 404/405 unknown, 409/412 conflicts, 400 what cannot be read.
    """
    plan = _Plan(session, owner, at)
    _load(plan, entries)
    done = [_planned(plan, entry) for entry in entries]
    for one in plan.versions:
        if one.resource is not None:
            rewrite(one.resource, plan.ids, lambda text: _conditional_reference(plan, text))
    _hand_over(plan, message_id)
    save(session, owner, plan.versions, at)
    return done


def _load(plan: _Plan, entries: Iterable[Entry]) -> None:
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        if entry.logical_id:
            wanted.setdefault(entry.kind, set()).add(entry.logical_id)
    plan.known = {kind: current(plan.session, kind, ids) for kind, ids in wanted.items()}


def _planned(plan: _Plan, entry: Entry) -> Done:
    done = {"POST": _create, "PUT": _update, "DELETE": _delete}[entry.method](plan, entry)
    reference = f"{done.kind}/{done.logical_id}"
    if entry.full_url and done.logical_id:
        plan.ids[entry.full_url] = reference
    return done


def _create(plan: _Plan, entry: Entry) -> Done:
    if entry.none_exist is not None:
        found = _one_match(plan, entry.kind, entry.none_exist, entry.where)
        if found is not None:
            return Done(200, found.kind, found.logical_id, found.version, found.changed_at, stored(found))
    return _store(plan, entry, str(new_id()), None, 201)


def _update(plan: _Plan, entry: Entry) -> Done:
    previous = _target(plan, entry)
    if previous is None and entry.criteria is not None:
        return _store(plan, entry, str(new_id()), None, 201)
    if previous is None:
        problem = f"{entry.kind}/{entry.logical_id} is not known; ids are given by the server: use POST or PUT with a condition"
        raise FhirRefused(405, Issue("not-supported", problem, entry.where))
    _check_version(previous, entry)
    return _store(plan, entry, previous.logical_id, previous, 200)


def _delete(plan: _Plan, entry: Entry) -> Done:
    previous = _target(plan, entry)
    if previous is None or previous.is_deleted:
        return Done(204, entry.kind, entry.logical_id, previous.version if previous else 0, plan.at)
    _check_version(previous, entry)
    _touch(plan, previous.reference, entry)
    number = previous.version + 1
    plan.versions.append(Version(previous.kind, previous.logical_id, number, None, previous))
    return Done(204, previous.kind, previous.logical_id, number, plan.at)


def _target(plan: _Plan, entry: Entry) -> FhirResource | None:
    if entry.criteria is not None:
        return _one_match(plan, entry.kind, entry.criteria, entry.where)
    found = plan.known.get(entry.kind, {}).get(entry.logical_id)
    if found is not None and found.institution_id != plan.owner.institution_id:
        raise FhirRefused(403, Issue("forbidden", "only the institution that created a resource may change it", entry.where))
    return found


def _one_match(plan: _Plan, kind: str, criteria: Sequence[tuple[str, str]], where: str) -> FhirResource | None:
    found = matching(plan.session, kind, criteria, plan.owner.institution_id)
    if len(found) > 1:
        raise FhirRefused(412, Issue("multiple-matches", f"the condition is met by several {kind}", where))
    return found[0] if found else None


def _check_version(previous: FhirResource, entry: Entry) -> None:
    if entry.if_match and entry.if_match != str(previous.version):
        problem = f"version {entry.if_match[:20]} is not current; it is {previous.version}"
        raise FhirRefused(412, Issue("conflict", problem, entry.where))


def _touch(plan: _Plan, reference: str, entry: Entry) -> None:
    if reference in plan.touched:
        raise invalid(f"{reference} is written twice in one transaction", entry.where, "duplicate")
    plan.touched.add(reference)


def _store(plan: _Plan, entry: Entry, logical_id: str, previous: FhirResource | None, status: int) -> Done:
    _touch(plan, f"{entry.kind}/{logical_id}", entry)
    if entry.resource is None:
        raise invalid("a resource is required", f"{entry.where}.resource".lstrip("."), "required")
    number = previous.version + 1 if previous else 1
    resource = stamp(entry.resource, logical_id, number, plan.at)
    plan.versions.append(Version(entry.kind, logical_id, number, resource, previous))
    return Done(status, entry.kind, logical_id, number, plan.at, resource)


def _conditional_reference(plan: _Plan, text: str) -> str:
    kind, _, query = text.partition("?")
    if kind not in resource_types():
        raise invalid(f"{text[:80]!r} is no reference", code="value")
    found = _one_match(plan, kind, parse_qsl(query, keep_blank_values=True), text[:80])
    if found is None:
        raise FhirRefused(412, Issue("not-found", f"nothing matches the reference {text[:80]!r}"))
    return found.reference


def _hand_over(plan: _Plan, message_id: str) -> None:
    """Give the dataset rows of what is written to the pipeline, in the same unit of work."""
    live = [one.resource for one in plan.versions if one.resource is not None]
    gone = [parse(one.previous.body) for one in plan.versions if one.resource is None and one.previous and one.previous.body]
    links = BundleLinks([*live, *gone], _stored_numbers(plan, live))
    for one in plan.versions:
        if one.resource is not None:
            one.patient_key = _patient_key(plan.owner, one.resource, links)
    rows = _rows(live, links)
    sender = Sender(plan.owner.institution_id, plan.owner.division_code)
    if rows:
        accept(plan.session, Upload.of_rows(sender, SOURCE, message_id, rows, SOURCE))
    if withdrawn := _rows(gone, links):
        upload = Upload.of_rows(sender, SOURCE, f"{message_id}-withdrawn"[:120], withdrawn, SOURCE)
        accept(plan.session, replace(upload, operation="delete"))


def _rows(resources: Sequence[Resource], links: BundleLinks) -> Rows:
    rows: Rows = {}
    for resource in resources:
        for one in maps_of(resource["resourceType"]):
            for row in one.rows(resource, links):
                rows.setdefault(one.dataset, []).append(row)
    return rows


def _stored_numbers(plan: _Plan, resources: Sequence[Resource]) -> Mapping[str, str]:
    written = {f"{one['resourceType']}/{one['id']}" for one in resources}
    numbers: dict[str, str] = {}
    for kind, ids in referred_numbers(resources).items():
        missing = {one for one in ids if f"{kind}/{one}" not in written}
        numbers.update({row.reference: row.local_id or row.logical_id for row in current(plan.session, kind, missing).values()})
    return numbers


def _patient_key(owner: Owner, resource: Resource, links: BundleLinks) -> int | None:
    number = own_id(resource) if resource["resourceType"] == "Patient" else links.local_id(subject_of(resource))
    return patient_key(owner.code, number) if number else None


def stored(row: FhirResource) -> Resource:
    """A stored version as a resource; decimals as they were written."""
    found: Resource = json.loads(row.body or b"{}", parse_float=Decimal)
    return found
