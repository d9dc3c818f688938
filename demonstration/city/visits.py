"""Visits to a doctor: acute illness, prescriptions, laboratory, report cards of notifiable diseases, referrals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from demonstration.city import catalogue as med
from demonstration.city.identities import Registered
from demonstration.city.institutions import Unit
from demonstration.city.life import Life
from demonstration.city.rows import Row, front, regional, stamp

OUTPATIENT, EMERGENCY, INPATIENT = "1", "2", "4"
REFERRED_SHARE = 0.04  # of the visits to township hospitals


@dataclass(frozen=True)
class Visit:
    """A visit to come: when, why, and how she comes."""

    day: date
    ailment: med.Ailment
    chronic: bool = False
    referral: str = ""


def acute_visits(life: Life) -> Iterator[Row]:
    """None to four illnesses in the time told; influenza and the like have their seasons."""
    for _ in range(life.chance.choices((0, 1, 2, 3, 4), (30, 34, 20, 11, 5))[0]):
        day = life.any_day()
        if day:
            unit, ailment = life.choose_unit(), _ailment(life, day)
            if ailment.code.startswith("J11"):
                life.note("influenza", unit, day)
            yield from visit(life, unit, Visit(day, ailment))
            yield from _referral(life, unit, day, ailment)


def outbreak(life: Life) -> Iterator[Row]:
    """A cluster of vomiting among schoolchildren of one place within six days: what surveillance must find."""
    age = life.resident.age_on(life.world.outbreak_day)
    if not life.resident.town.startswith(life.world.outbreak_place) or not 6 <= age <= 15 or life.chance.random() >= 0.6:
        return
    day = life.world.outbreak_day + timedelta(days=min(int(life.chance.expovariate(0.5)), 6))
    if day <= life.last:
        unit = life.choose_unit()
        rows = list(visit(life, unit, Visit(day, med.OUTBREAK)))
        life.note("outbreak", unit, day, rows[0].fields["visit_no"])
        yield from rows


def _ailment(life: Life, day: date) -> med.Ailment:
    age = life.resident.age_on(day)
    fitting = [a for a in med.AILMENTS if a.low_age <= age <= a.high_age]
    weights = [a.weight * (6 if day.month in a.season else 1) for a in fitting]
    return life.chance.choices(fitting, weights)[0]


def _referral(life: Life, unit: Unit, day: date, ailment: med.Ailment) -> Iterator[Row]:
    """The township hospital sends her on; she comes to the county hospital with the referral's number."""
    above = life.world.local(life.resident.county, "hospital")
    if unit.kind != "township" or above is None or life.chance.random() >= REFERRED_SHARE or day >= life.last:
        return
    number, after = life.number(unit, "F"), day + timedelta(days=1)
    life.note("referral", above, after, number)
    yield from visit(life, above, Visit(after, ailment, referral=number))


def visit(life: Life, unit: Unit, planned: Visit) -> Iterator[Row]:
    """All rows of one outpatient visit; the visit itself comes first."""
    moment, ailment = life.moment(planned.day), planned.ailment
    who, number = life.registered(unit, moment), life.number(unit, "V")
    yield _visit_row(life, who, number, moment, planned)
    yield _diagnosis(life, who, number, moment, planned)
    cost = 8.0
    if ailment.drugs:
        cost += sum(med.DRUGS[drug].price for drug in ailment.drugs)
        yield from prescription(life, who, number, moment, ailment)
    for panel in ailment.panels:
        if life.chance.random() < 0.4:
            cost += 35
            yield from laboratory(life, who, number, moment, panel)
    if ailment.notifiable and unit.kind != "clinic":
        yield _report_card(life, who, number, moment, ailment)
    yield charge(life, who, moment, {"visit_no": number, "visit_kind": OUTPATIENT}, cost, 0.6)


def _place(life: Life, unit: Unit, number: str, department: str) -> dict[str, Any]:
    doctor = sum(map(ord, number)) % 6 + 1
    return {
        "visit_no": number,
        "visit_kind": OUTPATIENT,
        "dept_name": department,
        "staff_id": f"{unit.key}-{doctor:02d}",
        "staff_name": f"{'王李张刘陈杨'[doctor - 1]}医生",
    }


def _visit_row(life: Life, who: Registered, number: str, moment: datetime, planned: Visit) -> Row:
    ailment = planned.ailment
    fields = {
        **_place(life, who.unit, number, ailment.department),
        "started_at": stamp(moment),
        "ended_at": stamp(moment + timedelta(minutes=40)),
        "first_visit": "0" if planned.chronic else "1",
        "chief_complaint": ailment.complaint,
        "present_illness": f"患者于就诊前出现{ailment.complaint},无其他特殊不适,饮食睡眠尚可。",
        "diagnosis": ailment.code,
        "diagnosis_text": ailment.name,
        "pay_method": "02",
        "referral_no": planned.referral or None,
    }
    return regional("visit", who, moment, fields)


