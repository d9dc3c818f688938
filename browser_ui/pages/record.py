"""The record browser: find a person, say why, see the record section by section.

One function per section; each answers a whole page, the record without a document (for a frame), or the section alone,
by what the browser asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, redirect, request
from marshmallow import fields, validate

from browser_ui.forms import FormField, choices
from browser_ui.identity import person_card
from browser_ui.people import REVEALABLE
from browser_ui.record import sections
from browser_ui.record.finding import FindIn, found_people
from browser_ui.record.layouts import CARDS
from browser_ui.record.shell import Opened, bare_of, opened, shell_of
from browser_ui.record.view import ARROWS, FLAG_WORDS
from browser_ui.record.words import STANDINGS, kind_of, mark_of, note_of
from browser_ui.resident_words import what_was_done
from browser_ui.tables import Column, Page
from etl.api import DocumentStore, file_answer
from health_platform.access.api import document_access
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import Capability, MenuItem, Platform
from health_platform.launch.api import (
    REVEAL_REASONS,
    STATED_PURPOSES,
    Layout,
    owner_of,
    purpose_label,
    save_layout,
    state_purpose,
)
from health_platform.records.api import open_record
from health_platform.residents.api import release, views_of

blp = Blueprint("pages_record", __name__, url_prefix="/record", description="健康档案浏览器")
BARE = "record/bare.html"
VIEW, REVEAL, PRINT = "records.view", "records.reveal", "records.print"


class SectionQuery(Schema):
    """Paging and filters of a section."""

    cursor = fields.String(load_default="", validate=validate.Length(max=400))
    lane = fields.String(load_default="", validate=validate.Length(max=16))
    q = fields.String(load_default="", validate=validate.Length(max=60))
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000))


class RevealIn(Schema):
    reason = fields.String(required=True, validate=validate.OneOf(list(REVEAL_REASONS)))


class PurposeIn(Schema):
    purpose = fields.String(
        required=True, validate=validate.OneOf(list(STATED_PURPOSES), list(STATED_PURPOSES.values())),
        metadata={"label": "调阅原因", "kind": "radio"},
    )  # fmt: skip
    note = fields.String(load_default=None, validate=validate.Length(max=200), metadata={"label": "补充说明"})


class LayoutIn(Schema):
    view = fields.String(required=True, validate=validate.Length(max=16))
    show = fields.List(fields.String(validate=validate.OneOf(list(CARDS))), load_default=list)


class ReleaseIn(Schema):
    ref = fields.String(required=True, validate=validate.Length(max=400))


FIND_COLUMNS = (
    Column("name", "姓名", href="/record/{person_id}"),
    Column("sex", "性别"),
    Column("birth", "出生日期", kind="day"),
    Column("number", "证件号码", kind="mono"),
    Column("address", "住址"),
)
FIND_FIELDS = (
    FormField("number", "证件、卡或电话号码"),
    FormField("name", "姓名（含）"),
    FormField("sex", "性别", "select", choices=choices({"1": "男", "2": "女"})),
    FormField("age", "年龄", "number"),
    FormField("place", "住址（含）"),
)


@endpoint(blp, "GET", "", permission=VIEW, label="健康档案调阅", template="record/find.html", scope="relationship")
def find(call: Call) -> dict[str, Any]:
    """The empty search form."""
    return {"columns": FIND_COLUMNS, "fields": FIND_FIELDS, "query": {}, "searched": False}


@endpoint(blp, "POST", "", permission=VIEW, label="查找居民", template="record/find.html", body=FindIn,
          scope="relationship", audit="record.find")  # fmt: skip
def found(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Find a person by any number, or by few and uncertain facts. A POST: numbers do not belong into addresses."""
    result = found_people(call.session, body)
    call.audit(object_kind="person", found=len(result.people))
    return {
        "columns": FIND_COLUMNS, "fields": FIND_FIELDS, "query": body, "searched": True,
        "page": Page(result.people, len(result.people), size=max(1, len(result.people))), "steps": result.steps,
    }  # fmt: skip


