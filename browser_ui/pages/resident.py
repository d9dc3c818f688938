"""The resident's pages: the own record, family, who looked, what is hidden. Phone first; forms go to the resident API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from marshmallow import fields, validate

from browser_ui import resident_words as words
from browser_ui.forms import form_of
from browser_ui.identity import person_card
from browser_ui.record.charts import trend
from browser_ui.record.words import kind_of, mark_of
from browser_ui.tables import Page
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Platform
from health_platform.launch.oauth.api import RESIDENT_SCOPES, find_app, given_by
from health_platform.records.api import Section
from health_platform.residents.api import (
    HIDEABLE,
    NEWS_KINDS,
    NEWS_PAGE,
    OBJECTION_STATES,
    PROXY_STATES,
    RELATIONS,
    CodeIn,
    MemberIn,
    SignInIn,
    hidden_kinds,
    members,
    objections,
    own_person,
    own_record,
    requests_about,
    shown_article,
    shown_articles,
    views_of,
)

blp = Blueprint("pages_resident", __name__, url_prefix="/my", description="居民页面")
SELF = "resident.self"
REPORTS = ("检验检查报告", "/my/reports")
LISTS = {
    Section.VISIT: ("就诊", "/my/visits"), Section.DOCUMENT: ("文书", "/my/documents"), Section.LAB_REPORT: REPORTS,
    Section.LAB: REPORTS, Section.EXAM: REPORTS,
}  # fmt: skip
"""Where the way back from one item leads."""


class LoginQuery(Schema):
    """``next`` goes on with an app's request after the login, and nowhere else."""

    code_id = IdField(load_default=None)
    next = fields.String(load_default="", validate=validate.Regexp(r"^(/my/authorize\?[^\\]*)?$"))


class AskedQuery(Schema):
    """An app's request to read the own record."""

    response_type = fields.String(load_default="")
    client_id = fields.String(required=True, validate=validate.Length(max=48))
    redirect_uri = fields.String(required=True, validate=validate.Length(max=400))
    scope = fields.String(required=True, validate=validate.Length(max=1000))
    state = fields.String(load_default="", validate=validate.Length(max=400))
    code_challenge = fields.String(load_default="", validate=validate.Length(max=128))
    code_challenge_method = fields.String(load_default="", validate=validate.Length(max=10))


class ListQuery(Schema):
    cursor = fields.String(load_default="", validate=validate.Length(max=400))
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000))


@endpoint(blp, "GET", "/login", permission="public", label="居民登录页", template="resident/login.html", query=LoginQuery,
          scope="public")  # fmt: skip
