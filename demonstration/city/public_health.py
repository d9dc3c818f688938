"""Public health: childhood immunisation, influenza vaccine, yearly examination of the elderly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from demonstration.city import catalogue as med
from demonstration.city.institutions import Unit
from demonstration.city.life import Life
from demonstration.city.rows import Row, regional, stamp


def childhood(life: Life) -> Iterator[Row]:
    """The immunisation programme of children up to seven years."""
    unit = life.township()
    if unit is None or life.resident.age_on(life.world.last) > 7:
        return
    for vaccine, days in med.VACCINES:
        for dose, after in enumerate(days, 1):
            day = life.resident.born + timedelta(days=after + life.chance.randint(0, 20))
            if life.world.first <= day <= life.last and life.chance.random() < 0.96:
                yield _vaccination(life, unit, day, vaccine, dose)


def influenza_vaccine(life: Life) -> Iterator[Row]:
    """Every October for a third of the elderly."""
    unit = life.township()
    if unit is None or life.resident.age_on(life.last) < 60 or life.chance.random() >= 0.3:
        return
    for year in range(life.first.year, life.last.year + 1):
        day = date(year, 10, life.chance.randint(8, 30))
        if life.first <= day <= life.last:
            yield _vaccination(life, unit, day, "流感疫苗", 1)


def _vaccination(life: Life, unit: Unit, day: date, vaccine: str, dose: int) -> Row:
    moment = life.moment(day)
    fields = {
        "vaccination_no": life.number(unit, "N"),
        "vaccine_text": vaccine,
        "dose": str(dose),
        "batch_no": f"B{day:%Y%m}{dose:02d}",
        "manufacturer": "示范生物制品有限公司",
        "vaccinated_at": stamp(moment),
        "site_text": "左上臂",
        "reaction": "0",
    }
    return regional("vaccination", life.registered(unit, moment), moment, fields)


def elderly_examination(life: Life) -> Iterator[Row]:
    """The yearly examination from 65 years on."""
    unit = life.township()
    if unit is None or life.resident.age_on(life.last) < 65:
        return
    for year in range(life.first.year, life.last.year + 1):
        day = date(year, life.chance.randint(3, 6), life.chance.randint(1, 28))
        if life.first <= day <= life.last and life.chance.random() < 0.75:
            moment = life.moment(day)
            fields = {
                "exam_no": life.number(unit, "H"),
                "examined_on": day.isoformat(),
                "systolic_left": str(round(life.chance.gauss(138, 15))),
                "diastolic_left": str(round(life.chance.gauss(82, 9))),
                "assessment": "体检有异常" if life.resident.conditions else "体检无异常",
                "guidance": "纳入慢性病患者健康管理" if life.resident.conditions else "定期复查",
            }
            yield regional("health_exam", life.registered(unit, moment), moment, fields)