def _diagnosis(life: Life, who: Registered, number: str, moment: datetime, planned: Visit) -> Row:
    fields = {
        **_place(life, who.unit, number, planned.ailment.department),
        "diagnosis_no": life.number(who.unit, "D"),
        "diagnosis_kind": "1",
        "diagnosis_kind_text": "门诊诊断",
        "diagnosis": planned.ailment.code,
        "diagnosis_text": planned.ailment.name,
        "principal": "1",
        "diagnosed_at": stamp(moment),
        "chronic": "1" if planned.chronic else "0",
    }
    return regional("diagnosis", who, moment, fields)


def charge(life: Life, who: Registered, moment: datetime, visit_of: dict[str, str], cost: float, insured: float) -> Row:
    """What a visit cost and what the insurance paid of it."""
    paid = round(cost * insured, 2)
    fields = {
        **visit_of,
        "charge_no": life.number(who.unit, "C"),
        "charged_at": stamp(moment),
        "state": "1",
        "total": f"{cost:.2f}",
        "insurance_paid": f"{paid:.2f}",
        "self_paid": f"{cost - paid:.2f}",
    }
    return regional("charge", who, moment, fields)


def prescription(life: Life, who: Registered, visit_no: str, moment: datetime, ailment: med.Ailment) -> Iterator[Row]:
    """A prescription and its drugs."""
    order = life.number(who.unit, "R")
    head = {
        "id": order,
        "serial_number": visit_no,
        "prescription_no": order,
        "prescription_issuance_date": stamp(moment),
        "prescription_validity_days": "3",
        "prescription_type_code": "1",
        "dept_code": "A03",
        "dept_name": ailment.department,
    }
    yield front("emr_order", who, who.unit, moment, head)
    for name in ailment.drugs:
        drug = med.DRUGS[name]
        item = {
            "id": life.number(who.unit, "I"),
            "order_id": order,
            "drug_code": drug.code,
            "drug_name": drug.name,
            "drug_specifications": drug.strength,
            "drug_dosage_code": drug.dose,
            "drug_dosage_unit_name": drug.unit,
            "drug_dosage_total": drug.total,
        }
        yield front("emr_order_item", None, who.unit, moment, item)


def laboratory(life: Life, who: Registered, visit_no: str, moment: datetime, panel: str) -> Iterator[Row]:
    """A laboratory report and its items; long-term conditions shift the results."""
    name, specimen, tests = med.PANELS[panel]
    report, sampled, reported = life.number(who.unit, "L"), moment + timedelta(minutes=15), moment + timedelta(minutes=90)
    head = {
        "id": report,
        "serial_number": visit_no,
        "examination_report_no": report,
        "specimen_sampling_date": stamp(sampled),
        "specimen_receiving_date": stamp(sampled + timedelta(minutes=10)),
        "examination_date": stamp(reported - timedelta(minutes=5)),
        "examination_report_date": stamp(reported),
        "specimen_category_name": specimen,
        "examination_notes": name,
        "activity_type_code": OUTPATIENT,
        "dept_code": "A30",
        "dept_name": "检验科",
    }
    yield front("emr_ex_lab", who, who.unit, reported, head)
    for test in tests:
        item = {"id": life.number(who.unit, "T"), "ex_lab_id": report, **_result(life, test)}
        yield front("emr_ex_lab_item", None, who.unit, reported, item)


def _result(life: Life, test: med.Test) -> dict[str, Any]:
    shift = sum(amount for condition, amount in test.shifts if condition in life.resident.conditions)
    value = round(max(life.chance.gauss(test.mean + shift, test.spread * (2 if shift else 1)), test.mean * 0.25), test.digits)
    flag = "2" if value > test.high else "3" if value < test.low else "1"
    return {
        "item_code": test.code,
        "item_name": test.name,
        "examination_quantification": f"{value:.{test.digits}f}",
        "examination_quantification_unit": test.unit or None,
        "examination_quantification_lower": f"{test.low:g}",
        "examination_quantification_upper": f"{test.high:g}",
        "examination_quantification_ri": flag,
    }


def _report_card(life: Life, who: Registered, visit_no: str, moment: datetime, ailment: med.Ailment) -> Row:
    """The card of a notifiable disease, as the hospital's front end sends it."""
    resident = life.resident
    fields = {
        "id": life.number(who.unit, "K"),
        "serial_number": visit_no,
        "onset_date": (moment - timedelta(days=1)).date().isoformat(),
        "diagnose_time": stamp(moment),
        "disease_code": ailment.notifiable,
        "disease_name": ailment.name,
        "diagnose_state_code": "1",
        "diagnose_state_name": "临床诊断病例",
        "case_type_code": "1",
        "case_type_name": "急性",
        "report_date": stamp(moment + timedelta(hours=2)),
        "fill_doctor": "王医生",
        "report_zone_code": who.unit.division[:9],
        "report_org_code": who.unit.code22 or who.unit.uscc,
        "report_org_name": who.unit.name,
        "gender_code": who.gender,
        "birth_date": who.birth_date,
        "nationality_code": "156",
        "nation_code": who.nation,
        "current_addr_code": resident.town,
        "current_addr_detail": who.address,
        "tel": who.phone,
        "nultitude_type_code": "19",
        "dept_code": "A03",
        "dept_name": ailment.department,
    }
    return front("emr_inf_report", who, who.unit, moment, fields)
