"""In hospital: admissions with their front page, deliveries, deaths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from demonstration.city import catalogue as med
from demonstration.city.identities import Registered
from demonstration.city.institutions import Unit
from demonstration.city.life import Life
from demonstration.city.rows import Row, front, regional, stamp
from demonstration.city.visits import INPATIENT, charge, laboratory, prescription

_PNEUMONIA = ("J18.900", "肺炎", "呼吸内科", ("ceftriaxone", "ambroxol"))
_DELIVERY = ("O80.000x001", "头位顺产", "妇产科", ())


@dataclass(frozen=True)
class Stay:
    """One stay in hospital: number, from when to when, and what for."""

    number: str
    arrived: datetime
    left: datetime
    code: str
    name: str
    department: str

    @property
    def days(self) -> int:
        return (self.left - self.arrived).days


def admissions(life: Life) -> Iterator[Row]:
    """Up to three admissions, likelier with long-term conditions."""
    likely = 0.05 + 0.09 * len(life.resident.conditions)
    for _ in range(3):
        day = life.any_day()
        if day and life.chance.random() < likely:
            yield from _admission(life, life.choose_unit(serious=True), day)


def _admission(life: Life, unit: Unit, day: date) -> Iterator[Row]:
    condition = life.chance.choice(life.resident.conditions) if life.resident.conditions else ""
    code, name, department, drugs = med.CHRONIC.get(condition, _PNEUMONIA)
    arrived, days = life.moment(day), life.chance.randint(4, 14)
    left = arrived + timedelta(days=days)
    if left.date() > life.last:
        return
    who = life.registered(unit, arrived)
    stay = Stay(life.number(unit, "Z"), arrived, left, code, name, department)
    yield from _papers(life, who, stay, f"{name}加重3天")
    for offset in range(0, days, 4):
        for panel in ("blood", "chemistry"):
            yield from laboratory(life, who, stay.number, arrived + timedelta(days=offset), panel)
    if drugs:
        yield from prescription(life, who, stay.number, arrived, med.Ailment(code, name, "", department, drugs))
    yield _imaging(life, who, stay)
    yield _bill(life, who, stay)


def births(life: Life) -> Iterator[Row]:
    """A mother's stay for each child born to her in the time told."""
    for child in life.family.values():
        if child.mother != life.resident.number or not life.first <= child.born <= life.last:
            continue
        unit = life.choose_unit(serious=True)
        arrived = life.moment(child.born - timedelta(days=1))
        stay = Stay(life.number(unit, "Z"), arrived, arrived + timedelta(days=4), *_DELIVERY[:3])
        if stay.left.date() > life.last:
            continue
        who = life.registered(unit, arrived)
        life.note("birth", unit, child.born, stay.number)
        yield from _papers(life, who, stay, "孕足月,规律腹痛6小时")
        yield from laboratory(life, who, stay.number, arrived, "blood")
        yield _bill(life, who, stay)


def _papers(life: Life, who: Registered, stay: Stay, complaint: str) -> Iterator[Row]:
    yield _visit(who, stay, complaint)
    yield _diagnosis(life, who, stay)
    yield _discharge(life, who, stay, complaint)
    yield _front_page(life, who, stay)


def _visit(who: Registered, stay: Stay, complaint: str) -> Row:
    fields = {
        "visit_no": stay.number,
        "visit_kind": INPATIENT,
        "started_at": stamp(stay.arrived),
        "ended_at": stamp(stay.left),
        "diagnosis": stay.code,
        "diagnosis_text": stay.name,
        "chief_complaint": complaint,
        "inpatient_no": stay.number,
        "ward_name": f"{stay.department}病区",
        "stay_days": str(stay.days),
        "dept_name": stay.department,
        "outcome": "2",
        "outcome_text": "好转",
        "pay_method": "02",
    }
    return regional("visit", who, stay.arrived, fields)


def _diagnosis(life: Life, who: Registered, stay: Stay) -> Row:
    fields = {
        "diagnosis_no": life.number(who.unit, "D"),
        "visit_no": stay.number,
        "visit_kind": INPATIENT,
        "diagnosis_kind": "3",
        "diagnosis_kind_text": "出院诊断",
        "diagnosis": stay.code,
        "diagnosis_text": stay.name,
        "principal": "1",
        "diagnosed_at": stamp(stay.left),
    }
    return regional("diagnosis", who, stay.left, fields)


