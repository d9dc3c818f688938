"""``/api/v1/quality/ranking``: the ranking as it stands, editions, what is public, objections."""

from __future__ import annotations

from typing import Any

from flask import Response

from etl.quality.ranking import editions
from etl.quality.ranking import schemas as s
from etl.quality.ranking.composing import as_json
from etl.quality.ranking.definitions import GROUPS, LEVELS
from etl.quality.ranking.editions import NewEdition
from etl.quality.ranking.reading import Months, only, standings
from health_platform.kernel import clock
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import Heading, download, write_xlsx

READ, MANAGE, OBJECT = "quality.ranking.read", "quality.ranking.manage", "quality.ranking.object"
SHEET = (
    Heading("group", "类别"), Heading("rank", "名次"), Heading("name", "单位"), Heading("level", "等级"),
    Heading("level_rank", "同级名次"),
    Heading("county", "县区"), Heading("score", "综合得分"), Heading("change", "较上期"), Heading("rows", "入库行数"),
    Heading("quality", "数据质量得分"), Heading("coverage", "上传覆盖率"), Heading("mending", "问题处理率"),
    Heading("progress", "进步"),
)  # fmt: skip
FUNDING = (
    Heading("rank", "名次"), Heading("name", "单位"), Heading("score", "综合得分"), Heading("points", "点数"),
    Heading("amount", "拟分配(元)"),
)  # fmt: skip

blp = Blueprint("quality_ranking", __name__, url_prefix="/api/v1/quality/ranking", description="数据质量排名")


def months_of(query: dict[str, Any]) -> Months:
    """The asked months; last month when none is given."""
    month = query["month"]
    return Months(month.replace(day=1), query["span"]) if month else Months(clock.today().replace(day=1), 1).before()


def sheet_rows(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Standings (as JSON) as rows of ``SHEET``."""
    return [
        {
            **line, "group": GROUPS[line["group"]], "level": LEVELS[line["level"]], "score": float(line["score"]),
            "change": None if line["change"] is None else float(line["change"]),
            **{part["name"]: float(part["value"]) for part in line["parts"]},
        }
        for line in lines
    ]  # fmt: skip


@endpoint(blp, "GET", "", permission=READ, label="数据质量排名", query=s.RankingQuery, response=s.StandingOut, many=True)
def ranking(call: Call, query: dict[str, Any]) -> Any:
    """The units of the caller's area as they stand, with the derivation of every score."""
    found = standings(call.platform, call.session, months_of(query))
    return [as_json(each) for each in only(found, query["group"], query["level"], query["county"])]


@endpoint(blp, "GET", "/export.xlsx", permission=READ, label="导出数据质量排名", query=s.RankingQuery)
def export(call: Call, query: dict[str, Any]) -> Response:
    """The ranking as a workbook."""
    found = standings(call.platform, call.session, months_of(query))
    lines = [as_json(each) for each in only(found, query["group"], query["level"], query["county"])]
    return download(write_xlsx("数据质量排名", SHEET, sheet_rows(lines)), "数据质量排名.xlsx")


@endpoint(blp, "GET", "/notices", permission=READ, label="公示与发布的排名", response=s.NoticeOut, many=True)
def list_notices(call: Call) -> Any:
    """What is public."""
    return editions.notices(call.session)


@endpoint(blp, "POST", "/notices/<int:edition_id>/objections", permission=OBJECT, label="对排名提出异议", body=s.ObjectionIn,
          response=s.ObjectionOut, status=201)  # fmt: skip
def raise_objection(call: Call, body: dict[str, Any], edition_id: int) -> Any:
    """The caller's institution objects."""
    return editions.raise_objection(call.session, call.principal, edition_id, body["text"])


@endpoint(
    blp, "GET", "/notices/<int:edition_id>/objections", permission=READ, label="排名异议", response=s.ObjectionOut, many=True
)
def list_objections(call: Call, edition_id: int) -> Any:
    """Objections within the caller's area."""
    return editions.objections(call.session, edition_id)


@endpoint(blp, "POST", "/objections/<int:objection_id>/answer", permission=MANAGE, label="答复排名异议", body=s.AnswerIn,
          response=s.ObjectionOut)  # fmt: skip
def answer(call: Call, body: dict[str, Any], objection_id: int) -> Any:
    """Decide an objection."""
    return editions.answer(call.session, call.principal, objection_id, body["accepted"], body["text"])


@endpoint(blp, "GET", "/editions", permission=MANAGE, label="排名各期", response=s.EditionOut, many=True)
def list_editions(call: Call) -> Any:
    """Editions of the caller's area."""
    return editions.editions(call.session)


@endpoint(blp, "POST", "/editions", permission=MANAGE, label="编制排名", body=s.EditionIn, response=s.EditionOut, status=201)
def make(call: Call, body: dict[str, Any]) -> Any:
    """Compute a draft."""
    new = NewEdition(
        body["title"], Months(body["month"].replace(day=1), body["span"]), body["pool"], body["formula"], body["group"]
    )
    return editions.make(call.session, call.platform, call.principal, new)


@endpoint(blp, "POST", "/editions/<int:edition_id>/recompute", permission=MANAGE, label="重新计算排名", response=s.EditionOut)
def recompute(call: Call, edition_id: int) -> Any:
    """Compute a draft anew."""
    return editions.recompute(call.session, call.platform, edition_id)


@endpoint(blp, "POST", "/editions/<int:edition_id>/announce", permission=MANAGE, label="公示排名", response=s.EditionOut)
def announce(call: Call, edition_id: int) -> Any:
    """Open to objections."""
    return editions.announce(call.session, call.platform, edition_id)


@endpoint(blp, "POST", "/editions/<int:edition_id>/withdraw", permission=MANAGE, label="撤回公示", response=s.EditionOut)
def withdraw(call: Call, edition_id: int) -> Any:
    """Back to draft."""
    return editions.withdraw(call.session, edition_id)


@endpoint(blp, "POST", "/editions/<int:edition_id>/publish", permission=MANAGE, label="发布排名", response=s.EditionOut)
def publish(call: Call, edition_id: int) -> Any:
    """Publish after objections."""
    return editions.publish(call.session, edition_id)


@endpoint(blp, "POST", "/editions/<int:edition_id>/freeze", permission=MANAGE, label="归档排名", response=s.EditionOut)
def freeze(call: Call, edition_id: int) -> Any:
    """Close for good."""
    return editions.freeze(call.session, edition_id)


@endpoint(blp, "GET", "/editions/<int:edition_id>/funding.xlsx", permission=MANAGE, label="导出经费分配建议")
def funding(call: Call, edition_id: int) -> Response:
    """The funding proposal as a workbook."""
    row = editions.edition(call.session, edition_id)
    lines = [{**line, "score": float(line["score"]), "points": float(line["points"])} for line in row.funding]
    return download(write_xlsx("经费分配建议", FUNDING, lines), f"经费分配建议-{row.title}.xlsx")
