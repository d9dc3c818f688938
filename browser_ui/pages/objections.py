"""Objections of residents against views of their records, for the authority that has to answer them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from browser_ui.forms import form_of
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import MenuItem, Platform
from health_platform.residents.api import AnswerIn, open_objections

blp = Blueprint("pages_objections", __name__, description="居民异议")
ANSWER = "resident.objection.answer"

COLUMNS = (
    Column("raised_at", "提出时间", kind="moment"),
    Column("text", "居民的疑问"),
    Column("audit_id", "调阅日志编号", kind="mono"),
)


@endpoint(blp, "GET", "/console/objections", permission=ANSWER, label="居民异议", template="resident/objections.html")
def waiting(call: Call) -> dict[str, Any]:
    """Objections that wait for an answer, oldest first."""
    rows = open_objections(call.session)
    asked = {row.id: tuple(replace(item, key=f"{row.id}-{item.name}") for item in form_of(AnswerIn)) for row in rows}
    return {"columns": COLUMNS, "page": Page(rows, len(rows), size=max(1, len(rows))), "fields": asked}


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    platform.menu(MenuItem("objections", "居民异议", "/console/objections", ANSWER, "健康档案", 40))
