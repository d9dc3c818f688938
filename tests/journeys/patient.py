"""Uploads of one invented patient by three institutions, rich enough to fill every section of the record."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from health_platform.kernel import clock
from tests.journeys.papers import pdf, png

ID_NUMBER = "413022195903122846"
NAME = "张试兰"
PHONE = "13837600001"
HOSPITALS = {1: "固始县人民医院", 2: "信阳市中心医院", 3: "羊山街道社区卫生服务中心"}
LABS = (
    ("GLU", "空腹血糖", "mmol/L", 3.9, 6.1, (7.2, 7.9, 8.4, 8.8, 9.1, 9.4)),
    ("HbA1c", "糖化血红蛋白", "%", 4.0, 6.0, (7.6, 7.4, 7.2, 7.1, 7.9, 8.3)),
    ("CREA", "肌酐", "μmol/L", 41, 81, (78, 84, 90, 96, 104, 112)),
    ("K", "血钾", "mmol/L", 3.5, 5.3, (4.1, 4.0, 4.6, 5.0, 5.2, 6.6)),
    ("LDL-C", "低密度脂蛋白胆固醇", "mmol/L", None, 1.8, (2.9, 2.4, 2.1, 1.9, 1.8, 1.7)),
    ("HGB", "血红蛋白", "g/L", 115, 150, (121, 119, 116, 114, 111, 109)),
    ("ALT", "丙氨酸氨基转移酶", "U/L", 7, 40, (22, 24, 31, 28, 25, 26)),
    ("INR", "INR", "", 2.0, 3.0, (1.8, 2.1, 2.6, 2.4, 2.9, 4.7)),
)
VISITS = (
    (3, "门诊", "I48.9", "心房颤动", 1), (6, "门诊", "E11.9", "2型糖尿病", 1), (20, "门诊", "N18.9", "慢性肾脏病", 2),
    (110, "住院", "I20.0", "不稳定型心绞痛", 2), (150, "急诊", "R07.4", "胸痛", 2), (400, "门诊", "I10", "高血压", 1),
    (800, "门诊", "E11.9", "2型糖尿病", 1), (1300, "住院", "I63.9", "脑梗死", 2), (2400, "门诊", "I10", "高血压", 1),
)  # fmt: skip
DRUGS = (("华法林钠片", "2.5mg*80片", 12), ("二甲双胍缓释片", "0.5g*30片", 5), ("苯磺酸氨氯地平片", "5mg*28片", 9),
         ("阿莫西林胶囊", "0.25g*24粒", 2), ("阿托伐他汀钙片", "20mg*7片", 60), ("阿司匹林肠溶片", "0.1g*30片", 500))  # fmt: skip


@dataclass(frozen=True)
class Parcel:
    """Rows of one dataset from one institution."""

    institution: int
    dataset: str
    rows: Sequence[dict[str, Any]]


def stamp(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M:%S")


def local_id(institution: int) -> str:
    return f"P{institution:03d}"


def region(institution: int) -> dict[str, Any]:
    return {"patient_id": local_id(institution), "patient_name": NAME, "org_name": HOSPITALS[institution],
            "dept_name": "心内科", "staff_name": "陈医生"}  # fmt: skip


def front(institution: int) -> dict[str, Any]:
    return {"patient_id": local_id(institution), "patient_name": NAME, "org_name": HOSPITALS[institution],
            "dept_name": "心内科"}  # fmt: skip


def parcels(now: datetime) -> list[Parcel]:
    """Everything the three institutions send, one parcel per institution and dataset, registrations first."""
    found: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for parcel in everything(now):
        found.setdefault((parcel.institution, parcel.dataset), []).extend(parcel.rows)
    return [Parcel(institution, dataset, rows) for (institution, dataset), rows in found.items()]


def everything(now: datetime) -> Iterator[Parcel]:
    for number, name in HOSPITALS.items():
        yield Parcel(number, "emr_patient_info", [{
            "id": local_id(number), "patient_name": NAME, "id_card_type_code": "01", "id_card": ID_NUMBER,
            "gender_code": "2", "birth_date": "1959-03-12", "tel": PHONE, "org_name": name,
            "current_addr_detail": "河南省信阳市平桥区羊山街道北苑小区3号楼", "operation_time": stamp(now - timedelta(days=3000)),
        }])  # fmt: skip
    yield from visits(now)
    yield from laboratory(now)
    yield from medicines(now)
    yield from others(now)


def visits(now: datetime) -> Iterator[Parcel]:
    for number, (days, kind, code, text, institution) in enumerate(VISITS):
        at = stamp(now - timedelta(days=days))
        yield Parcel(institution, "visit", [{
            **region(institution), "visit_no": f"V{number}", "started_at": at, "diagnosis": code, "diagnosis_text": text,
            "visit_kind": {"门诊": "1", "急诊": "2", "住院": "4"}[kind], "chief_complaint": f"{text}复诊",
        }])  # fmt: skip
        yield Parcel(institution, "diagnosis", [{
            **region(institution), "diagnosis_no": f"D{number}", "visit_no": f"V{number}", "diagnosed_at": at,
            "diagnosis": code, "diagnosis_text": text, "chronic": "1" if code in ("I10", "E11.9", "N18.9") else "0",
        }])  # fmt: skip


def laboratory(now: datetime) -> Iterator[Parcel]:
    for step in range(6):
        at = stamp(now - timedelta(days=3 + (5 - step) * 75))
        report = f"L{step}"
        yield Parcel(1, "emr_ex_lab", [{
            **front(1), "id": report, "serial_number": f"V{step}", "examination_date": at, "examination_report_date": at,
            "examination_report_no": report, "specimen_category_name": "血清", "operation_time": at,
        }])  # fmt: skip
        yield Parcel(1, "emr_ex_lab_item", [{
            "id": f"{report}-{code}", "ex_lab_id": report, "item_code": code, "item_name": name,
            "examination_quantification": str(values[step]), "examination_quantification_unit": unit,
            "examination_quantification_lower": "" if low is None else str(low),
            "examination_quantification_upper": str(high), "operation_time": at,
        } for code, name, unit, low, high, values in LABS])  # fmt: skip


def medicines(now: datetime) -> Iterator[Parcel]:
    for number, (name, pack, days) in enumerate(DRUGS):
        at = stamp(now - timedelta(days=days))
        yield Parcel(1, "emr_order", [{
            **front(1), "id": f"R{number}", "prescription_no": f"R{number}", "prescription_issuance_date": at,
            "prescription_validity_days": "28", "operation_time": at,
        }])  # fmt: skip
        yield Parcel(1, "emr_order_item", [{
            "id": f"R{number}-1", "order_id": f"R{number}", "drug_name": name, "drug_specifications": pack,
            "drug_dosage_code": "1", "drug_dosage_unit_name": "片", "operation_time": at,
        }])  # fmt: skip


def others(now: datetime) -> Iterator[Parcel]:
    day = clock.local(now - timedelta(days=2500)).strftime("%Y-%m-%d")
    yield Parcel(2, "allergy", [
        {**region(2), "allergy_no": "A1", "recorded_on": day, "allergen_text": "阿莫西林", "reaction": "休克"},
        {**region(2), "allergy_no": "A2", "recorded_on": day, "allergen_text": "磺胺", "reaction": "皮疹"},
    ])  # fmt: skip
    yield Parcel(3, "history_item", [
        {**region(3), "history_no": "F1", "recorded_on": day, "history_kind": "5", "relation": "5", "problem": "C50.9",
         "problem_text": "乳腺恶性肿瘤"},
    ])  # fmt: skip
    yield Parcel(2, "diagnosis", [
        {**region(2), "diagnosis_no": "SUS", "diagnosed_at": stamp(now - timedelta(days=18)), "diagnosis": "A16.9",
         "diagnosis_text": "肺结核", "certainty": "provisional"},
    ])  # fmt: skip
    for number, (days, name, note) in enumerate((
        (18, "胸部CT平扫", "双肺纤维灶，右肺中叶结节6毫米，建议年度复查"), (110, "冠状动脉造影", "左前降支近段狭窄60%"),
        (112, "心脏彩超", "左室射血分数52%，左房45毫米"), (155, "头颅MRI", "陈旧腔隙性脑梗死"),
    )):  # fmt: skip
        at = stamp(now - timedelta(days=days))
        yield Parcel(2, "emr_ex_clinical", [{
            **front(2), "id": f"X{number}", "examination_report_no": f"X{number}", "examination_report_date": at,
            "examination_type_name": name, "examination_subjective_desc": note, "operation_time": at,
        }])  # fmt: skip
    for number, days in enumerate((30, 395, 760, 2000, 9000, 15000)):
        yield Parcel(3, "vaccination", [{
            **region(3), "vaccination_no": f"I{number}", "vaccine_text": "流感疫苗", "dose": "1",
            "vaccinated_at": stamp(now - timedelta(days=days)),
        }])  # fmt: skip
    for number, days in enumerate((22, 113, 204, 295)):
        yield Parcel(3, "service_record", [{
            **region(3), "service_no": f"S{number}", "programme_text": "高血压患者随访", "systolic": "148", "diastolic": "86",
            "served_on": clock.local(now - timedelta(days=days)).strftime("%Y-%m-%d"), "guidance": "低盐饮食，规律服药",
        }])  # fmt: skip
    yield Parcel(2, "charge", [{
        **region(2), "charge_no": "C1", "visit_no": "V3", "charged_at": stamp(now - timedelta(days=108)),
        "total": "12800.50", "insurance_paid": "9600.00", "self_paid": "3200.50", "invoice_no": "F001", "state": "1",
    }])  # fmt: skip
    for number, (title, media, content, parent) in enumerate((
        ("胸部CT报告单", "application/pdf", pdf("CHEST CT REPORT"), "X0"), ("十二导联心电图", "image/png", png(), "X2"),
        ("出院小结", "application/pdf", pdf("DISCHARGE SUMMARY"), ""),
    )):  # fmt: skip
        yield Parcel(2, "document", [{
            **region(2), "document_no": f"DOC{number}", "title": title, "created_at": stamp(now - timedelta(days=18 + number)),
            "media_type": media, "content": base64.b64encode(content).decode(),
            "report_dataset": "emr_ex_clinical" if parent else "", "report_id": parent,
        }])  # fmt: skip