def login(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """First who you are, then the code from the phone."""
    asked = tuple(item for item in form_of(SignInIn, code={"label": "验证码", "autocomplete": "one-time-code"})
                  if item.name == "code")  # fmt: skip
    return {"code_id": query["code_id"], "claim": form_of(CodeIn), "code": asked, "next": query["next"]}


@endpoint(blp, "GET", "", permission=SELF, label="居民首页", template="resident/home.html", scope="self")
def home(call: Call) -> dict[str, Any]:
    """What waits for a doctor, the services, the newest results with their trend."""
    own = own_record(call.platform, call.session, call.principal)
    labs = [(words.plain_name(one.name), one, trend(one), mark_of(one.points[0])) for one in own.trends()[:5]]
    return {
        **_frame(call, "home"), "services": words.SERVICES, "waiting": own.waiting(), "labs": labs,
        "judged": words.judged, "visits": own.shown(own.record.parts.visits[:3]),
        "news": shown_articles(call.session, size=3),
    }  # fmt: skip


def _frame(call: Call, here: str) -> dict[str, Any]:
    """What the resident frame shows: whose record is open, and whether it is the own one."""
    mine = own_person(call.principal)
    acting = call.principal.person_id or mine
    name = call.principal.name if acting == mine else person_card(call.session, acting).name
    return {"here": here, "open_name": name, "own": acting == mine, "verdict": words.verdict, "kind_of": kind_of,
            "title_of": words.title_of}  # fmt: skip


def _list(rule: str, name: str, title: str, source: str) -> None:
    """Declare the page of one list."""

    def view(call: Call, query: dict[str, Any]) -> dict[str, Any]:
        own = own_record(call.platform, call.session, call.principal)
        items, cursor = own.page(source, query["cursor"])
        return {**_frame(call, "record"), "title": title, "items": items, "cursor": cursor, "rule": f"/my{rule}",
                "openable": source in ("reports", "visits", "documents")}  # fmt: skip

    view.__name__ = name
    view.__doc__ = f"The list of {source}."
    endpoint(blp, "GET", rule, permission=SELF, label=title, template="resident/list.html", query=ListQuery, scope="self")(view)


_list("/reports", "reports", "检验检查报告", "reports")
_list("/visits", "visits", "就诊", "visits")
_list("/drugs", "drugs", "用药", "medication")
_list("/vaccines", "vaccines", "预防接种", "vaccinations")
_list("/costs", "costs", "费用", "costs")
_list("/documents", "documents", "文书", "documents")


@endpoint(blp, "GET", "/record", permission=SELF, label="我的档案", template="resident/record.html", scope="self")
def record(call: Call) -> dict[str, Any]:
    """The table of contents of the own record."""
    parts = own_record(call.platform, call.session, call.principal).record.parts
    return {**_frame(call, "record"), "overview": parts}


@endpoint(blp, "GET", "/items/<path:ref>", permission=SELF, label="我的一份报告", template="resident/item.html", scope="self")
def item(call: Call, ref: str) -> dict[str, Any]:
    """One report or visit; a held result shows no number."""
    found = own_record(call.platform, call.session, call.principal).in_full(ref)
    event = found.report.event
    return {
        **_frame(call, "record"), "title": event.title, "event": found.report, "items": found.items, "texts": found.texts,
        "plain": words.plain_name, "back": LISTS.get(event.section, ()),
    }  # fmt: skip


@endpoint(blp, "GET", "/views", permission=SELF, label="谁看过我", template="resident/views.html", query=ListQuery, scope="self")
def views(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Who looked at the open record, with a way to object."""
    person_id = call.principal.person_id or 0
    rows, total = views_of(call.session, person_id, query["page"])
    return {
        **_frame(call, "views"), "page": Page(rows, total, query["page"], 20), "looks": words.looks(rows),
        "objections": objections(call.session, person_id), "states": OBJECTION_STATES,
    }  # fmt: skip


@endpoint(blp, "GET", "/family", permission=SELF, label="家庭成员", template="resident/family.html", scope="system")
def family(call: Call) -> dict[str, Any]:
    """Whose records I may see, and who may see mine. Narrowed to the caller by both functions."""
    return {
        **_frame(call, "me"), "members": members(call.session, call.principal), "states": PROXY_STATES,
        "requests": requests_about(call.session, call.principal), "relations": RELATIONS, "fields": form_of(MemberIn),
        "mine": own_person(call.principal), "acting": call.principal.person_id,
    }  # fmt: skip


@endpoint(blp, "GET", "/privacy", permission=SELF, label="隐私设置", template="resident/privacy.html", scope="self")
def privacy(call: Call) -> dict[str, Any]:
    """Which classes of documents others do not see."""
    chosen = hidden_kinds(call.session, call.principal.person_id or 0)
    return {**_frame(call, "me"), "kinds": HIDEABLE, "hidden": chosen}


@endpoint(blp, "GET", "/authorize", permission="public", label="授权应用查看", template="resident/authorize.html",
          query=AskedQuery, scope="system")  # fmt: skip
def authorize(call: Call, query: dict[str, Any]) -> Any:
    """An app asks to read; the resident signs in first, then sees who asks for what, and agrees or refuses."""
    if call.principal.kind != "resident":
        return redirect("/my/login?" + urlencode({"next": request.full_path}))
    app = find_app(call.session, query["client_id"], "resident")
    wanted = [RESIDENT_SCOPES[one] for one in query["scope"].split() if one in app.scopes]
    return {**_frame(call, ""), "app": app, "wanted": wanted, "asked": query}


@endpoint(blp, "GET", "/apps", permission=SELF, label="授权的应用", template="resident/apps.html", scope="system")
def apps(call: Call) -> dict[str, Any]:
    """Apps that may read the own record, each with a way to end it."""
    rows = given_by(call.session, own_person(call.principal), call.now)
    given = [(app, token, [RESIDENT_SCOPES.get(one, one) for one in token.scope.split()]) for app, token in rows]
    return {**_frame(call, "me"), "given": given}


@endpoint(blp, "GET", "/news", permission=SELF, label="健康资讯", template="resident/news.html", query=ListQuery, scope="self")
def news(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What the city and its counties tell residents, newest first."""
    found = shown_articles(call.session, query["page"], NEWS_PAGE)
    return {**_frame(call, "home"), "found": found, "kinds": NEWS_KINDS, "number": query["page"], "more": len(found) == NEWS_PAGE}


@endpoint(blp, "GET", "/news/<int:article_id>", permission=SELF, label="一篇健康资讯", template="resident/news_item.html",
          scope="self")  # fmt: skip
def news_item(call: Call, article_id: int) -> dict[str, Any]:
    return {**_frame(call, "home"), "article": shown_article(call.session, article_id), "kinds": NEWS_KINDS}


@endpoint(blp, "GET", "/me", permission=SELF, label="我的", template="resident/me.html", scope="self")
def me(call: Call) -> dict[str, Any]:
    """Account, family, privacy, sign out."""
    return _frame(call, "me")


def install(platform: Platform) -> None:
    platform.blueprint(blp)
