"""The FHIR R4 service: resources as sent, searchable, versioned; what becomes rows goes to the pipeline."""

import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from flask import Response, request
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from exchange.callers.api import counted, sender_of
from exchange.fhir import answers, presenting, rows, store
from exchange.fhir.bundles import Request, etag_version, process
from exchange.fhir.capability import capability_statement, stored_kinds
from exchange.fhir.checking import Resource, check, dump, parse
from exchange.fhir.crossref import other_numbers, read_asked, stated_number
from exchange.fhir.feed import take_feed
from exchange.fhir.matching import asked_of, entry, person_resource, read_parameters
from exchange.fhir.models import FhirResource
from exchange.fhir.outcome import FhirRefused, Issue, invalid, not_found, outcome
from exchange.fhir.query import Arguments, known_only, read_query, selects
from exchange.fhir.searching import run
from exchange.fhir.sifting import sifted
from exchange.fhir.store import Owner
from exchange.fhir.transactions import Entry, stored, write
from exchange.identity import by_person, candidates
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.http import Blueprint, Call, ScopeKind, View, endpoint
from health_platform.kernel.parsing import whole

READ: Final = "exchange.fhir.read"
WRITE: Final = "exchange.fhir.write"
_MESSAGE_HEADERS: Final = ("X-Message-Id", "Idempotency-Key")
_HISTORY: Final = 200
_PERSON: Final = rows.PERSON

blp = Blueprint("fhir", __name__, url_prefix=presenting.BASE, description="FHIR R4")


_CODES: Final = {
    401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported", 409: "conflict", 413: "too-long", 429: "throttled",
    500: "exception", 503: "transient",
}  # fmt: skip


def refused(error: PlatformError) -> Response:
    """Every error below this prefix is an OperationOutcome, also for a path or method that the service does not have."""
    if isinstance(error, FhirRefused):
        return presenting.answer(outcome(error.issues), error.status)
    issue = Issue(_CODES.get(error.status, "processing"), f"{error.code}: {error.message}")
    return presenting.answer(outcome([issue]), error.status)


def _endpoint(method: str, rule: str, permission: str, label: str, scope: ScopeKind = "jurisdiction") -> Callable[[View], View]:
    """An endpoint of this service: bodies are read here, reads and writes are both audited."""
    audit = {"GET": "read:fhir", "DELETE": "delete:fhir"}.get(method, "read:fhir" if permission == READ else "write:fhir")
    reads = permission == READ
    registered = endpoint(blp, method, rule, permission=permission, label=label, scope=scope, audit=audit, raw=True, reads=reads)
    return (lambda view: registered(counted(view))) if reads else registered  # writers count as senders


@endpoint(blp, "GET", "/metadata", permission="public", label="FHIR 能力声明", scope="public", raw=True)
def metadata(call: Call) -> Response:
    """What this service can do."""
    presenting.refuse_other_formats(request)
    return presenting.answer(capability_statement(presenting.base_url(request)))


@_endpoint("POST", "", WRITE, "FHIR 提交数据包")
def submit(call: Call) -> Response:
    """Carry out a transaction or a batch. A repeated message id is answered as the first time."""
    presenting.refuse_other_formats(request)
    owner, content = _owner(call), call.raw()
    given = next((value for name in _MESSAGE_HEADERS if (value := request.headers.get(name, ""))), "")
    if given and (known := answers.earlier(call.session, owner, given, content)):
        return presenting.answer(parse(known))
    bundle = parse(content)
    message_id = given or f"fhir-{uuid.uuid4()}"
    session = call.session
    answer = process(Request(session, owner, call.now, message_id, lambda url: _read_url(session, url)), bundle)
    if given:
        answers.remember(session, owner, given, content, dump(answer), call.now)
    call.audit(object_kind="Bundle", object_id=message_id[:60], entries=len(answer["entry"]))
    return presenting.answer(answer)


@_endpoint("POST", "/<kind>", WRITE, "FHIR 新建资源")
def create(call: Call, kind: str) -> Response:
    """Store a resource under a new id; with ``If-None-Exist`` only if nothing matches."""
    none_exist = request.headers.get("If-None-Exist")
    condition = parse_qsl(none_exist.lstrip("?"), keep_blank_values=True) if none_exist else None
    return _write(call, Entry("POST", kind, resource=_body(call, kind), none_exist=condition))


@_endpoint("PUT", "/<kind>", WRITE, "FHIR 条件更新")
def update_matching(call: Call, kind: str) -> Response:
    """Update the one resource of the caller's institution that matches, or create it."""
    return _write(call, Entry("PUT", kind, resource=_body(call, kind), criteria=_arguments()))


