"""Courses of life: what happens to a resident in three years, and the rows each institution makes of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from demonstration.city import catalogue as med
from demonstration.city.identities import Registered, register
from demonstration.city.institutions import Unit
from demonstration.city.people import Resident
from demonstration.city.rows import Row, front, regional, stamp

OUTPATIENT, EMERGENCY, INPATIENT = "1", "2", "4"
FOLLOW_UPS = {
    "I10": ("hypertension", "高血压患者健康管理"),
    "E11": ("diabetes", "2型糖尿病患者健康管理"),
    "F20": ("mental", "严重精神障碍患者管理"),
}


@dataclass(frozen=True)
class World:
    """Everything a course may depend on: the seed, the days it spans, who stands where."""

    seed: int
    first: date
    last: date
    units: Sequence[Unit]
    relatives: Mapping[int, Resident]
    outbreak_town: str
    outbreak_day: date

    def city(self, kind: str = "hospital") -> list[Unit]:
        return [unit for unit in self.units if not unit.county and unit.kind == kind]

    def local(self, county: str, kind: str) -> Unit | None:
        return next((unit for unit in self.units if unit.county == county and unit.kind == kind), None)


def course(resident: Resident, world: World) -> Iterator[Row]:
    """All rows of one resident, institution by institution, in no particular order of time."""
    life = _Life(resident, world, random.Random(f"course-{world.seed}-{resident.number}"))  # noqa: S311
    yield from life.acute_visits()
    yield from life.chronic_care()
    yield from life.admissions()
    yield from life.childhood()
    yield from life.elderly_examination()
    yield from life.influenza_vaccine()
    yield from life.outbreak()
    yield from life.death()
    yield from life.registrations()


class _Life:
    """One resident under way; remembers where she was registered."""

    def __init__(self, resident: Resident, world: World, chance: random.Random) -> None:
        self.resident, self.world, self.chance = resident, world, chance
        self.last = min(world.last, (resident.died or world.last) - timedelta(days=3))
        self.first = max(world.first, resident.born + timedelta(days=30))
        self.seen: dict[str, tuple[Registered, datetime]] = {}
        self.serial = 0

    # --- where and when

    def _unit(self, serious: bool = False) -> Unit:
        county = self.resident.county
        wanted = ("hospital",) if serious else ("township", "hospital", "clinic")
        near = [unit for kind in wanted if (unit := self.world.local(county, kind))]
        city = self.world.city()
        if (serious and self.chance.random() < 0.45) or not near:
            return self.chance.choice(city)
        return self.chance.choice(near) if self.chance.random() < 0.85 else self.chance.choice(city)

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, time(self.chance.randint(8, 16), self.chance.randint(0, 59)))

    def _day(self) -> date | None:
        span = (self.last - self.first).days
        return self.first + timedelta(days=self.chance.randint(0, span)) if span > 0 else None

    def _who(self, unit: Unit, moment: datetime) -> Registered:
        who, earliest = self.seen.get(unit.key) or (
            register(self.resident, unit, self.world.seed, dict(self.world.relatives)),
            moment,
        )
        self.seen[unit.key] = (who, min(earliest, moment))
        return who

    def _number(self, unit: Unit, kind: str) -> str:
        self.serial += 1
        return f"{kind}{unit.key[5:]}{self.resident.number:08d}{self.serial:03d}"

    # --- visits

    def acute_visits(self) -> Iterator[Row]:
        for _ in range(self.chance.choices((0, 1, 2, 3, 4), (30, 34, 20, 11, 5))[0]):
            day = self._day()
            if day:
                ailment = self._ailment(day)
                yield from self._visit(self._unit(), day, ailment)

    def _ailment(self, day: date) -> med.Ailment:
        age = self.resident.age_on(day)
        fitting = [a for a in med.AILMENTS if a.low_age <= age <= a.high_age]
        weights = [a.weight * (6 if day.month in a.season else 1) for a in fitting]
        return self.chance.choices(fitting, weights)[0]

    def _visit(self, unit: Unit, day: date, ailment: med.Ailment, chronic: bool = False) -> Iterator[Row]:
        moment = self._moment(day)
        who, number = self._who(unit, moment), self._number(unit, "V")
        doctor = self.chance.randint(1, 6)
        place = {
            "visit_no": number,
            "visit_kind": OUTPATIENT,
            "dept_name": ailment.department,
            "staff_id": f"{unit.key}-{doctor:02d}",
            "staff_name": _doctor(unit, doctor),
        }
        yield regional(
            "visit",
            who,
            moment,
            {
                **place,
                "started_at": stamp(moment),
                "ended_at": stamp(moment + timedelta(minutes=40)),
                "first_visit": "0" if chronic else "1",
                "chief_complaint": ailment.complaint,
                "present_illness": _illness(ailment),
                "diagnosis": ailment.code,
                "diagnosis_text": ailment.name,
                "pay_method": "02",
            },
        )
        yield regional(
            "diagnosis",
            who,
            moment,
            {
                **place,
                "diagnosis_no": self._number(unit, "D"),
                "diagnosis_kind": "1",
                "diagnosis_kind_text": "门诊诊断",
                "diagnosis": ailment.code,
                "diagnosis_text": ailment.name,
                "principal": "1",
                "diagnosed_at": stamp(moment),
                "chronic": "1" if chronic else "0",
            },
        )
        cost = 8.0
        if ailment.drugs:
            cost += sum(med.DRUGS[drug].price for drug in ailment.drugs)
            yield from self._prescription(who, number, moment, ailment)
        for panel in ailment.panels:
            if self.chance.random() < 0.4:
                cost += 35
                yield from self._laboratory(who, number, moment, panel)
        yield regional(
            "charge",
            who,
            moment,
            {
                "visit_no": number,
                "visit_kind": OUTPATIENT,
                "charge_no": self._number(unit, "C"),
                "charged_at": stamp(moment),
                "state": "1",
                "total": f"{cost:.2f}",
                "insurance_paid": f"{cost * 0.6:.2f}",
                "self_paid": f"{cost - round(cost * 0.6, 2):.2f}",
            },
        )

    def _prescription(self, who: Registered, visit: str, moment: datetime, ailment: med.Ailment) -> Iterator[Row]:
        order = self._number(who.unit, "R")
        yield front(
            "emr_order",
            who,
            who.unit,
            moment,
            {
                "id": order,
                "serial_number": visit,
                "prescription_no": order,
                "prescription_issuance_date": stamp(moment),
                "prescription_validity_days": "3",
                "prescription_type_code": "1",
                "dept_code": "A03",
                "dept_name": ailment.department,
            },
        )
        for name in ailment.drugs:
            drug = med.DRUGS[name]
            yield front(
                "emr_order_item",
                None,
                who.unit,
                moment,
                {
                    "id": self._number(who.unit, "I"),
                    "order_id": order,
                    "drug_code": drug.code,
                    "drug_name": drug.name,
                    "drug_specifications": drug.strength,
                    "drug_dosage_code": drug.dose,
                    "drug_dosage_unit_name": drug.unit,
                    "drug_dosage_total": drug.total,
                },
            )

    def _laboratory(self, who: Registered, visit: str, moment: datetime, panel: str) -> Iterator[Row]:
        name, specimen, tests = med.PANELS[panel]
        report, sampled, reported = self._number(who.unit, "L"), moment + timedelta(minutes=15), moment + timedelta(minutes=90)
        yield front(
            "emr_ex_lab",
            who,
            who.unit,
            reported,
            {
                "id": report,
                "serial_number": visit,
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
            },
        )
        for test in tests:
            yield front(
                "emr_ex_lab_item",
                None,
                who.unit,
                reported,
                {"id": self._number(who.unit, "T"), "ex_lab_id": report, **self._result(test)},
            )

    def _result(self, test: med.Test) -> dict[str, Any]:
        shift = sum(amount for condition, amount in test.shifts if condition in self.resident.conditions)
        value = round(max(self.chance.gauss(test.mean + shift, test.spread * (2 if shift else 1)), test.mean * 0.25), test.digits)
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

    # --- long-term conditions

    def chronic_care(self) -> Iterator[Row]:
        for condition in self.resident.conditions:
            code, name, department, drugs = med.CHRONIC[condition]
            ailment = med.Ailment(code, name, f"{name}复诊", department, drugs, med.CHRONIC_PANELS.get(condition, ()))
            unit = self._unit(serious=condition in ("C34", "I25", "N18"))
            for day in self._every(180, 0.6):
                yield from self._visit(unit, day, ailment, chronic=True)
            if condition in FOLLOW_UPS:
                yield from self._follow_ups(condition)
        yield from self._allergies()

    def _every(self, days: int, kept: float) -> Iterator[date]:
        day = self.first + timedelta(days=self.chance.randint(0, days))
        while day <= self.last:
            if self.chance.random() < kept:
                yield day
            day += timedelta(days=days + self.chance.randint(-14, 14))

    def _follow_ups(self, condition: str) -> Iterator[Row]:
        programme, label = FOLLOW_UPS[condition]
        unit = self.world.local(self.resident.county, "township")
        if unit is None:
            return
        for count, day in enumerate(self._every(90, 0.85), 1):
            moment = self._moment(day)
            who = self._who(unit, moment)
            pressure = (round(self.chance.gauss(142, 14)), round(self.chance.gauss(86, 9)))
            controlled = pressure[0] < 140 and pressure[1] < 90
            yield regional(
                "service_record",
                who,
                moment,
                {
                    "service_no": self._number(unit, "S"),
                    "programme": programme,
                    "programme_text": label,
                    "served_on": day.isoformat(),
                    "mode": "1",
                    "mode_text": "门诊",
                    "visit_number": str(count),
                    "systolic": str(pressure[0]),
                    "diastolic": str(pressure[1]),
                    "glucose": f"{self.chance.gauss(7.4, 1.5):.1f}" if condition == "E11" else None,
                    "result": "1" if controlled else "2",
                    "result_text": "控制满意" if controlled else "控制不满意",
                    "next_on": (day + timedelta(days=14 if not controlled else 90)).isoformat(),
                    "guidance": "低盐饮食,适量运动,规律服药",
                },
            )
            yield self._measure(who, moment, ("SBP", "收缩压", float(pressure[0]), "mmHg", 90, 140))
            yield self._measure(who, moment, ("DBP", "舒张压", float(pressure[1]), "mmHg", 60, 90))

    def _measure(self, who: Registered, moment: datetime, what: tuple[str, str, float, str, int, int]) -> Row:
        item, text, value, unit, low, high = what
        return regional(
            "observation",
            who,
            moment,
            {
                "observation_no": self._number(who.unit, "O"),
                "item": item,
                "item_text": text,
                "observed_at": stamp(moment),
                "value": f"{value:g}",
                "unit": unit,
                "range_low": str(low),
                "range_high": str(high),
                "range_flag": "2" if value > high else "3" if value < low else "1",
            },
        )

    def _allergies(self) -> Iterator[Row]:
        day = self._day()
        if self.resident.allergy and day:
            unit = self._unit()
            moment = self._moment(day)
            yield regional(
                "allergy",
                self._who(unit, moment),
                moment,
                {
                    "allergy_no": self._number(unit, "A"),
                    "none_known": "0",
                    "allergen_text": self.resident.allergy,
                    "allergen_kind_text": "药物" if self.resident.allergy not in ("海鲜", "花粉") else "其他",
                    "reaction": "皮疹、瘙痒",
                    "severity": "2",
                    "severity_text": "中度",
                    "recorded_on": day.isoformat(),
                },
            )

    # --- hospital

    def admissions(self) -> Iterator[Row]:
        likely = 0.05 + 0.09 * len(self.resident.conditions)
        for _ in range(3):
            day = self._day()
            if day and self.chance.random() < likely:
                yield from self._admission(self._unit(serious=True), day)

    def _admission(self, unit: Unit, day: date) -> Iterator[Row]:
        condition = self.chance.choice(self.resident.conditions) if self.resident.conditions else ""
        code, name, department, drugs = med.CHRONIC.get(condition, ("J18.900", "肺炎", "呼吸内科", ("ceftriaxone", "ambroxol")))
        arrived, days = self._moment(day), self.chance.randint(4, 14)
        left = arrived + timedelta(days=days)
        if left.date() > self.last:
            return
        who, number = self._who(unit, arrived), self._number(unit, "Z")
        yield regional(
            "visit",
            who,
            arrived,
            {
                "visit_no": number,
                "visit_kind": INPATIENT,
                "started_at": stamp(arrived),
                "ended_at": stamp(left),
                "diagnosis": code,
                "diagnosis_text": name,
                "chief_complaint": f"{name}加重3天",
                "inpatient_no": number,
                "ward_name": f"{department}病区",
                "stay_days": str(days),
                "dept_name": department,
                "outcome": "2",
                "outcome_text": "好转",
                "pay_method": "02",
            },
        )
        yield regional(
            "diagnosis",
            who,
            left,
            {
                "diagnosis_no": self._number(unit, "D"),
                "visit_no": number,
                "visit_kind": INPATIENT,
                "diagnosis_kind": "3",
                "diagnosis_kind_text": "出院诊断",
                "diagnosis": code,
                "diagnosis_text": name,
                "principal": "1",
                "diagnosed_at": stamp(left),
            },
        )
        yield front(
            "emr_discharge_info",
            who,
            unit,
            left,
            {
                "id": self._number(unit, "G"),
                "serial_number": number,
                "admission_date": stamp(arrived),
                "discharge_date": stamp(left),
                "admission_diagnosis_code": code,
                "admission_diagnosis_name": name,
                "discharge_diagnosis_code": code,
                "discharge_diagnosis_name": name,
                "admission_desc": f"因“{name}加重3天”入院",
                "treatment_desc": "予对症及支持治疗,病情好转",
                "discharge_desc": "一般情况可",
                "discharge_order": "按时服药,定期复查",
                "disease_progression_code": "2",
                "disease_progression_name": "好转",
                "dept_code": "A03",
                "dept_name": department,
            },
        )
        for offset in range(0, days, 4):
            for panel in ("blood", "chemistry"):
                yield from self._laboratory(who, number, arrived + timedelta(days=offset), panel)
        if drugs:
            yield from self._prescription(who, number, arrived, med.Ailment(code, name, "", department, drugs))
        yield self._imaging(who, number, arrived, department)
        cost = 1800 + days * self.chance.randint(350, 900)
        yield regional(
            "charge",
            who,
            left,
            {
                "visit_no": number,
                "visit_kind": INPATIENT,
                "charge_no": self._number(unit, "C"),
                "charged_at": stamp(left),
                "state": "1",
                "total": f"{cost:.2f}",
                "insurance_paid": f"{cost * 0.7:.2f}",
                "self_paid": f"{cost - round(cost * 0.7, 2):.2f}",
            },
        )

    def _imaging(self, who: Registered, visit: str, moment: datetime, department: str) -> Row:
        report = self._number(who.unit, "E")
        return front(
            "emr_ex_clinical",
            who,
            who.unit,
            moment + timedelta(hours=3),
            {
                "id": report,
                "serial_number": visit,
                "examination_report_no": report,
                "chief_complaint": "咳嗽、气促",
                "examination_report_date": stamp(moment + timedelta(hours=3)),
                "examination_type_name": "CT",
                "examination_type_code": "1",
                "examination_objective_desc": "双肺纹理增多,右下肺见斑片状密度增高影,边界模糊。纵隔未见肿大淋巴结。",
                "examination_subjective_desc": "右下肺感染可能,建议治疗后复查。",
                "apply_dept_name": department,
                "dept_code": "A32",
                "dept_name": "医学影像科",
            },
        )

    # --- public health

    def childhood(self) -> Iterator[Row]:
        unit = self.world.local(self.resident.county, "township")
        if unit is None or self.resident.age_on(self.world.last) > 7:
            return
        for vaccine, days in med.VACCINES:
            for dose, after in enumerate(days, 1):
                day = self.resident.born + timedelta(days=after + self.chance.randint(0, 20))
                if self.world.first <= day <= self.last and self.chance.random() < 0.96:
                    yield self._vaccination(unit, day, vaccine, dose)

    def _vaccination(self, unit: Unit, day: date, vaccine: str, dose: int) -> Row:
        moment = self._moment(day)
        return regional(
            "vaccination",
            self._who(unit, moment),
            moment,
            {
                "vaccination_no": self._number(unit, "N"),
                "vaccine_text": vaccine,
                "dose": str(dose),
                "batch_no": f"B{day:%Y%m}{dose:02d}",
                "manufacturer": "示范生物制品有限公司",
                "vaccinated_at": stamp(moment),
                "site_text": "左上臂",
                "reaction": "0",
            },
        )

    def influenza_vaccine(self) -> Iterator[Row]:
        unit = self.world.local(self.resident.county, "township")
        if unit and self.resident.age_on(self.last) >= 60 and self.chance.random() < 0.3:
            for year in range(self.first.year, self.last.year + 1):
                day = date(year, 10, self.chance.randint(8, 30))
                if self.first <= day <= self.last:
                    yield self._vaccination(unit, day, "流感疫苗", 1)

    def elderly_examination(self) -> Iterator[Row]:
        unit = self.world.local(self.resident.county, "township")
        if unit is None or self.resident.age_on(self.last) < 65:
            return
        for year in range(self.first.year, self.last.year + 1):
            day = date(year, self.chance.randint(3, 6), self.chance.randint(1, 28))
            if self.first <= day <= self.last and self.chance.random() < 0.75:
                moment = self._moment(day)
                yield regional(
                    "health_exam",
                    self._who(unit, moment),
                    moment,
                    {
                        "exam_no": self._number(unit, "H"),
                        "examined_on": day.isoformat(),
                        "systolic": str(round(self.chance.gauss(138, 15))),
                        "diastolic": str(round(self.chance.gauss(82, 9))),
                        "assessment": "体检有异常" if self.resident.conditions else "体检无异常",
                        "guidance": "纳入慢性病患者健康管理" if self.resident.conditions else "定期复查",
                    },
                )

    def outbreak(self) -> Iterator[Row]:
        """A cluster of vomiting among schoolchildren of one town within six days: what surveillance must find."""
        age = self.resident.age_on(self.world.outbreak_day)
        if self.resident.town == self.world.outbreak_town and 6 <= age <= 15 and self.chance.random() < 0.6:
            day = self.world.outbreak_day + timedelta(days=min(int(self.chance.expovariate(0.5)), 6))
            if day <= self.last:
                yield from self._visit(self._unit(), day, med.OUTBREAK)

    def death(self) -> Iterator[Row]:
        if self.resident.died is None or not self.world.first <= self.resident.died <= self.world.last:
            return
        unit = self._unit(serious=True)
        condition = self.resident.conditions[0] if self.resident.conditions else ""
        code, name = med.CHRONIC.get(condition, ("I46.900", "心脏停搏"))[:2]
        moment = self._moment(self.resident.died)
        yield front(
            "emr_death_info",
            self._who(unit, moment),
            unit,
            moment,
            {
                "id": self._number(unit, "M"),
                "serial_number": self._number(unit, "Z"),
                "dead_date": stamp(moment),
                "direct_cause_code": code,
                "direct_cause_name": name,
                "death_diagnosis_code": code,
                "death_diagnosis_name": name,
                "dept_code": "A03",
                "dept_name": "急诊科",
            },
        )

    def registrations(self) -> Iterator[Row]:
        """One row of basics per institution that has seen the resident; sent before everything else."""
        for who, earliest in self.seen.values():
            yield Row("emr_patient_info", who.unit, earliest.date(), _basics(who, self.resident, earliest))


def _basics(who: Registered, resident: Resident, moment: datetime) -> dict[str, Any]:
    fields = {
        "id": who.local_id,
        "patient_name": who.name,
        "id_card_type_code": who.id_type,
        "id_card": who.id_number,
        "gender_code": who.gender,
        "birth_date": who.birth_date,
        "nationality_code": "156",
        "nation_code": who.nation,
        "current_addr_code": resident.town,
        "current_addr_detail": who.address,
        "permanent_addr_code": resident.town,
        "permanent_addr_detail": who.address,
        "tel": who.phone,
        "nultitude_type_code": "19",
        "org_code": who.unit.code22 or who.unit.uscc,
        "org_name": who.unit.name,
        "operation_time": stamp(moment),
    }
    return {name: value for name, value in fields.items() if value}


def _illness(ailment: med.Ailment) -> str:
    return f"患者于就诊前出现{ailment.complaint},无其他特殊不适,饮食睡眠尚可。"


def _doctor(unit: Unit, number: int) -> str:
    return f"{'王李张刘陈杨'[number - 1]}医生"
