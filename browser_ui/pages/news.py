"""Health information: the authority's list of articles, with writing, showing and taking down."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from browser_ui.forms import form_of, keyed
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.residents.api import NEWS_KINDS, NEWS_PAGE, NEWS_STATES, NewsIn, articles

blp = Blueprint("pages_news", __name__, description="健康资讯管理")
READ, WRITE, SHOW = "resident.news.read", "resident.news.write", "resident.news.show"
LOOKS = {"draft": "info", "shown": "ok", "taken": "warn"}
COLUMNS = (
    Column("title", "标题"),
    Column("kind", "类别", kind="badge", badges={key: (label, "info") for key, label in NEWS_KINDS.items()}),
    Column("state", "状态", kind="badge", badges={key: (label, LOOKS[key]) for key, label in NEWS_STATES.items()}),
    Column("publisher", "发布单位"),
    Column("written_by", "撰写人"),
    Column("shown_at", "发布时间", kind="moment"),
    Column("changed_at", "最近修改", kind="moment"),
)


class NewsQuery(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000))


@endpoint(blp, "GET", "/console/news", permission=READ, label="健康资讯", template="resident/news_list.html", query=NewsQuery)
def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The articles of the caller's jurisdiction."""
    rows, total = articles(call.session, query["page"])
    return {
        "columns": COLUMNS, "page": Page(rows, total, query["page"], NEWS_PAGE), "fields": form_of(NewsIn),
        "changes": {row.id: keyed(form_of(NewsIn), str(row.id)) for row in rows},
    }  # fmt: skip


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    buttons = (Button("news.write", "撰写资讯", WRITE), Button("news.show", "发布与撤下", SHOW))
    platform.menu(MenuItem("news", "健康资讯", "/console/news", READ, "健康档案", 45, buttons))
