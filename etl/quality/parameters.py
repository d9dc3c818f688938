"""What administrators may tune without a release: weights, the cap, when a day counts as late."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from etl.quality.scoring import Weights
from etl.quality.shapes import Dimension
from health_platform.kernel.parameters import value
from health_platform.kernel.platform import Parameter, Platform

_DEFAULTS: Final = {
    Dimension.COMPLETENESS: 30, Dimension.TIMELINESS: 20, Dimension.CORRECTNESS: 30, Dimension.LOGIC: 20,
}  # fmt: skip

_WEIGHTS = tuple(
    Parameter(f"quality.weight.{each.value}", f"数据质量评分：{each.label}权重", default, int, 0, 100)
    for each, default in _DEFAULTS.items()
)
PARAMETERS: Final = (
    *_WEIGHTS,
    Parameter("quality.cap", "数据质量评分：严重规则不合格过多时的最高分", 60, int, 0, 100),
    Parameter("quality.cap_share", "数据质量评分：封顶的严重规则不合格率（百分比）", 20, int, 1, 100),
    Parameter("quality.late_share", "上传监测：迟报记录超过此百分比的日期显示为迟报", 10, int, 1, 100),
    Parameter(
        "quality.due_weekdays", "上传监测：应有上传的星期（1 为星期一，逗号分隔）", "1,2,3,4,5", str,
        help="法定节假日调休待确认；门诊全周开诊的地区可填 1,2,3,4,5,6,7",
    ),
)  # fmt: skip


def weights(platform: Platform, session: Session) -> Weights:
    """The weights in force."""

    def number(key: str) -> Decimal:
        return Decimal(str(value(session, platform, key)))

    dimensions = {each: number(f"quality.weight.{each.value}") for each in Dimension}
    return Weights(dimensions, cap=number("quality.cap"), cap_share=number("quality.cap_share") / 100)


def late_share(platform: Platform, session: Session) -> Decimal:
    """Share of late rows from which a day counts as late."""
    return Decimal(str(value(session, platform, "quality.late_share"))) / 100


def due_weekdays(platform: Platform, session: Session) -> frozenset[int]:
    """ISO weekdays on which an upload is due."""
    written = str(value(session, platform, "quality.due_weekdays"))
    return frozenset(int(part) for part in written.split(",") if part.strip() in set("1234567"))