def _page(call: Call, person_id: int, current: str, build: Any) -> Any:
    """A section within what the browser asked for, or the question why."""
    why = purpose_label(call.session, call.principal, person_id, call.now)
    if why is None:
        return redirect(f"/record/{person_id}/reason")
    one = opened(call, person_id, why)
    if one.person_id != person_id:  # merged into another person since the link was made
        return redirect(f"/record/{one.person_id}")
    call.audit(person_id=person_id, object_kind="record", object_id=person_id, section=current, why=why)
    return {**_around(one, current), **build(one)}


def _around(one: Opened, current: str) -> dict[str, Any]:
    target = request.headers.get("HX-Target", "")
    layout = {"section": BARE, "frame": "record/shell.html"}.get(target, "record/page.html")
    around = bare_of if layout == BARE else shell_of
    known = request.headers.get("X-Warnings", "")
    return {
        "layout": layout, "shell": around(one, current), "fresher": layout == BARE and known != one.warnings.stamp,
        "cards": CARDS, "reveal_reasons": REVEAL_REASONS,
        "flag_words": FLAG_WORDS, "arrows": ARROWS, "kind_of": kind_of, "mark_of": mark_of, "note_of": note_of,
        "standings": STANDINGS,
    }  # fmt: skip


def _section(rule: str, name: str, label: str, template: str, current: str, build: Any) -> None:
    """Declare the endpoint of one section."""

    def view(call: Call, query: dict[str, Any], person_id: int, **path: str) -> Any:
        return _page(call, person_id, current, lambda one: build(one, query, **path))

    view.__name__ = name
    view.__doc__ = f"Section {name} of a record."
    endpoint(blp, "GET", f"/<int:person_id>{rule}", permission=VIEW, label=label, template=template, query=SectionQuery,
             scope="relationship", audit="record.view")(view)  # fmt: skip


_section("", "overview", "档案概览", "record/overview.html", "overview", sections.overview)
_section("/timeline", "timeline", "时间轴", "record/timeline.html", "timeline", sections.timeline)
_section("/problems", "problems", "健康问题", "record/problems.html", "problems", sections.problems)
_section("/visits", "visits", "就诊", "record/visits.html", "visits", sections.visits)
_section("/labs", "labs", "检验", "record/labs.html", "labs", sections.labs)
_section("/labs/<path:code>", "lab", "检验项目", "record/lab.html", "labs", sections.lab)
_section("/exams", "exams", "检查影像", "record/exams.html", "exams", sections.exams)
_section("/drugs", "drugs", "用药", "record/drugs.html", "drugs", sections.drugs)
_section("/services", "services", "公共卫生", "record/services.html", "services", sections.services)
_section("/documents", "documents", "文书", "record/documents.html", "documents", sections.documents)
_section("/search", "search", "档案内搜索", "record/search.html", "search", sections.search)
for _key in ("timeline", "problems", "visits", "exams", "drugs", "services"):
    _section(f"/{_key}/<path:ref>", f"{_key}_detail", "档案详情", "record/detail.html", _key, sections.detail)


@endpoint(blp, "GET", "/<int:person_id>/documents/<ref>/file", permission=VIEW, label="文书原文", raw=True, scope="relationship",
          audit="record.file")  # fmt: skip
def file(call: Call, person_id: int, ref: str) -> Response:
    """The file of a document the caller may see, whole or the part a viewer asks for; decrypted as it is sent."""
    if purpose_label(call.session, call.principal, person_id, call.now) is None:
        raise NotFound("request.not_found")
    wishes = document_access(call.session, call.principal, person_id)
    found = open_record(call.platform, call.session, call.principal, person_id, wishes).detail(ref)
    digest = (found.content or {}).get("content", "")
    call.audit(person_id=person_id, object_kind="document", object_id=digest[:64])
    return file_answer(call.platform.service(DocumentStore), digest, found.event.note, request.headers.get("Range", ""))


_section("/documents/<path:ref>", "document", "文书内容", "record/documents.html", "documents", sections.document)


@endpoint(blp, "GET", "/<int:person_id>/access", permission=VIEW, label="调阅记录", template="record/access.html",
          query=SectionQuery, scope="relationship", audit="record.view")  # fmt: skip
