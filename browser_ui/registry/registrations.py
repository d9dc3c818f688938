"""Pages of registrations: what waits for review, and one submission with its payload and faults."""

from __future__ import annotations

import json
from typing import Any

from browser_ui.forms import form_of
from browser_ui.registry.imports import FINDINGS, told_rows
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from registry.api import NoteIn
from registry.registration import api as registration

READ = "registry.submission.read"
STATES = {"faulty": ("有错误", "bad"), "submitted": ("待审核", "warn"), "accepted": ("已通过", "ok"), "rejected": ("已退回", "")}
KINDS = {key: (kind.label, "") for key, kind in registration.KINDS.items()}

COLUMNS = (
    Column("kind", "类别", kind="badge", badges=KINDS),
    Column("reference", "提交编号", href="/console/registry/registrations/{id}"),
    Column("provider_name", "提交方"),
    Column("submitted_at", "提交时间", kind="moment"),
    Column("state", "状态", kind="badge", badges=STATES),
    Column("decided_by", "审核人"),
)

blp = Blueprint("pages_registrations", __name__, url_prefix="/console/registry/registrations", description="注册审核页面")


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
        "search": form_of(registration.SubmissionQuery)[:2],
        "file": form_of(registration.SubmissionFileIn),
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
    body=registration.SubmissionFileIn,
    template="registry/imported.html",
    audit="registry.submission.import",
)
def load(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Hand a file of submissions in and show what became of each row."""
    result = registration.submit_file(call.session, call.principal, body["kind"], body["file"].read())
    return {"result": result, "columns": FINDINGS, "rows": told_rows(result), "back": "/console/registry/registrations"}


@endpoint(blp, "GET", "/<int:submission_id>", permission=READ, label="注册申请页面", template="registry/registration.html")
def detail(call: Call, submission_id: int) -> dict[str, Any]:
    """One submission."""
    row = registration.submission(call.session, submission_id)
    fields = form_of(registration.KINDS[row.kind].schema)
    labels = {one.name: one.label for one in fields}
    facts = [
        (labels.get(name, name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in row.payload.items()
    ]
    return {"row": row, "facts": facts, "states": STATES, "kinds": KINDS, "note": form_of(NoteIn)}
