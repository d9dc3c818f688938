"""Groups of ranked units, the parts of the composite score, and the words of the publication workflow."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from health_platform.kernel.platform import Parameter

HOSPITAL, PRIMARY, PUBLIC_HEALTH, COUNTY = "hospital", "primary", "public_health", "county"
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {HOSPITAL: "医院", PRIMARY: "基层医疗卫生机构", PUBLIC_HEALTH: "公共卫生机构", COUNTY: "县区平台"}
)
_BY_CATEGORY: Final[Mapping[str, str]] = MappingProxyType(
    {"A": HOSPITAL, "B": PRIMARY, "C": PRIMARY, "D": PRIMARY} | dict.fromkeys(("E", "F", "G", "H", "J", "K", "L"), PUBLIC_HEALTH)
)
LEVELS: Final[Mapping[str, str]] = MappingProxyType({"3": "三级", "2": "二级", "1": "一级", "": "未定级"})

PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "quality": "数据质量得分", "coverage": "上传覆盖率", "mending": "问题处理率", "progress": "进步",
    }
)  # fmt: skip
"""Parts of the composite, each 0 to 100. ``mending`` is the share of the period's quarantined rows that were dealt with;
``progress`` is 50 for an unchanged quality score, one point more or less per point of change."""

WEIGHTS: Final = (
    Parameter("ranking.weight.quality", "排名：数据质量得分权重", 70, int, low=0, high=100),
    Parameter("ranking.weight.coverage", "排名：上传覆盖率权重", 15, int, low=0, high=100),
    Parameter("ranking.weight.mending", "排名：问题处理率权重", 10, int, low=0, high=100),
    Parameter("ranking.weight.progress", "排名：进步权重", 5, int, low=0, high=100),
)
OBJECTION_DAYS: Final = Parameter("ranking.objection_days", "排名公示期(天)", 5, int, low=1, high=60)
FUNDING_FORMULA: Final = Parameter(
    "ranking.funding_formula", "经费分配公式", "if(score < 60, 0, score - 60 + if(change > 0, change, 0))", str,
    help="每家机构的点数。score 综合得分，change 较上期分差(无上期 0)，coverage 覆盖率，rank 名次，units 参评数，level 等级",
)  # fmt: skip

DRAFT, OBJECTIONS, PUBLISHED, FROZEN = "draft", "objections", "published", "frozen"
STATES: Final[Mapping[str, str]] = MappingProxyType({DRAFT: "草稿", OBJECTIONS: "公示中", PUBLISHED: "已发布", FROZEN: "已归档"})
OBJECTION_STATES: Final[Mapping[str, str]] = MappingProxyType({"open": "待答复", "accepted": "成立", "rejected": "不成立"})


def group_of(category: str) -> str | None:
    """The group a registered institution is ranked in, by the first letter of its category; None is not ranked."""
    return _BY_CATEGORY.get(category[:1])


def level_of(grade: str | None) -> str:
    """``3``, ``2``, ``1`` or "" from a grade such as ``2A``."""
    return grade[0] if grade and grade[0] in "123" else ""