@_endpoint("PUT", "/<kind>/<logical_id>", WRITE, "FHIR 更新资源")
def update(call: Call, kind: str, logical_id: str) -> Response:
    """Store a new version of a resource; ``If-Match`` guards against overwriting another's change."""
    resource = _body(call, kind)
    if resource.get("id") not in (None, logical_id):
        raise invalid(f"the body has id {resource['id'][:64]!r}, the URL {logical_id[:64]!r}", f"{kind}.id", "value")
    return _write(call, Entry("PUT", kind, logical_id, resource, if_match=etag_version(request.headers.get("If-Match", ""))))


@_endpoint("DELETE", "/<kind>/<logical_id>", WRITE, "FHIR 删除资源")
def remove(call: Call, kind: str, logical_id: str) -> Response:
    """Withdraw a resource; its versions stay readable, its rows are withdrawn from the record."""
    return _write(call, Entry("DELETE", kind, logical_id, if_match=etag_version(request.headers.get("If-Match", ""))))


@_endpoint("DELETE", "/<kind>", WRITE, "FHIR 条件删除")
def remove_matching(call: Call, kind: str) -> Response:
    """Withdraw the one resource of the caller's institution that matches."""
    return _write(call, Entry("DELETE", kind, criteria=_arguments()))


@_endpoint("POST", "/<kind>/$validate", READ, "FHIR 校验资源", scope="reference")
def validate(call: Call, kind: str) -> Response:
    """Check a resource without storing it."""
    content = parse(call.raw())
    for one in content.get("parameter") or () if content.get("resourceType") == "Parameters" else ():
        content = one["resource"] if isinstance(one, dict) and isinstance(one.get("resource"), dict) else content
    try:
        check(content)
    except FhirRefused as error:
        return presenting.answer(outcome(error.issues))
    return presenting.answer(outcome([Issue("informational", "the resource is well formed", severity="information")]))


@_endpoint("GET", "/<kind>", READ, "FHIR 检索")
def search(call: Call, kind: str) -> Response:
    """Search resources of one kind."""
    return _search(call, kind, _arguments())


@_endpoint("POST", "/<kind>/_search", READ, "FHIR 检索(表单)")
def search_by_form(call: Call, kind: str) -> Response:
    """Search with the parameters in a form, so that they do not stand in logs."""
    return _search(call, kind, [*_arguments(), *request.form.items(multi=True)])


@_endpoint("GET", "/<kind>/<logical_id>", READ, "FHIR 读取资源")
def read(call: Call, kind: str, logical_id: str) -> Response:
    """The current version of a resource."""
    presenting.refuse_other_formats(request)
    if kind == "Patient" and logical_id.startswith(_PERSON):
        return presenting.answer(_person(call, logical_id))
    if logical_id.startswith(rows.PREFIX):
        return presenting.answer(_of_row(call, kind, logical_id))
    row = _current(call.session, kind, logical_id)
    call.audit(object_kind=kind, object_id=logical_id, person_id=row.person_id)
    headers = presenting.version_headers(row.version, row.changed_at)
    if etag_version(request.headers.get("If-None-Match", "")) == str(row.version):
        return Response(status=304, headers=headers)
    return presenting.answer(stored(row), 200, headers)


@_endpoint("GET", "/<kind>/<logical_id>/_history", READ, "FHIR 资源历史")
def history(call: Call, kind: str, logical_id: str) -> Response:
    """All versions of a resource."""
    versions = store.history(call.session, _known(kind), logical_id, _HISTORY)
    if not versions:
        raise not_found(f"{kind}/{logical_id[:64]}")
    call.audit(object_kind=kind, object_id=logical_id, person_id=versions[0].person_id)
    return presenting.answer(presenting.history_bundle(request, versions))


@_endpoint("GET", "/<kind>/<logical_id>/_history/<number>", READ, "FHIR 历史版本")
def read_version(call: Call, kind: str, logical_id: str, number: str) -> Response:
    """One version of a resource."""
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else -1
    row = store.version(call.session, _known(kind), logical_id, wanted)
    if row is None:
        raise not_found(f"{kind}/{logical_id[:64]} version {number[:20]}")
    if row.is_deleted:
        raise FhirRefused(410, Issue("deleted", "this version is a deletion"))
    call.audit(object_kind=kind, object_id=logical_id, person_id=row.person_id)
    return presenting.answer(stored(row), 200, presenting.version_headers(row.version, row.changed_at))


