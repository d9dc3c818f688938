"""Pages of registrations: what waits for review, and one submission with its payload and faults."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import fields, validate

from browser_ui.forms import form_of
from browser_ui.registry.imports import LookedAtIn, Source, taken_in
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import ImportResult, NoteIn
from registry.registration import api as registration

READ = "registry.submission.read"
STATES = {"faulty": ("有错误", "bad"), "submitted": ("待审核", "warn"), "accepted": ("已通过", "ok"), "rejected": ("已退回", "")}
KINDS = {key: (kind.label, "") for key, kind in registration.KINDS.items()}

COLUMNS = (
    Column("kind", "类别", sort=True, kind="badge", badges=KINDS),
    Column("reference", "提交编号", sort=True, href="/console/registry/registrations/{id}"),
    Column("provider_name", "提交方", sort=True),
    Column("submitted_at", "提交时间", sort=True, kind="moment"),
    Column("state", "状态", sort=True, kind="badge", badges=STATES),
    Column("decided_by", "审核人"),
)

ADDRESS = "/console/registry/registrations"
blp = Blueprint("pages_registrations", __name__, url_prefix=ADDRESS, description="注册审核页面")


class LookedAtSubmissionsIn(LookedAtIn):
    """A file of submissions of one kind."""

    kind = fields.String(required=True, validate=validate.OneOf(list(registration.KINDS)))


@endpoint(
    blp,
    "GET",
    "",
    permission=READ,
    label="注册审核页面",
    query=registration.SubmissionQuery,
    template="registry/registrations.html",
)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Submissions in order of arrival."""
    found = registration.listed(call.session, registration.SubmissionFilter(**query))
    return {
        "columns": COLUMNS,
        "page": Page(found.rows, found.total, found.page, found.size),
        "query": query,
        "search": form_of(registration.SubmissionQuery)[:3],
        "file": [one for one in form_of(registration.SubmissionFileIn) if one.name != "apply"],
        "heads": {
            kind.label: "、".join(one.label for one in registration.headings(code)) for code, kind in registration.KINDS.items()
        },
    }


@endpoint(
    blp,
    "POST",
    "/import",
    permission="registry.submission.submit",
    label="按文件提交注册页面",
    body=LookedAtSubmissionsIn,
    template="registry/imported.html",
    audit="registry.submission.import",
)
def load(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Show what a file would hand in, or hand it in and show what became of each row."""
    kind = body["kind"]

    def work(content: bytes, apply: bool) -> ImportResult:
        return registration.submit_file(call.session, call.principal, kind, content, apply)

    return taken_in(body, Source(ADDRESS, f"{ADDRESS}/import", {"kind": kind}), work)


@endpoint(blp, "GET", "/<int:submission_id>", permission=READ, label="注册申请页面", template="registry/registration.html")
def detail(call: Call, submission_id: int) -> dict[str, Any]:
    """One submission."""
    row = registration.submission(call.session, submission_id)
    labels = {one.name: one.label for one in form_of(registration.KINDS[row.kind].schema)}
    facts = [
        (labels.get(name, name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in row.payload.items()
    ]
    return {"row": row, "facts": facts, "states": STATES, "kinds": KINDS, "note": form_of(NoteIn)}
