"""Health information over HTTP: managed by the health authority, read by residents and their mini-programmes."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from health_platform.counties.api import CountyBoard
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.residents import news
from health_platform.residents.definitions import NEWS_KINDS
from health_platform.residents.models import NewsArticle
from health_platform.residents.schemas import PageQuery

blp = Blueprint("resident_news", __name__, url_prefix="/api/v1/resident/news", description="健康资讯")
READ, WRITE, SHOW = "resident.news.read", "resident.news.write", "resident.news.show"


class NewsIn(Schema):
    """The words of an article."""

    kind = fields.String(
        required=True, validate=validate.OneOf(list(NEWS_KINDS), list(NEWS_KINDS.values())), metadata={"label": "类别"}
    )
    title = fields.String(required=True, validate=validate.Length(min=2, max=80), metadata={"label": "标题"})
    body = fields.String(
        required=True, validate=validate.Length(min=2, max=8_000),
        metadata={"label": "正文", "kind": "textarea", "wide": True, "hint": "纯文本，空行分段"},
    )  # fmt: skip


class NewsOut(Schema):
    id = IdField()
    kind = fields.String()
    title = fields.String()
    body = fields.String()
    publisher = fields.String()
    state = fields.String()
    shown_at = fields.AwareDateTime(allow_none=True)


@endpoint(
    blp, "GET", "", permission="resident.self", label="健康资讯", query=PageQuery, response=NewsOut, many=True, scope="self"
)
def shown(call: Call, query: dict[str, Any]) -> list[NewsArticle]:
    """What is shown to residents, newest first, 20 a page."""
    return news.shown_articles(call.session, query["page"])


@endpoint(blp, "POST", "", permission=WRITE, label="撰写健康资讯", body=NewsIn, response=NewsOut, status=201,
          audit="resident.news.write")  # fmt: skip
def writing(call: Call, body: dict[str, Any]) -> NewsArticle:
    """Write a draft."""
    article = news.write(call.session, call.principal, _publisher(call), news.Wording(**body), call.now)
    call.audit(object_kind="news", object_id=article.id)
    return article


def _publisher(call: Call) -> str:
    """Who speaks to residents: the writer's institution, else the platform of the county or the city; never a person."""
    county = call.platform.service(CountyBoard).front_of(call.principal)
    return call.principal.institution_name or (county.name if county else call.platform.settings.title)


@endpoint(blp, "POST", "/<int:article_id>", permission=WRITE, label="修改健康资讯", body=NewsIn, response=NewsOut,
          audit="resident.news.rewrite")  # fmt: skip
def rewriting(call: Call, body: dict[str, Any], article_id: int) -> NewsArticle:
    """Change an article that is not shown."""
    article = news.rewrite(call.session, article_id, news.Wording(**body), call.now)
    call.audit(object_kind="news", object_id=article.id)
    return article


@endpoint(blp, "POST", "/<int:article_id>/show", permission=SHOW, label="发布健康资讯", response=NewsOut,
          audit="resident.news.show")  # fmt: skip
def showing(call: Call, article_id: int) -> NewsArticle:
    """Show an article to residents."""
    article = news.show(call.session, article_id, call.now)
    call.audit(object_kind="news", object_id=article.id)
    return article


@endpoint(blp, "POST", "/<int:article_id>/take-down", permission=SHOW, label="撤下健康资讯", response=NewsOut,
          audit="resident.news.take_down")  # fmt: skip
def taking_down(call: Call, article_id: int) -> NewsArticle:
    """Hide an article from residents."""
    article = news.take_down(call.session, article_id, call.now)
    call.audit(object_kind="news", object_id=article.id)
    return article
