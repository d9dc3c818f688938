"""A report as PDF and as workbook."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from jinja2 import Environment, PackageLoader, select_autoescape
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from etl.quality.api import Period
from etl.quality.reports.content import period_label
from etl.quality.reports.models import QualityReport
from etl.quality.reports.service import Example
from health_platform.kernel import clock
from health_platform.kernel.errors import Unavailable, register_messages

log = logging.getLogger(__name__)
register_messages({"report.printing": "暂时无法生成 PDF，请下载 XLSX 或稍后重试"})

PRINT_SECONDS: Final = 60
_PAGES: Final = Environment(
    loader=PackageLoader("etl.quality.reports", "templates"), autoescape=select_autoescape(default=True), trim_blocks=True
)
_PRINTER: Final = (sys.executable, "-m", "etl.quality.reports.printing")


def html(row: QualityReport, examples: Sequence[Example]) -> str:
    """The printed page."""
    return _PAGES.get_template("report.html").render(
        report=row, content=row.content, examples=examples, period=period_label(Period(row.first, row.last)),
        made_at=clock.local(row.made_at).strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip


def pdf(row: QualityReport, examples: Sequence[Example]) -> bytes:
    """The report as PDF.

    Raises:
        Unavailable: the printing process failed or took too long.
    """
    try:
        page = html(row, examples).encode()
        done = subprocess.run(_PRINTER, input=page, capture_output=True, timeout=PRINT_SECONDS, check=True)  # noqa: S603 our own module
    except (subprocess.SubprocessError, OSError) as error:
        log.error("printing report %s failed: %s", row.id, getattr(error, "stderr", b"")[-400:] or error)
        raise Unavailable("report.printing") from error
    return done.stdout


def xlsx(row: QualityReport, examples: Sequence[Example]) -> bytes:
    """Four sheets: summary with derivation, rules, failing rows, trend."""
    book = Workbook(write_only=True)
    _sheet(book, "汇总", _summary(row))
    _sheet(book, "扣分规则", _rules(row))
    _sheet(book, "问题样例", _examples(examples))
    _sheet(book, "趋势", _trend(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Any, title: str, rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Any) -> Any:
    """Text stays text, also when it looks like a formula."""
    if value is None or isinstance(value, int | float):
        return value
    cell = WriteOnlyCell(sheet, str(value))
    cell.data_type = "s"
    return cell


def _summary(row: QualityReport) -> Iterable[Sequence[Any]]:
    score, peers = row.content["score"], row.content["peers"]
    yield "机构", row.content["institution"]
    yield "期间", period_label(Period(row.first, row.last))
    yield "得分", _number(score["total"])
    yield "入库行数", score["rows"]
    yield "覆盖率(%)", _number(score["coverage"])
    for each in score["dimensions"]:
        yield each["label"], _number(each["value"])
    if "place" in peers:
        yield f"同类({peers['label']})名次", f"{peers['place']} / {peers['of']}"
        yield "同类中位数", _number(peers["median"])
    yield ()
    yield ("得分推导",)
    yield from ((line,) for line in score["formula"])
    yield ()
    yield "数据集", "行数", "得分"
    yield from ((each["label"], each["rows"], _number(each["score"])) for each in score["datasets"])


def _rules(row: QualityReport) -> Iterable[Sequence[Any]]:
    yield "数据集", "规则", "维度", "严重程度", "适用行数", "不合格行数", "不合格率(%)", "扣分", "改正方法", "规则编码"
    for each in row.content["worst"]:
        yield (
            each["dataset_label"], each["label"], each["dimension_label"], each["severity_label"], each["applicable"],
            each["failed"], _number(each["share"]), _number(each["lost"]), each["mend"], each["rule"],
        )  # fmt: skip


def _examples(examples: Sequence[Example]) -> Iterable[Sequence[Any]]:
    yield "数据集", "规则", "主键", "日期", "内容(已脱敏)", "改正方法"
    for each in examples:
        for sample in each.rows:
            shown = "；".join(f"{label}：{value or '空'}" for label, value in sample.values.items())
            yield each.rule["dataset_label"], each.rule["label"], sample.key, sample.day, shown, each.rule["mend"]


def _trend(row: QualityReport) -> Iterable[Sequence[Any]]:
    labels = {each["name"]: each["label"] for each in row.content["score"]["dimensions"]}
    yield ("月份", "得分", "入库行数", *labels.values())
    for point in row.content["trend"]:
        yield (
            point["month"][:7],
            _number(point["total"]),
            point["rows"],
            *(_number(point["dimensions"].get(name)) for name in labels),
        )


def _number(value: str | None) -> float | None:
    return None if value is None else float(Decimal(value))
