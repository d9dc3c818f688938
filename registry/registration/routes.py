"""The JSON API of registration: providers submit and read their answers, managers review, anybody resolves ids."""

from typing import Any

from flask import Response

from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_xlsx
from registry.fields import ImportOut, NoteIn
from registry.identifiers import Identifier, entity_of, identifiers_of
from registry.importing import ImportResult
from registry.paging import Paged
from registry.registration import schemas as s
from registry.registration import service
from registry.registration.files import EXPORT, rows_of, submit_file
from registry.registration.models import Submission
from registry.registration.service import Offer, SubmissionFilter

SUBMIT, REVIEW, READ = "registry.submission.submit", "registry.submission.review", "registry.submission.read"

blp = Blueprint("registrations", __name__, url_prefix="/api/v1/registrations", description="注册服务")


@endpoint(blp, "POST", "", permission=SUBMIT, label="提交注册", body=s.SubmissionIn, response=s.SubmissionOut, status=202)
def submit(call: Call, body: dict[str, Any]) -> Submission:
    identifiers = tuple(Identifier(**one) for one in body["identifiers"])
    offer = Offer(body["reference"], body["kind"], body["payload"], identifiers)
    return service.submit(call.session, call.principal, offer)


@endpoint(blp, "GET", "", permission=READ, label="注册申请列表", query=s.SubmissionQuery, response=s.SubmissionsOut)
def submissions(call: Call, query: dict[str, Any]) -> Paged[Submission]:
    return service.listed(call.session, SubmissionFilter(**query))


@endpoint(blp, "GET", "/export", permission=READ, label="导出注册申请", query=s.SubmissionQuery)
def export(call: Call, query: dict[str, Any]) -> Response:
    found = service.listed(call.session, SubmissionFilter(**{**query, "page": 1, "size": 100_000}))
    return download(write_xlsx("注册申请", EXPORT, rows_of(found.rows)), "注册申请.xlsx")


@endpoint(blp, "POST", "/import", permission=SUBMIT, label="按文件提交注册", body=s.SubmissionFileIn, response=ImportOut)
def load(call: Call, body: dict[str, Any]) -> ImportResult:
    """Hand in one submission per row of a file."""
    return submit_file(call.session, call.principal, body["kind"], body["file"].read(), body["apply"])


@endpoint(blp, "GET", "/<int:submission_id>", permission=READ, label="注册申请", response=s.SubmissionOut)
def submission(call: Call, submission_id: int) -> Submission:
    return service.submission(call.session, submission_id)


@endpoint(blp, "POST", "/<int:submission_id>/accept", permission=REVIEW, label="通过注册", body=NoteIn, response=s.SubmissionOut)
def accept(call: Call, body: dict[str, Any], submission_id: int) -> Submission:
    return service.accept(call.session, call.principal, submission_id, body["note"])


@endpoint(blp, "POST", "/<int:submission_id>/reject", permission=REVIEW, label="退回注册", body=NoteIn, response=s.SubmissionOut)
def reject(call: Call, body: dict[str, Any], submission_id: int) -> Submission:
    return service.reject(call.session, call.principal, submission_id, body["note"])


@endpoint(
    blp,
    "GET",
    "/resolve",
    permission=READ,
    label="外部标识查平台标识",
    scope="reference",
    query=s.EntityQuery,
    response=s.EntityOut,
)
def resolve(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    entity_id = entity_of(call.session, query["kind"], query["value"], query["scheme"])
    if entity_id is None:
        raise NotFound("registry.identifier_unknown", value=query["value"])
    identifiers = identifiers_of(call.session, query["kind"], entity_id)
    return {"kind": query["kind"], "entity_id": entity_id, "identifiers": identifiers}
