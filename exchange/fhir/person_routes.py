"""The person index as a FHIR server of its own (IHE PDQm): its Patients are persons, one each, with their numbers everywhere.

Under ``/fhir/R4`` stand the patients as institutions sent them; here stands whom they are about, whatever way they came.
"""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlencode

from flask import Response, request

from exchange.callers.api import counted
from exchange.fhir import presenting, routes, rows
from exchange.fhir.checking import Resource, parse
from exchange.fhir.crossref import stated_number
from exchange.fhir.demographics import PARAMETERS, Asked, Persons, find, patient_of, read_query
from exchange.fhir.matching import asked_of, entry, read_parameters
from exchange.fhir.outcome import not_found
from exchange.fhir.query import Arguments
from exchange.hl7v2.numbers import load_authorities
from exchange.identity import by_person, candidates
from health_platform.kernel.http import Blueprint, Call, View, endpoint
from health_platform.kernel.parsing import whole

BASE: Final = "/fhir/pdqm"
_SUPPLIER: Final = "https://profiles.ihe.net/ITI/PDQm/CapabilityStatement/IHE.PDQm.PatientDemographicsSupplier"
_MATCH: Final = "https://profiles.ihe.net/ITI/PDQm/OperationDefinition/PDQmMatch"

blp = Blueprint("fhir_persons", __name__, url_prefix=BASE, description="FHIR R4: persons of the index")


def _reading(method: str, rule: str, label: str) -> Callable[[View], View]:
    read = endpoint(blp, method, rule, permission=routes.READ, label=label, scope="jurisdiction", audit="read:fhir", raw=True)
    return lambda view: read(counted(view))


@endpoint(blp, "GET", "/metadata", permission="public", label="FHIR 主索引查询能力声明", scope="public", raw=True)
def metadata(call: Call) -> Response:
    """What this service can do."""
    presenting.refuse_other_formats(request)
    patient: Resource = {
        "type": "Patient",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": name, "type": kind} for name, kind in PARAMETERS.items()],
        "operation": [{"name": "match", "definition": _MATCH}],
    }
    return presenting.answer(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-01-01",
            "kind": "instance",
            "instantiates": [_SUPPLIER],
            "software": {"name": "health-platform"},
            "implementation": {"description": "Persons of the master patient index", "url": _base()},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "rest": [{"mode": "server", "resource": [patient]}],
        }
    )


@_reading("GET", "/Patient", "FHIR 主索引检索(PDQm)")
def search(call: Call) -> Response:
    """Persons by demographics (IHE ITI-78)."""
    return _search(call, list(request.args.items(multi=True)))


@_reading("POST", "/Patient/_search", "FHIR 主索引检索(PDQm,表单)")
def search_by_form(call: Call) -> Response:
    """Persons by demographics in a form, so that they do not stand in logs."""
    return _search(call, [*request.args.items(multi=True), *request.form.items(multi=True)])


@_reading("GET", "/Patient/<logical_id>", "FHIR 主索引读取")
def read(call: Call, logical_id: str) -> Response:
    """One person; a person merged away leads to the one that remains."""
    presenting.refuse_other_formats(request)
    number = whole(logical_id.removeprefix(rows.PERSON))
    found = by_person(call.session, number) if number is not None else None
    if found is None:
        raise not_found(f"Patient/{logical_id[:64]}")
    call.audit(object_kind="Patient", object_id=logical_id, person_id=found.person_id)
    return presenting.answer(patient_of(call.session, found))


@_reading("POST", "/Patient/$match", "FHIR 主索引匹配")
def match(call: Call) -> Response:
    """Persons like the patient given (IHE ITI-119), graded by the person index."""
    presenting.refuse_other_formats(request)
    patient, only_certain, limit = read_parameters(parse(call.raw()))
    found = candidates(call.session, asked_of(patient, stated_number(call.session, patient)), limit, only_certain)
    call.audit(object_kind="Patient", found=len(found), persons=[str(one.person_id) for one in found[:_NAMED]])
    entries = [{**entry(one, _base()), "resource": patient_of(call.session, one)} for one in found]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return presenting.answer({**bundle, "entry": entries} if entries else bundle)


_NAMED: Final = 50


def _search(call: Call, arguments: Arguments) -> Response:
    presenting.refuse_other_formats(request)
    asked = read_query(load_authorities(call.session), arguments)
    found = find(call.session, asked)
    call.audit(object_kind="Patient", found=found.total, persons=[str(one["id"]) for one in found.page[:_NAMED]])
    return presenting.answer(_bundle(asked, found, arguments))


def _bundle(asked: Asked, found: Persons, arguments: Arguments) -> Resource:
    kept = [(name, value) for name, value in arguments if name not in ("_offset", "_count")]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": found.total}
    bundle["link"] = [{"relation": "self", "url": _page(kept, asked.count, asked.offset)}]
    if asked.count and asked.offset + asked.count < found.total:
        bundle["link"].append({"relation": "next", "url": _page(kept, asked.count, asked.offset + asked.count)})
    entries = [{"fullUrl": f"{_base()}/Patient/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in found.page]
    return {**bundle, "entry": entries} if entries else bundle


def _page(kept: Sequence[tuple[str, str]], count: int, offset: int) -> str:
    return f"{_base()}/Patient?{urlencode([*kept, ('_count', count), ('_offset', offset)])}"


def _base() -> str:
    return request.host_url.rstrip("/") + BASE