@_endpoint("GET", "/Patient/<logical_id>/$everything", READ, "FHIR 患者全部资料")
def everything(call: Call, logical_id: str) -> Response:
    """Everything about the person behind a patient, whichever institution sent it and in which form, as far as the caller may
    see it."""
    _refuse_narrowing()
    patient, person_id, first = _everyone(call, logical_id)
    call.audit(object_kind="Patient", object_id=logical_id, person_id=person_id)
    query = read_query(call.session, "Patient", [(n, v) for n, v in _arguments() if n in ("_count", "_offset")])
    kinds = [one for one in request.args.get("_type", "").split(",") if one]
    conditions = _of_person(patient, person_id, kinds)
    stored_total = call.session.scalar(select(func.count()).select_from(FhirResource).where(*conditions)) or 0
    made = [one for one in first if not kinds or one["resourceType"] in kinds]
    made += rows.resources_of(call, person_id, kinds) if person_id is not None else []
    total = stored_total + len(made)
    page = select(FhirResource).where(*conditions).order_by(FhirResource.id).offset(query.offset).limit(query.count)
    link = [{"relation": "self", "url": request.url}]
    if query.offset + query.count < total:
        page_after = {
            "_count": query.count,
            "_offset": query.offset + query.count,
            **({"_type": ",".join(kinds)} if kinds else {}),
        }
        address = f"{presenting.base_url(request)}/Patient/{logical_id}/$everything"
        link.append({"relation": "next", "url": f"{address}?{urlencode(page_after, safe=',')}"})
    shown = presenting.following(query, stored_total, made)
    return presenting.answer(presenting.collection(request, call.session.scalars(page).all(), total, link, shown))


def _refuse_narrowing() -> None:
    """A filter that is ignored shows more than was asked for, so what is not supported here is refused."""
    asked = {name for name, _ in _arguments()} - {"_count", "_offset", "_type", "_format", "_pretty"}
    if asked and "handling=lenient" not in request.headers.get("Prefer", ""):
        problem = f"$everything takes _type, _count and _offset, not {', '.join(sorted(asked))[:100]}"
        raise FhirRefused(400, Issue("not-supported", problem, "http"))


def _everyone(call: Call, logical_id: str) -> tuple[FhirResource | None, int | None, list[Resource]]:
    """The stored patient, the person, and what is to be told of a person whom the index knows without such a resource."""
    if logical_id.startswith(_PERSON):
        resource = _person(call, logical_id)
        return None, int(str(resource["id"]).removeprefix(_PERSON)), [resource]
    patient = _current(call.session, "Patient", logical_id)
    return patient, patient.person_id, []


def _of_person(patient: FhirResource | None, person_id: int | None, kinds: list[str]) -> list[ColumnElement[bool]]:
    of_person: list[ColumnElement[bool]] = []
    if patient is not None:
        of_person += [FhirResource.patient_key == patient.patient_key, FhirResource.id == patient.id]
    if person_id is not None:
        of_person.append(FhirResource.person_id == person_id)
    conditions = [FhirResource.is_current.is_(True), FhirResource.is_deleted.is_(False), or_(*of_person)]
    return [*conditions, FhirResource.kind.in_(kinds)] if kinds else conditions


@_endpoint("GET", "/Patient/$ihe-pix", READ, "FHIR 患者号交叉查询(PIXm)")
def cross_reference(call: Call) -> Response:
    """The numbers a person has elsewhere, by one of its numbers (IHE ITI-83)."""
    presenting.refuse_other_formats(request)
    asked = read_asked(request.args.getlist("sourceIdentifier"), request.args.getlist("targetSystem"))
    found = other_numbers(call.session, asked, presenting.base_url(request))
    call.audit(object_kind="Patient", object_id=f"{_PERSON}{found.person_id}", person_id=found.person_id)
    return presenting.answer(found.resource)


@_endpoint("POST", "/$process-message", WRITE, "FHIR 患者主数据推送(PMIR)")
def process_message(call: Call) -> Response:
    """Take a patient feed (IHE ITI-93): new, changed and merged patients."""
    presenting.refuse_other_formats(request)
    owner, message_id = _owner(call), f"fhir-{uuid.uuid4()}"
    asked = Request(call.session, owner, call.now, message_id, lambda url: _read_url(call.session, url))
    answer = take_feed(asked, parse(call.raw()))
    call.audit(object_kind="MessageHeader", object_id=message_id)
    return presenting.answer(answer)


@_endpoint("POST", "/Patient/$match", READ, "FHIR 患者匹配")
def match(call: Call) -> Response:
    """Persons like the patient given, graded by the person index."""
    presenting.refuse_other_formats(request)
    patient, only_certain, limit = read_parameters(parse(call.raw()))
    asked = asked_of(patient, stated_number(call.session, patient))
    kept = candidates(call.session, asked, limit, only_certain)
    base = presenting.base_url(request)
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(kept)}
    return presenting.answer({**bundle, "entry": [entry(one, base) for one in kept]} if kept else bundle)