def access(call: Call, query: dict[str, Any], person_id: int) -> Any:
    """Who looked at this record, as the resident sees it."""

    def build(one: Opened) -> Mapping[str, Any]:
        rows, total = views_of(call.session, person_id, query["page"])
        return {"page": Page(rows, total, query["page"], 20), "what_was_done": what_was_done}

    return _page(call, person_id, "access", build)


@endpoint(blp, "GET", "/<int:person_id>/reason", permission=VIEW, label="说明调阅原因", template="record/reason.html",
          scope="relationship")  # fmt: skip
def reason(call: Call, person_id: int) -> dict[str, Any]:
    """The question why, for callers without a treating relationship. It shows nothing of the person but that it exists."""
    card = person_card(call.session, person_id)
    asked = (
        FormField("purpose", "调阅原因", "radio", required=True, choices=choices(STATED_PURPOSES), wide=True),
        FormField("note", "补充说明", "textarea", max_length=200, wide=True),
    )
    return {"person_id": card.person_id, "fields": asked}


@endpoint(blp, "POST", "/<int:person_id>/purpose", permission=VIEW, label="登记调阅原因", body=PurposeIn, status=204,
          scope="relationship", audit="record.purpose")  # fmt: skip
def state_reason(call: Call, body: dict[str, Any], person_id: int) -> None:
    """Remember the reason for half an hour."""
    card = person_card(call.session, person_id)
    state_purpose(call.session, call.principal, card.person_id, (body["purpose"], body["note"]), call.now)
    call.audit(person_id=card.person_id, object_kind="record", purpose_stated=body["purpose"])


@endpoint(blp, "POST", "/<int:person_id>/reveal/<field>", permission=REVEAL, label="显示完整信息", body=RevealIn, raw=True,
          scope="relationship", audit="record.reveal")  # fmt: skip
def reveal(call: Call, body: dict[str, Any], person_id: int, field: str) -> Response:
    """One field in full, once; logged with its reason, and hidden again by the page after half a minute."""
    if field not in REVEALABLE:
        raise NotFound("request.not_found")
    card = person_card(call.session, person_id)
    call.audit(person_id=card.person_id, object_kind="record", field=field, reason=body["reason"])
    return Response(card.values.get(field, ""), mimetype="text/plain")


@endpoint(blp, "POST", "/<int:person_id>/printed", permission=PRINT, label="打印档案摘要", status=204,
          scope="relationship", audit="record.print")  # fmt: skip
def printed(call: Call, person_id: int) -> None:
    """The browser is about to print; paper leaves the platform, so it is on record."""
    call.audit(person_id=person_card(call.session, person_id).person_id, object_kind="record")


@endpoint(blp, "POST", "/<int:person_id>/layout", permission=VIEW, label="保存浏览布局", body=LayoutIn, raw=True,
          scope="relationship", audit="record.layout")  # fmt: skip
def keep_layout(call: Call, body: dict[str, Any], person_id: int) -> Response:
    """Keep this physician's own view and cards, and show the overview in it."""
    hidden = frozenset(CARDS) - frozenset(body["show"])
    save_layout(call.session, owner_of(call.principal), Layout(body["view"], hidden), call.now)
    return Response(status=204, headers={"HX-Trigger": "layout-saved"})


@endpoint(blp, "POST", "/<int:person_id>/release", permission=VIEW, label="确认已告知危急值", body=ReleaseIn, raw=True,
          scope="relationship", audit="record.release")  # fmt: skip
def confirm_told(call: Call, body: dict[str, Any], person_id: int) -> Response:
    """A doctor has told the person about a critical result; the resident portal may show its number now."""
    card = person_card(call.session, person_id)
    release(call.session, call.principal, card.person_id, body["ref"], call.now)
    call.audit(person_id=card.person_id, result=body["ref"])
    return Response(status=204, headers={"HX-Trigger": "record-changed"})


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    platform.menu(MenuItem("record", "健康档案调阅", "/record", VIEW, path="健康档案", order=1))
    platform.capability(Capability(("C10", "A07"), "browser_ui/pages/record.py", "working", "健康档案浏览器"))
