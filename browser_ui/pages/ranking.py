"""Pages of the ranking: as it stands, on the wall, editions with their workflow, objections."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from browser_ui.charts.api import Chart, Series, bar_chart
from browser_ui.forms import choices, form_of, keyed
from browser_ui.tables import Column, Page
from etl.quality.ranking import api as ranking
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.kernel.scope import Principal
from health_platform.records.api import InstitutionDirectory

READ, MANAGE, OBJECT = "quality.ranking.read", "quality.ranking.manage", "quality.ranking.object"
blp = Blueprint("pages_ranking", __name__, url_prefix="/console/quality/ranking", description="数据质量排名页面")

STATES = {
    "draft": ("草稿", ""), "objections": ("公示中", "warn"), "published": ("已发布", "ok"), "frozen": ("已归档", "info"),
}  # fmt: skip
OBJECTIONS = {"open": ("待答复", "warn"), "accepted": ("成立", "ok"), "rejected": ("不成立", "")}
EDITIONS = (
    Column("title", "标题", href="/console/quality/ranking/editions/{id}"), Column("first", "起", kind="day"),
    Column("last", "止", kind="day"), Column("state", "状态", kind="badge", badges=STATES),
    Column("objections_until", "公示至", kind="moment"), Column("published_at", "发布时间", kind="moment"),
    Column("made_by", "编制人"),
)  # fmt: skip
FUNDING = (
    Column("rank", "名次", kind="number"), Column("name", "单位"), Column("score", "综合得分", kind="number"),
    Column("points", "点数", kind="number"), Column("amount", "拟分配(元)", kind="number"),
)  # fmt: skip
COMPLAINTS = (
    Column("raised_at", "时间", kind="moment"), Column("institution", "单位"), Column("text", "异议"),
    Column("state", "状态", kind="badge", badges=OBJECTIONS), Column("answer", "答复"),
)  # fmt: skip
ON_THE_WALL = 10
CHART_WIDTH, LETTER = 1100, 12
"""Pixels of the chart, and of a Chinese character under it."""


@endpoint(blp, "GET", "", permission=READ, label="数据质量排名页面", query=ranking.RankingQuery, template="ranking/board.html")
def board(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The units of the caller's area as they stand, with the derivation of each score."""
    months = ranking.months_of(query)
    every = ranking.standings(call.platform, call.session, months)
    group = query["group"] or "hospital"
    counties = {"choices": choices(_counties(every)), "kind": "select"}
    lines = ranking.only(every, group, query["level"], query["county"])
    fields = [one for one in form_of(ranking.RankingQuery, county=counties) if one.name != "group"]
    return {
        "months": months, "lines": [ranking.as_json(each) for each in lines], "group": group, "groups": ranking.GROUPS,
        "levels": ranking.LEVELS, "query": {**query, "month": months.first.strftime("%Y-%m")}, "fields": fields,
        "chart": _chart(lines[:15], months), "notices": ranking.notices(call.session)[:5], "states": STATES,
        "mine": str(call.principal.institution_id or ""), "reach": _reach(call.principal),
    }  # fmt: skip