def _owner(call: Call) -> Owner:
    if call.principal.institution_id is None:
        raise FhirRefused(403, Issue("forbidden", "only an institution can write resources"))
    sender = sender_of(call)  # counts the request against the institution's limit
    return Owner(sender.institution_id, sender.division_code)


def _known(kind: str) -> str:
    if kind not in stored_kinds():
        raise FhirRefused(404, Issue("not-supported", f"{kind[:64]!r} is no kind of resource stored here"))
    return kind


def _body(call: Call, kind: str) -> Resource:
    presenting.refuse_other_formats(request)
    resource = check(parse(call.raw()))
    if resource["resourceType"] != _known(kind):
        raise invalid(f"the URL says {kind}, the body is a {resource['resourceType']}", f"{kind}.resourceType", "value")
    return resource


def _write(call: Call, one: Entry) -> Response:
    _known(one.kind)
    owner = _owner(call)
    done = write(call.session, owner, [one], call.now, f"fhir-{uuid.uuid4()}")[0]
    call.audit(object_kind=done.kind, object_id=done.logical_id, version=done.number)
    return presenting.written(request, done)


def _arguments() -> Arguments:
    return list(request.args.items(multi=True))


def _search(call: Call, kind: str, arguments: Arguments) -> Response:
    presenting.refuse_other_formats(request)
    if "handling=lenient" in request.headers.get("Prefer", ""):
        arguments = known_only(_known(kind), arguments)
    query = read_query(call.session, _known(kind), arguments)
    person_id, others = _asked_person(call, arguments)
    if person_id is not None and others is not None and _names_person(arguments):
        query = read_query(call.session, kind, others)
        query.narrow(FhirResource.person_id == person_id)
    found = run(call.session, query)
    made: list[Resource] = []
    if person_id is not None and others is not None and kind != "Patient":
        criteria = [(name, value) for name, value in others if value and selects(name)]
        made = sifted(rows.resources_of(call, person_id, (kind,)), kind, criteria)
    call.audit(object_kind=kind, found=found.total + len(made), person_id=person_id)
    return presenting.answer(presenting.searchset(request, query, found, arguments, made))


def _asked_person(call: Call, arguments: Arguments) -> tuple[int | None, Arguments | None]:
    """The one person a search is about and its other criteria; rows are only read of somebody who is named."""
    named = list(rows.named_person(arguments))
    if len(named) != 1 or "," in named[0][1]:
        return None, None
    logical_id = named[0][1]
    others = [(name, value) for name, value in arguments if (name, value.removeprefix("Patient/")) != named[0]]
    if logical_id.startswith(_PERSON):
        number = whole(logical_id.removeprefix(_PERSON))
        found = by_person(call.session, number) if number is not None else None
        return (found.person_id if found else None), others
    row = store.current(call.session, "Patient", [logical_id]).get(logical_id)
    return (row.person_id if row is not None and not row.is_deleted else None), others


def _names_person(arguments: Arguments) -> bool:
    return any(value.startswith(_PERSON) for _, value in rows.named_person(arguments))


def _of_row(call: Call, kind: str, logical_id: str) -> Resource:
    """The resource of a row, by the id an earlier answer gave."""
    found = rows.resource_by_id(call, _known(kind), logical_id)
    if found is None:
        raise not_found(f"{kind}/{logical_id[:64]}")
    call.audit(object_kind=kind, object_id=logical_id, person_id=found[1])
    return found[0]


def _current(session: Session, kind: str, logical_id: str) -> FhirResource:
    row = store.current(session, _known(kind), [logical_id]).get(logical_id)
    if row is None:
        raise not_found(f"{kind}/{logical_id[:64]}")
    if row.is_deleted:
        raise FhirRefused(410, Issue("deleted", f"{kind}/{logical_id[:64]} was withdrawn"))
    return row


def _person(call: Call, logical_id: str) -> Resource:
    """A person of the index, by ``person-<id>`` as ``$match`` names it."""
    number = whole(logical_id.removeprefix(_PERSON))
    found = by_person(call.session, number) if number is not None else None
    if found is None:
        raise not_found(f"Patient/{logical_id[:64]}")
    call.audit(object_kind="Patient", object_id=logical_id, person_id=found.person_id)
    return person_resource(found)


def _read_url(session: Session, url: str) -> Resource:
    """A GET inside a bundle: a resource, or a search without paging."""
    path, _, query = url.partition("?")
    kind, _, logical_id = path.strip("/").partition("/")
    if logical_id:
        return stored(_current(session, kind, logical_id))
    arguments: list[tuple[str, Any]] = parse_qsl(query, keep_blank_values=True)
    read = read_query(session, _known(kind), arguments)
    return presenting.searchset(request, read, run(session, read), arguments)
