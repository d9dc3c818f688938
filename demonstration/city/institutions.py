"""Thirty institutions of all levels, each with the way it sends and the quality of what it sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from demonstration.city.people import Town

CITY = "411500"
TOUR_COUNTY = "411525"  # Gushi: where the accounts of the guided tour are at home
COUNTIES = (
    ("411502", "浉河区"),
    ("411503", "平桥区"),
    ("411521", "罗山县"),
    ("411522", "光山县"),
    ("411523", "新县"),
    ("411524", "商城县"),
    ("411525", "固始县"),
    ("411526", "潢川县"),
    ("411527", "淮滨县"),
    ("411528", "息县"),
)


@dataclass(frozen=True)
class Habits:
    """How carefully an institution keeps its data: the shares of rows with each fault."""

    missing: float = 0.01
    wrong_code: float = 0.005
    order_of_times: float = 0.001
    unreadable: float = 0.001
    identity: float = 0.02


CAREFUL, USUAL, CARELESS = Habits(0.002, 0.001, 0.0, 0.0, 0.008), Habits(), Habits(0.08, 0.05, 0.02, 0.01, 0.06)


@dataclass(frozen=True)
class Unit:
    """An institution of the demonstration. ``way`` is how it sends: hl7, fhir, data_api, batch, csv or xlsx."""

    key: str
    name: str
    division: str
    county: str
    kind: str
    level: str
    way: str
    habits: Habits
    uscc: str
    code22: str = ""
    departments: tuple[str, ...] = field(default=("内科", "外科"))


_BODY = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def social_credit_code(division: str, serial: int) -> str:
    """An 18-character unified social credit code with its check character (GB 32100-2015), public institution."""
    body = f"12{division[:6]}{serial:09d}"
    remainder = sum(_BODY.index(letter) * weight for letter, weight in zip(body, _WEIGHTS, strict=True)) % 31
    return body + _BODY[(31 - remainder) % 31]


_CITY_UNITS = (
    ("信阳示范市第一医院", "hospital", "三级甲等", "hl7", USUAL),
    ("信阳示范市第二医院", "hospital", "三级乙等", "fhir", CAREFUL),
    ("信阳示范市中医院", "hospital", "三级甲等", "data_api", USUAL),
    ("信阳示范市妇幼保健院", "mch", "三级", "batch", CAREFUL),
    ("信阳示范市疾病预防控制中心", "cdc", "", "batch", CAREFUL),
)
_DEPARTMENTS = ("心血管内科", "内分泌科", "呼吸内科", "神经内科", "普外科", "骨科", "妇产科", "儿科", "急诊科", "中医科")


def units(towns: Sequence[Town]) -> tuple[Unit, ...]:
    """Five city institutions, ten county hospitals, ten township hospitals, five village clinics."""
    made = [
        _unit(serial, *spec[:3], COUNTIES[serial % 2][0] + "000000", "", spec[3], spec[4])
        for serial, spec in enumerate(_CITY_UNITS, 1)
    ]
    ways, habits = ("data_api", "batch", "hl7"), (USUAL, CAREFUL, USUAL, CARELESS, USUAL)
    for number, (county, name) in enumerate(COUNTIES):
        made.append(
            _unit(
                20 + number,
                f"{name}示范人民医院",
                "hospital",
                "二级甲等",
                f"{county}000000",
                county,
                ways[number % 3],
                habits[number % 5],
            )
        )
    for number, (county, name) in enumerate(COUNTIES):
        town = next(town for town in towns if town.county == county)
        made.append(
            _unit(
                40 + number,
                f"{name}{town.name}示范卫生院",
                "township",
                "一级",
                f"{town.code:0<12}",
                county,
                "csv" if number % 4 == 1 else "batch",
                habits[(number + 2) % 5],
            )
        )
    for number, (county, name) in enumerate(COUNTIES[:5]):
        town = next(town for town in towns if town.county == county)
        made.append(
            _unit(
                60 + number,
                f"{name}{town.name}大塘村示范卫生室",
                "clinic",
                "未定级",
                f"{town.code}201",
                county,
                "batch" if number else "xlsx",
                USUAL,
            )
        )
    return tuple(made)


def _unit(serial: int, name: str, kind: str, level: str, division: str, county: str, way: str, habits: Habits) -> Unit:
    departments = _DEPARTMENTS if kind in ("hospital", "mch") else ("全科", "公共卫生科")
    return Unit(
        f"unit-{serial:02d}",
        name,
        division,
        county,
        kind,
        level,
        way,
        habits,
        social_credit_code(division, serial),
        departments=departments,
    )
