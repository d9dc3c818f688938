"""Clean rows: patients whose uploads break no rule at all. A test spoils one row and knows which rule must speak."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from health_platform.datasets.api import Code, Day, Decimal, Flag, Instant, Integer, dataset

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Rows = dict[str, list[dict[str, Any]]]
Changes = Mapping[tuple[str, int], Mapping[str, Any]]


def id_number(number: int, born: date = date(1980, 5, 17), *, male: bool = True) -> str:
    """A made-up valid number: place 000000 of nobody's county, a running number, a right check digit."""
    digits = f"411502{born:%Y%m%d}{number % 500 * 2 + int(male):03d}"
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True)) % 11]


def filled(name: str, moment: datetime, **values: Any) -> dict[str, Any]:
    """A row with everything the standard asks for, and the given values; ``None`` leaves a field out."""
    row: dict[str, Any] = {}
    for each in dataset(name).fields:
        if each.expected or each.required:
            row[each.name] = _value(each, moment)
    row |= {"id_card_type_code": "01"} if "id_card_type_code" in dataset(name).by_name else {}
    row |= {"id_type": "01"} if "id_type" in dataset(name).by_name else {}
    row |= values
    return {key: value for key, value in row.items() if value is not None}


def _value(each: Any, moment: datetime) -> Any:
    if isinstance(each, Instant):
        return stamp(moment)
    if isinstance(each, Day):
        return f"{moment:%Y-%m-%d}"
    if isinstance(each, Code):
        return "1"
    if isinstance(each, Integer | Decimal | Flag):
        return 1
    return "按规范填写的内容"[: each.limit]


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def outpatient(key: str, number: int, moment: datetime) -> Rows:
    """One outpatient with visit, diagnosis, charges, laboratory report, and public health services."""
    person = {"patient_id": f"P{key}", "patient_name": "李建国"}
    number_18 = id_number(number)
    region = {
        **person,
        "id_number": number_18,
        "gender": "1",
        "birth_date": "1980-05-17",
        "visit_no": f"V{key}",
        "visit_kind": "1",
    }
    front = {**person, "id_card": number_18, "serial_number": f"V{key}", "operation_time": stamp(moment)}
    at = stamp(moment)
    return {
        "emr_patient_info": [
            filled("emr_patient_info", moment, id=f"P{key}", patient_name="李建国", id_card=number_18, gender_code="1",
                   birth_date="1980-05-17", tel="13912345678", id_card_type_code="01"),
        ],
        "visit": [filled("visit", moment, **region, started_at=at, diagnosis="J06.900", chief_complaint="咽痛三天")],
        "diagnosis": [
            filled("diagnosis", moment, **region, diagnosis_no=f"D{key}", diagnosis="J06.900", diagnosed_at=at, position=1,
                   principal=1, diagnosis_text="急性上呼吸道感染"),
        ],
        "charge": [
            filled("charge", moment, **region, charge_no=f"C{key}", charged_at=at, total="30.00", insurance_paid="20.00",
                   self_paid="10.00", state="1", pay_method="1", insurance_no=f"Y{key}"),
        ],
        "charge_item": [
            filled("charge_item", moment, **region, item_no=f"I{key}-{n}", charge_no=f"C{key}", charged_at=at, item=f"X{n}",
                   price="5.00", quantity=n, amount=f"{5 * n}.00", unit="次", fee_class_out="1")
            for n in (2, 4)
        ],
        "emr_ex_lab": [
            filled("emr_ex_lab", moment, **front, id=f"L{key}", examination_report_no=f"R{key}", examination_report_date=at,
                   examination_date=at, specimen_sampling_date=stamp(moment - timedelta(hours=2)),
                   specimen_receiving_date=stamp(moment - timedelta(hours=1)), specimen_no=f"S{key}", apply_physician_id="7",
                   examination_report_id="8", apply_dept_code="1", specimen_category_code="1"),
        ],
        "emr_ex_lab_item": [
            filled("emr_ex_lab_item", moment, id=f"T{key}-{n}", ex_lab_id=f"L{key}", item_code=f"K{n}", item_name="白细胞计数",
                   examination_quantification="5.5", examination_quantification_unit="10^9/L",
                   examination_quantification_lower="3.5", examination_quantification_upper="9.5",
                   examination_quantification_ri="1", operation_time=at)
            for n in (1, 2)
        ],
        "vaccination": [
            filled("vaccination", moment, **_public(region), vaccination_no=f"Z{key}", vaccinated_at=at, vaccine="0301",
                   vaccine_text="流感疫苗", dose=1, batch_no="B1", manufacturer="企业", site="1", route="1",
                   trace_code="12345678901234567890", expires_on="2027-12-31"),
        ],
        "health_exam": [
            filled("health_exam", moment, **_public(region), exam_no=f"H{key}", examined_on=f"{moment:%Y-%m-%d}", height="170",
                   weight="65", bmi="22.49", systolic_left=120, diastolic_left=80,
                   assessment="体检无异常", fasting_glucose="5.2"),
        ],
        "service_record": [
            filled("service_record", moment, **_public(region), service_no=f"W{key}", served_on=f"{moment:%Y-%m-%d}",
                   programme="7",
                   systolic=130, diastolic=85, next_on=f"{moment + timedelta(days=80):%Y-%m-%d}", mode="1", result="1"),
        ],
    }  # fmt: skip


def _public(region: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in region.items() if key not in ("visit_no", "visit_kind")}


def inpatient(key: str, number: int, moment: datetime) -> Rows:
    """One stay of three days up to ``moment``: admission, first course, discharge record, front page."""
    start = moment - timedelta(days=3)
    number_18 = id_number(number)
    front = {"patient_id": f"P{key}", "patient_name": "李建国", "id_card": number_18, "serial_number": f"V{key}"}
    both = {"admission_date": stamp(start), "discharge_date": stamp(moment)}
    return {
        "emr_patient_info": [
            filled("emr_patient_info", moment, id=f"P{key}", patient_name="李建国", id_card=number_18, gender_code="1",
                   birth_date="1980-05-17", tel="13912345678", id_card_type_code="01"),
        ],
        "emr_admission_info": [
            filled("emr_admission_info", start, **front, id=f"A{key}", admission_date=stamp(start), operation_time=stamp(start),
                   wm_inital_diagnosis_code="J18.900", physical_examination="双肺可闻湿啰音", bed_no="12",
                   resident_physician_id="7",
                   chief_complaint="发热咳嗽三天", present_illness_his="三天前受凉后出现发热咳嗽咳黄痰"),
        ],
        "emr_first_course": [
            filled("emr_first_course", start, **front, id=f"F{key}", create_time=stamp(start), operation_time=stamp(start)),
        ],
        "emr_discharge_info": [
            filled("emr_discharge_info", moment, **front, **both, id=f"E{key}", operation_time=stamp(moment),
                   discharge_diagnosis_code="J18.900", discharge_order="注意休息", disease_progression_code="1",
                   treatment_desc="抗感染治疗"),
        ],
        "emr_admission_record": [
            filled("emr_admission_record", moment, **front, **both, id=f"G{key}", operation_time=stamp(moment), reg_no=f"B{key}",
                   admission_num=1, admission_days=3, discharge_diagnosis_code="J18.900", discharge_dept_code="1",
                   chief_physician_id="7", wm_outpatient_diagnosis_code="J18.900"),
        ],
    }  # fmt: skip
