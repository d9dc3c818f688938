"""Long-term conditions: regular visits, follow-up by public health, allergies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from demonstration.city import catalogue as med
from demonstration.city.identities import Registered
from demonstration.city.life import Life
from demonstration.city.rows import Row, regional, stamp
from demonstration.city.visits import Visit, visit

FOLLOW_UPS = {
    "I10": ("hypertension", "高血压患者健康管理"),
    "E11": ("diabetes", "2型糖尿病患者健康管理"),
    "F20": ("mental", "严重精神障碍患者管理"),
}


def chronic_care(life: Life) -> Iterator[Row]:
    """Half-yearly visits and quarterly follow-ups of every long-term condition."""
    for condition in life.resident.conditions:
        code, name, department, drugs = med.CHRONIC[condition]
        ailment = med.Ailment(code, name, f"{name}复诊", department, drugs, med.CHRONIC_PANELS.get(condition, ()))
        unit = life.choose_unit(serious=condition in ("C34", "I25", "N18"))
        for day in life.every(180, 0.6):
            yield from visit(life, unit, Visit(day, ailment, chronic=True))
        if condition in FOLLOW_UPS:
            yield from _follow_ups(life, condition)
    yield from _allergies(life)


def _follow_ups(life: Life, condition: str) -> Iterator[Row]:
    unit = life.township()
    if unit is None:
        return
    for count, day in enumerate(life.every(90, 0.85), 1):
        moment = life.moment(day)
        who = life.registered(unit, moment)
        pressure = (round(life.chance.gauss(142, 14)), round(life.chance.gauss(86, 9)))
        yield _follow_up(life, who, moment, condition, (count, *pressure))
        yield _measure(life, who, moment, ("SBP", "收缩压", pressure[0], "mmHg", 90, 140))
        yield _measure(life, who, moment, ("DBP", "舒张压", pressure[1], "mmHg", 60, 90))


def _follow_up(life: Life, who: Registered, moment: datetime, condition: str, found: tuple[int, int, int]) -> Row:
    count, systolic, diastolic = found
    programme, label = FOLLOW_UPS[condition]
    controlled = systolic < 140 and diastolic < 90
    fields: dict[str, Any] = {
        "service_no": life.number(who.unit, "S"),
        "programme": programme,
        "programme_text": label,
        "served_on": moment.date().isoformat(),
        "mode": "1",
        "mode_text": "门诊",
        "visit_number": str(count),
        "systolic": str(systolic),
        "diastolic": str(diastolic),
        "glucose": f"{life.chance.gauss(7.4, 1.5):.1f}" if condition == "E11" else None,
        "result": "1" if controlled else "2",
        "result_text": "控制满意" if controlled else "控制不满意",
        "next_on": (moment.date() + timedelta(days=90 if controlled else 14)).isoformat(),
        "guidance": "低盐饮食,适量运动,规律服药",
    }
    return regional("service_record", who, moment, fields)


def _measure(life: Life, who: Registered, moment: datetime, what: tuple[str, str, int, str, int, int]) -> Row:
    item, text, value, unit, low, high = what
    fields = {
        "observation_no": life.number(who.unit, "O"),
        "item": item,
        "item_text": text,
        "observed_at": stamp(moment),
        "value": f"{value:g}",
        "unit": unit,
        "range_low": str(low),
        "range_high": str(high),
        "range_flag": "2" if value > high else "3" if value < low else "1",
    }
    return regional("observation", who, moment, fields)


def _allergies(life: Life) -> Iterator[Row]:
    day = life.any_day()
    if not (life.resident.allergy and day):
        return
    unit, moment = life.choose_unit(), life.moment(day)
    fields = {
        "allergy_no": life.number(unit, "A"),
        "none_known": "0",
        "allergen_text": life.resident.allergy,
        "allergen_kind_text": "药物" if life.resident.allergy not in ("海鲜", "花粉") else "其他",
        "reaction": "皮疹、瘙痒",
        "severity": "2",
        "severity_text": "中度",
        "recorded_on": day.isoformat(),
    }
    yield regional("allergy", life.registered(unit, moment), moment, fields)
