"""Plain words for residents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from health_platform.kernel import clock
from health_platform.kernel.audit import AuditEntry
from health_platform.records.api import Event, LabPoint, Section

PLAIN = {
    "INR": "凝血指标（INR）",
    "低密度脂蛋白胆固醇": "坏胆固醇",
    "高密度脂蛋白胆固醇": "好胆固醇",
    "丙氨酸氨基转移酶": "肝功能指标（转氨酶）",
    "肌酐": "肾功能指标（肌酐）",
    "血肌酐": "肾功能指标（肌酐）",
    "糖化血红蛋白": "近三个月平均血糖（糖化血红蛋白）",
    "血红蛋白": "血红蛋白（贫血指标）",
}
SERVICES = (
    ("查报告", "/my/reports", "M6 3h9l4 4v14H6zM9 12h7M9 16h7"),
    ("我的就诊", "/my/visits", "M4 6h16v15H4zM4 10h16M8 3v5M16 3v5M9 15h6"),
    ("我的用药", "/my/drugs", "M8 4h8v5H8zM6 9h12v12H6zM12 12v6M9 15h6"),
    ("疫苗接种", "/my/vaccines", "M5 19l6-6M9 9l6 6 4-4-6-6zM16 4l4 4"),
    ("费用查询", "/my/costs", "M4 6h16v13H4zM4 10h16M7 15h4"),
    ("谁看过我", "/my/views", "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 100 6 3 3 0 000-6z"),
    (
        "家庭成员",
        "/my/family",
        "M8 11a3 3 0 100-6 3 3 0 000 6zM16 11a3 3 0 100-6 3 3 0 000 6zM3 20c0-4 2-6 5-6s5 2 5 6M13 15c3-2 8-1 8 5",
    ),
    ("隐私设置", "/my/privacy", "M6 11h12v9H6zM9 11V8a3 3 0 016 0v3"),
)
ACTIONS = {
    "record.view": "查看了档案",
    "record.reveal": "查看了完整证件、电话或住址",
    "record.print": "打印了档案摘要",
    "record.file": "打开了文书原文",
    "record.release": "确认已告知危急值",
    "record.purpose": "登记了调阅原因",
    "launch.issue": "从工作站申请调阅",
    "launch.redeem": "从工作站打开了档案",
}
SECTIONS = {
    "overview": "概览", "timeline": "时间轴", "problems": "健康问题", "visits": "就诊", "labs": "检验", "exams": "检查影像",
    "drugs": "用药", "services": "公共卫生", "documents": "文书", "search": "搜索", "access": "调阅记录", "summary": "病历概要",
}  # fmt: skip


def plain_name(name: str) -> str:
    """What a result is called at home."""
    return PLAIN.get(name, name)


def verdict(mark: str) -> tuple[str, str]:
    """A flag in words, with the style class."""
    return {
        "h": ("偏高", "up"), "hh": ("明显偏高", "up"), "l": ("偏低", "down"), "ll": ("明显偏低", "down"), "a": ("异常", "up"),
    }.get(mark, ("正常范围", "fine"))  # fmt: skip


def judged(point: LabPoint) -> bool:
    """Whether "normal" may be said at all: only with a range of the laboratory."""
    return bool(point.flag) or point.low is not None or point.high is not None


def title_of(event: Event) -> str:
    """A title that says what it is: a laboratory report is named by its specimen only."""
    return f"检验报告（{event.title}）" if event.section is Section.LAB_REPORT else event.title


@dataclass(frozen=True)
class Look:
    """Everything one person did with the record on one day for one reason; ``audit_id`` is what an objection names."""

    audit_id: int
    who: str
    institution: str
    at: datetime
    why: str
    what: tuple[str, ...]


def looks(rows: Sequence[AuditEntry]) -> list[Look]:
    """Audit entries, newest first, told as visits: twenty clicks of one doctor are one look."""
    groups = groupby(rows, key=lambda row: (row.actor_name, row.institution_name, clock.local(row.at).date(), _why(row)))
    return [_look(list(group)) for _, group in groups]


def _look(rows: list[AuditEntry]) -> Look:
    newest = rows[0]
    what = dict.fromkeys(what_was_done(row) for row in rows)
    return Look(newest.id, newest.actor_name or "未具名", newest.institution_name or "", newest.at, _why(newest), tuple(what))


def _why(row: AuditEntry) -> str:
    return str(row.detail.get("why") or "")


def what_was_done(row: AuditEntry) -> str:
    """An audit entry about a record in words, the same for the resident and for the physician."""
    done = ACTIONS.get(row.action, "查看了档案")
    part = SECTIONS.get(str(row.detail.get("section", "")))
    return f"{done}：{part}" if part else done