@endpoint(
    blp, "GET", "/wall", permission=READ, label="数据质量排名大屏", query=ranking.RankingQuery, template="ranking/wall.html"
)
def wall(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The best of each group on one screen without scrolling."""
    months = ranking.months_of(query)
    every = [ranking.as_json(each) for each in ranking.standings(call.platform, call.session, months)]
    shown = [(label, [line for line in every if line["group"] == group]) for group, label in ranking.GROUPS.items()]
    return {
        "months": months,
        "as_of": call.now,
        "groups": [(label, found[:ON_THE_WALL], len(found)) for label, found in shown],
        "tiles": _totals(every),
    }


@endpoint(blp, "GET", "/editions", permission=MANAGE, label="排名各期页面", template="ranking/editions.html")
def editions(call: Call) -> dict[str, Any]:
    """Editions kept in the caller's area, and the form that makes one."""
    rows = ranking.editions(call.session)
    return {"columns": EDITIONS, "page": Page(rows, len(rows), size=max(1, len(rows))), "fields": form_of(ranking.EditionIn)}


@endpoint(blp, "GET", "/editions/<int:edition_id>", permission=MANAGE, label="排名一期页面", template="ranking/edition.html")
def edition(call: Call, edition_id: int) -> dict[str, Any]:
    """One edition: places, funding proposal, objections, next step."""
    row = ranking.edition(call.session, edition_id)
    return {
        "edition": row, "states": STATES, "groups": ranking.GROUPS, "levels": ranking.LEVELS, "funding": FUNDING,
        "complaints": COMPLAINTS, "complaint_rows": _objections(call, edition_id), "answer": form_of(ranking.AnswerIn),
        "keyed": keyed, "parts": ranking.PARTS,
        "shares": [{**line, "score": Decimal(line["score"]), "points": Decimal(line["points"])} for line in row.funding],
    }  # fmt: skip


@endpoint(blp, "GET", "/notices/<int:edition_id>", permission=READ, label="公示与发布的排名页面", template="ranking/notice.html")
def notice(call: Call, edition_id: int) -> dict[str, Any]:
    """What is public of an edition; an institution may object while it is open."""
    row = ranking.notice(call.session, edition_id)
    mine = str(call.principal.institution_id or "")
    return {
        "notice": row, "states": STATES, "groups": ranking.GROUPS, "levels": ranking.LEVELS, "mine": mine,
        "ranked": any(line["institution_id"] == mine for line in row.standings), "form": form_of(ranking.ObjectionIn),
        "complaints": COMPLAINTS, "complaint_rows": _objections(call, edition_id),
    }  # fmt: skip


def _reach(principal: Principal) -> str:
    return "本单位" if principal.scope.institutions is not None else "本辖区"


def _counties(every: Sequence[ranking.Standing]) -> list[tuple[str, str]]:
    return sorted({(each.unit.division[:6], each.unit.county or each.unit.division[:6]) for each in every})


def _chart(lines: Sequence[ranking.Standing], months: ranking.Months) -> Any:
    room = (CHART_WIDTH - 60) // max(1, len(lines)) // LETTER
    labels = tuple(_short(each.unit.name, room) for each in lines)
    title = Chart(f"{months.label}综合得分前 {len(lines)} 名", labels, "分", width=CHART_WIDTH, height=230)
    return bar_chart(title, (Series("综合得分", tuple(float(each.score) for each in lines)),))


def _short(name: str, room: int) -> str:
    return name if len(name) <= room else name[: room - 1] + "…"


def _totals(every: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    units = [line for line in every if line["group"] != "county"]
    active = [line for line in units if line["rows"]]
    mean = sum(float(line["score"]) for line in units) / len(units) if units else 0
    rows = sum(line["rows"] for line in units)
    return [
        ("参评单位", f"{len(units)}"), ("有数据单位", f"{len(active)}"), ("平均综合得分", f"{mean:.1f}"),
        ("入库数据(行)", f"{rows:,}"), ("60 分以下", f"{sum(float(line['score']) < 60 for line in units)}"),
    ]  # fmt: skip


def _objections(call: Call, edition_id: int) -> list[dict[str, Any]]:
    found = ranking.objections(call.session, edition_id)
    directory = call.platform.services.get(InstitutionDirectory.__qualname__)
    names = directory.names(call.session, sorted({row.institution_id for row in found})) if directory else {}
    keys = ("id", "raised_at", "text", "state", "answer")
    return [
        {**{key: getattr(row, key) for key in keys}, "institution": names.get(row.institution_id, f"机构 {row.institution_id}")}
        for row in found
    ]


MENUS = (
    MenuItem("quality.ranking", "数据质量排名", "/console/quality/ranking", READ, "数据管理", 350, (
        Button("object", "提出异议", OBJECT),
    )),
    MenuItem("quality.editions", "排名编制与发布", "/console/quality/ranking/editions", MANAGE, "数据管理", 352),
)  # fmt: skip


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    platform.blueprint(blp)
    for item in MENUS:
        platform.menu(item)
