"""The composite score and the order of units. Pure.

    composite = Σ weight × part / Σ weight        (parts and composite 0 to 100)

An institution without rows has 0 in every part, also in those that would flatter silence (nothing to mend, nothing worse than
before): an empty institution never stands before one that uploads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from etl.quality.ranking.definitions import COUNTY, PARTS

ZERO, HUNDRED = Decimal(0), Decimal(100)
_TWO: Final = Decimal("0.01")


@dataclass(frozen=True)
class Unit:
    """A ranked institution, or a county's platform (``institution_id`` 0)."""

    institution_id: int
    name: str
    group: str
    level: str
    division: str
    county: str


@dataclass(frozen=True)
class Facts:
    """What the period says of a unit. ``before`` is the quality score of the period before; None without one."""

    quality: Decimal = ZERO
    coverage: Decimal = ZERO
    rows: int = 0
    quarantined: int = 0
    mended: int = 0
    before: Decimal | None = None


@dataclass(frozen=True)
class Part:
    """One part of a composite: ``points`` is what it adds of the hundred."""

    name: str
    label: str
    value: Decimal
    weight: Decimal
    points: Decimal
    how: str


@dataclass(frozen=True)
class Standing:
    """A unit's place. ``rank`` within group, ``level_rank`` within group and level; equal scores share a place.

    ``change`` is points against the period before, ``moved`` places gained (positive) since then; None when it was not ranked.
    """

    unit: Unit
    score: Decimal
    rows: int
    parts: tuple[Part, ...]
    rank: int = 0
    level_rank: int = 0
    of: int = 0
    change: Decimal | None = None
    moved: int | None = None


def compose(unit: Unit, facts: Facts, weights: Mapping[str, Decimal]) -> Standing:
    """The composite of one unit with its derivation."""
    values = _values(facts)
    whole = sum(weights.values(), ZERO)
    parts = tuple(
        Part(name, label, values[name][0], weights[name], _rounded(weights[name] * values[name][0] / whole if whole else ZERO),
             values[name][1])
        for name, label in PARTS.items()
    )  # fmt: skip
    total = sum((weights[name] * values[name][0] for name in PARTS), ZERO) / whole if whole else ZERO
    return Standing(unit, _rounded(total), facts.rows, parts)


def ranked(standings: Iterable[Standing], before: Sequence[Standing] = ()) -> tuple[Standing, ...]:
    """In order within each group: higher score first, units without rows last, then by name; compared with ``before``."""
    groups: dict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        groups[standing.unit.group].append(standing)
    known = {_identity(each.unit): each for each in before}
    found: list[Standing] = []
    for _, members in sorted(groups.items()):
        ordered = sorted(members, key=lambda each: (-each.score, each.rows == 0, each.unit.name))
        places, within_level = _places(ordered), _places_by_level(ordered)
        for at, each in enumerate(ordered):
            placed = replace(each, rank=places[at], level_rank=within_level[at], of=len(ordered))
            found.append(_compared(placed, known.get(_identity(each.unit))))
    return tuple(found)


def county_standings(standings: Sequence[Standing]) -> list[Standing]:
    """One standing per county: the mean of its institutions, those that upload nothing counted as 0."""
    members: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    for each in standings:
        members[each.unit.division[:6], each.unit.county].append(each)
    return [_county(code, name, found) for (code, name), found in sorted(members.items())]


def as_json(standing: Standing) -> dict[str, Any]:
    """For storing and for the API; numbers are text."""
    unit = standing.unit
    return {
        "institution_id": str(unit.institution_id), "name": unit.name, "group": unit.group, "level": unit.level,
        "division": unit.division, "county": unit.county, "score": str(standing.score), "rows": standing.rows,
        "rank": standing.rank, "level_rank": standing.level_rank, "of": standing.of, "moved": standing.moved,
        "change": None if standing.change is None else str(standing.change),
        "parts": [
            {"name": part.name, "label": part.label, "value": str(part.value), "weight": str(part.weight),
             "points": str(part.points), "how": part.how}
            for part in standing.parts
        ],
    }  # fmt: skip


def _values(facts: Facts) -> dict[str, tuple[Decimal, str]]:
    if not facts.rows:
        return dict.fromkeys(PARTS, (ZERO, "本期没有入库数据，计 0 分"))
    mending = HUNDRED * facts.mended / facts.quarantined if facts.quarantined else HUNDRED
    gained = ZERO if facts.before is None else facts.quality - facts.before
    progress = min(HUNDRED, max(ZERO, 50 + gained))
    return {
        "quality": (_rounded(facts.quality), "质控规则得分，见分析报告"),
        "coverage": (_rounded(facts.coverage * HUNDRED), "应传数据集与应传日的上传比例"),
        "mending": (
            _rounded(mending),
            f"隔离 {facts.quarantined} 行，已处理 {facts.mended} 行" if facts.quarantined else "无隔离行",
        ),
        "progress": (_rounded(progress), "无上期，计 50 分" if facts.before is None else f"质量得分较上期 {gained:+.2f}"),
    }


def _county(code: str, name: str, members: Sequence[Standing]) -> Standing:
    count = len(members)
    active = sum(each.rows > 0 for each in members)
    how = f"{count} 家机构的平均，其中 {active} 家有数据"
    parts = tuple(
        replace(part, value=_mean([each.parts[place].value for each in members]),
                points=_mean([each.parts[place].points for each in members]), how=how)
        for place, part in enumerate(members[0].parts)
    )  # fmt: skip
    unit = Unit(0, name or code, COUNTY, "", code.ljust(12, "0"), name)
    return Standing(unit, _mean([each.score for each in members]), sum(each.rows for each in members), parts)


def _compared(now: Standing, before: Standing | None) -> Standing:
    if before is None:
        return now
    return replace(now, change=now.score - before.score, moved=before.rank - now.rank)


def _identity(unit: Unit) -> tuple[str, int, str]:
    return unit.group, unit.institution_id, unit.division if unit.group == COUNTY else ""


def _places(ordered: Sequence[Standing]) -> list[int]:
    """The place of each in an ordered list: equal ones share it; a unit without rows is behind every unit with rows."""
    places: list[int] = []
    for at, each in enumerate(ordered):
        same = at > 0 and _worth(ordered[at - 1]) == _worth(each)
        places.append(places[-1] if same else at + 1)
    return places


def _places_by_level(ordered: Sequence[Standing]) -> list[int]:
    """As ``_places``, each among those of its level."""
    levels: dict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(ordered):
        levels[each.unit.level].append(at)
    found = [0] * len(ordered)
    for members in levels.values():
        for at, place in zip(members, _places([ordered[at] for at in members]), strict=True):
            found[at] = place
    return found


def _worth(each: Standing) -> tuple[Decimal, bool]:
    return each.score, each.rows > 0


def _mean(values: Sequence[Decimal]) -> Decimal:
    return _rounded(sum(values, ZERO) / len(values)) if values else ZERO


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_TWO, ROUND_HALF_UP)
