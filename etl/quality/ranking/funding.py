"""The funding proposal: a sum of money divided by a formula that is data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from etl.quality.ranking.composing import Standing
from health_platform.expressions.api import Kind, Node, evaluate, parse

FIELDS: Final = dict.fromkeys(("score", "change", "coverage", "rank", "units", "level"), Kind.NUMBER)


@dataclass(frozen=True)
class Share:
    """What one unit is proposed to get, in whole yuan."""

    standing: Standing
    points: Decimal
    amount: int


def formula_of(text: str) -> Node:
    """The parsed formula.

    Raises:
        Invalid: it cannot be read, or is no number.
    """
    return parse(text, FIELDS, gives=Kind.NUMBER)


def divide(standings: Sequence[Standing], formula: Node, pool: int) -> list[Share]:
    """Divide ``pool`` yuan in proportion to the points; unknown and negative points are none.

    Rounded down to whole yuan; what is left goes, yuan by yuan, to the largest remainders, so that the sum is the pool whenever
    anybody has points.
    """
    points = [_points(each, formula) for each in standings]
    whole = sum(points, Decimal(0))
    if not whole:
        return [Share(each, Decimal(0), 0) for each in standings]
    exact = [pool * each / whole for each in points]
    amounts = [int(each.to_integral_value(ROUND_FLOOR)) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: (amounts[at] - exact[at], standings[at].rank, at))
    for at in by_remainder[: pool - sum(amounts)]:
        amounts[at] += 1
    return [Share(each, mine, amount) for each, mine, amount in zip(standings, points, amounts, strict=True)]


def _points(standing: Standing, formula: Node) -> Decimal:
    coverage = next((part.value for part in standing.parts if part.name == "coverage"), Decimal(0))
    row = {
        "score": standing.score, "change": standing.change or Decimal(0), "coverage": coverage, "rank": Decimal(standing.rank),
        "units": Decimal(standing.of), "level": Decimal(standing.unit.level or 0),
    }  # fmt: skip
    found = evaluate(formula, row)
    return max(Decimal(0), found) if isinstance(found, Decimal) else Decimal(0)
