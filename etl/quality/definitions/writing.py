"""Short ways to write the rules of these files; a line each, as they are read by people who review them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from etl.quality.rules import Partner, Rule
from etl.quality.shapes import Dimension, Severity

CHECK = "核对原始记录，更正有误的一项后重新上传。"
FILL = "在业务系统中补填后重新上传。"

_DIMENSIONS = {
    "C": Dimension.COMPLETENESS,
    "T": Dimension.TIMELINESS,
    "R": Dimension.CORRECTNESS,
    "L": Dimension.LOGIC,
}

Line = tuple[str, str, str, str] | tuple[str, str, str, str, str]
"""(name, dimension letter with ! for severe, label, fails, applies)."""


def written(dataset: str, lines: Iterable[Line], partner: Partner | None = None) -> Iterator[Rule]:
    """The rules of one dataset."""
    for name, kind, label, fails, *applies in lines:
        dimension = _DIMENSIONS[kind[0]]
        severe = kind.endswith("!")
        yield Rule(
            f"{dataset}.{name}", dataset, label, dimension, fails, FILL if dimension is Dimension.COMPLETENESS else CHECK,
            applies=applies[0] if applies else "", partner=partner,
            severity=Severity.SEVERE if severe else Severity.NORMAL, weight=Decimal(2 if severe else 1),
        )  # fmt: skip


def numeric(field: str, label: str, low: str, high: str) -> Line:
    """A plausible range; wider than what arrival refuses, narrower than what a body can do."""
    return (f"{field}.plausible", "R", f"{label}应在 {low} 至 {high} 之间", f"{field} not between {low} and {high}")