def _discharge(life: Life, who: Registered, stay: Stay, complaint: str) -> Row:
    fields = {
        "id": life.number(who.unit, "G"),
        "serial_number": stay.number,
        "admission_date": stamp(stay.arrived),
        "discharge_date": stamp(stay.left),
        "admission_diagnosis_code": stay.code,
        "admission_diagnosis_name": stay.name,
        "discharge_diagnosis_code": stay.code,
        "discharge_diagnosis_name": stay.name,
        "admission_desc": f"因“{complaint}”入院",
        "treatment_desc": "予对症及支持治疗,病情好转",
        "discharge_desc": "一般情况可",
        "discharge_order": "按时服药,定期复查",
        "disease_progression_code": "2",
        "disease_progression_name": "好转",
        "dept_code": "A03",
        "dept_name": stay.department,
    }
    return front("emr_discharge_info", who, who.unit, stay.left, fields)


def _front_page(life: Life, who: Registered, stay: Stay) -> Row:
    fields = {
        "id": life.number(who.unit, "B"),
        "serial_number": stay.number,
        "pay_method_code": "02",
        "admission_num": "1",
        "reg_no": stay.number[:18],
        "admission_date": stamp(stay.arrived),
        "admission_dept_code": "A03",
        "admission_dept_name": stay.department,
        "discharge_date": stamp(stay.left),
        "discharge_dept_code": "A03",
        "discharge_dept_name": stay.department,
        "admission_days": str(stay.days),
        "wm_outpatient_diagnosis_code": stay.code,
        "wm_outpatient_diagnosis_name": stay.name,
        "discharge_diagnosis_code": stay.code,
        "discharge_diagnosis_name": stay.name,
        "allergy_code": "1" if life.resident.allergy else "0",
        "allergy_drug": life.resident.allergy or None,
        "dept_code": "A03",
        "dept_name": stay.department,
    }
    return front("emr_admission_record", who, who.unit, stay.left, fields)


def _bill(life: Life, who: Registered, stay: Stay) -> Row:
    cost = float(1800 + stay.days * life.chance.randint(350, 900))
    return charge(life, who, stay.left, {"visit_no": stay.number, "visit_kind": INPATIENT}, cost, 0.7)


def _imaging(life: Life, who: Registered, stay: Stay) -> Row:
    report, moment = life.number(who.unit, "E"), stay.arrived + timedelta(hours=3)
    fields = {
        "id": report,
        "serial_number": stay.number,
        "examination_report_no": report,
        "chief_complaint": "咳嗽、气促",
        "examination_report_date": stamp(moment),
        "examination_type_name": "CT",
        "examination_type_code": "1",
        "examination_objective_desc": "双肺纹理增多,右下肺见斑片状密度增高影,边界模糊。纵隔未见肿大淋巴结。",
        "examination_subjective_desc": "右下肺感染可能,建议治疗后复查。",
        "apply_dept_name": stay.department,
        "dept_code": "A32",
        "dept_name": "医学影像科",
    }
    return front("emr_ex_clinical", who, who.unit, moment, fields)


def death(life: Life) -> Iterator[Row]:
    """The death of a resident, reported by the hospital."""
    died = life.resident.died
    if died is None or not life.world.first <= died <= life.world.last:
        return
    unit, moment = life.choose_unit(serious=True), life.moment(died)
    condition = life.resident.conditions[0] if life.resident.conditions else ""
    code, name = med.CHRONIC.get(condition, ("I46.900", "心脏停搏"))[:2]
    who, number = life.registered(unit, moment), life.number(unit, "M")
    life.note("death", unit, died, number)
    fields = {
        "id": number,
        "serial_number": life.number(unit, "Z"),
        "dead_date": stamp(moment),
        "direct_cause_code": code,
        "direct_cause_name": name,
        "death_diagnosis_code": code,
        "death_diagnosis_name": name,
        "dept_code": "A03",
        "dept_name": "急诊科",
    }
    yield front("emr_death_info", who, unit, moment, fields)
