"""A seeded bad month: every planted defect is reported under its rule and institution, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl.quality.api import Period, Status, results
from health_platform.kernel import clock
from health_platform.kernel.scope import system_scope
from tests.quality import cases
from tests.quality.conftest import Hospital

pytestmark = pytest.mark.system("G10")

DAYS = [datetime(2026, 10, day, 1, 0, tzinfo=UTC) for day in (8, 13, 20, 27)]  # nine o'clock in Beijing
TIMES = 5
"""How often every kind of defect is planted."""


@dataclass(frozen=True)
class Defect:
    """One kind of defect: what to change in which row of a clean case, and the rules that must report it."""

    kind: str
    dataset: str
    change: dict[str, Any]
    rules: tuple[str, ...]
    row: int = 0


def spoil(dataset: str, rules: str, row: int = 0, **change: Any) -> Defect:
    names = tuple(f"{dataset}.{rule}" if not rule.startswith("!") else rule[1:] for rule in rules.split())
    return Defect(f"{dataset} {change}", dataset, change, names, row)


GONE = None
ORPHANS = "!diagnosis.visit_no.exists !charge.visit_no.exists !charge_item.visit_no.exists !charge_item.visit_no.exists"
"""What is left of a visit that was refused."""

OUTPATIENT = (
    spoil("emr_patient_info", "tel.filled", tel=GONE),
    spoil("emr_patient_info", "current_addr_detail.filled", current_addr_detail=GONE),
    spoil("emr_patient_info", "nation_code.value_set", nation_code="X9"),
    spoil("visit", "diagnosis.outpatient diagnosis.filled", diagnosis=GONE),
    spoil("visit", "chief_complaint.outpatient", chief_complaint=GONE),
    spoil("visit", "chief_complaint.length", chief_complaint="痛"),
    spoil("visit", "diagnosis.male", diagnosis="O80.000"),
    spoil("visit", "diagnosis.newborn", diagnosis="P59.900"),
    spoil("visit", "diagnosis.external", diagnosis="W19.900"),
    spoil("visit", "stay_days.outpatient", stay_days=3),
    spoil("visit", "ended_at.after.started_at", ended_at=lambda end: end - timedelta(days=2)),
    spoil("visit", "gender.id_number", gender="2"),
    spoil("visit", "birth_date.id_number", birth_date="1981-05-17"),
    spoil("visit", "id_number.checksum", id_number="411502198005170012"),
    spoil("visit", "patient_name.real", patient_name="测试病人"),
    spoil("visit", "phone.dummy", phone="13800138000"),
    spoil("visit", "phone.format", phone="abc"),
    spoil("visit", "pay_method.value_set", pay_method="X9"),
    spoil("diagnosis", "position.principal", position=2),
    spoil("diagnosis", "diagnosis.text", diagnosis_text="J06.900"),
    spoil("diagnosis", "diagnosed_at.after.onset_at", onset_at=lambda end: end + timedelta(days=2)),
    spoil("charge", "total.parts total.items", total="31.00"),
    spoil("charge", "insurance_no", insurance_no=GONE),
    spoil("charge", "refund.original", state="2"),
    spoil("charge", "pay_method", pay_method=GONE),
    spoil("charge_item", "amount.product !charge.total.items", amount="11.00"),
    spoil("charge_item", "class", fee_class_out=GONE),
    spoil("charge_item", "unit", unit=GONE),
    spoil("charge_item", "charge_no.exists !charge.total.items", charge_no="C-nowhere"),
    spoil(
        "emr_ex_lab",
        "before_sampling specimen_receiving_date.after.specimen_sampling_date",
        specimen_sampling_date=lambda end: end + timedelta(hours=1),
    ),
    spoil("emr_ex_lab", "specimen_no", specimen_no=GONE),
    spoil("emr_ex_lab", "patient_name.same", patient_name="王小明"),
    spoil("emr_ex_lab", "patient_id.registered", patient_id="P-nowhere"),
    spoil("emr_ex_lab_item", "flag.normal", examination_quantification="15.5"),
    spoil("emr_ex_lab_item", "unit", examination_quantification_unit=GONE),
    spoil("emr_ex_lab_item", "range.order flag.normal", examination_quantification_lower="99"),
    spoil("emr_ex_lab_item", "result", examination_quantification=GONE),
    spoil("emr_ex_lab_item", "duplicate duplicate", item_code="K2"),
    spoil("vaccination", "bcg.age", vaccine_text="卡介苗"),
    spoil("vaccination", "expired", expires_on="2026-01-01"),
    spoil("vaccination", "trace_code.form", trace_code="123"),
    spoil("vaccination", "batch_no.filled", batch_no=GONE),
    spoil("health_exam", "pressure.left", diastolic_left=130),
    spoil("health_exam", "bmi.sum", bmi="30"),
    spoil("health_exam", "fasting_glucose.plausible", fasting_glucose="90"),
    spoil("service_record", "pressure.missing", systolic=GONE),
    spoil("service_record", "next_on", next_on=GONE),
    spoil("service_record", "old.age", programme="6"),
    spoil("visit", f"refused.type {ORPHANS}", started_at="不详"),
    spoil("visit", f"refused.required {ORPHANS}", patient_id=GONE),
)
INPATIENT = (
    spoil("emr_admission_info", "inital_diagnosis", wm_inital_diagnosis_code=GONE),
    spoil("emr_admission_info", "present_illness.length", present_illness_his="咳嗽"),
    spoil("emr_first_course", "late", create_time=lambda end: end - timedelta(hours=62)),
    spoil(
        "emr_discharge_info",
        "discharge_date.after.admission_date before_admission deadline written.late",
        discharge_date=lambda end: end - timedelta(days=5),
    ),
    spoil("emr_discharge_info", "diagnosis.symptom", discharge_diagnosis_code="R50.900"),
    spoil("emr_discharge_info", "discharge_diagnosis_code.male", discharge_diagnosis_code="N80.900"),
    spoil("emr_admission_record", "admission_days.sum", admission_days=30),
    spoil("emr_admission_record", "external_causes", discharge_diagnosis_code="S06.000"),
    spoil("emr_admission_record", "pathology", discharge_diagnosis_code="C34.900"),
    spoil("emr_admission_record", "serial_number.exists !emr_discharge_info.has_emr_admission_record", serial_number="V-nowhere"),
)


def plant(rows: cases.Rows, defect: Defect, moment: datetime) -> None:
    """Spoil one row of a case."""
    row = rows[defect.dataset][defect.row]
    for name, value in defect.change.items():
        if value is GONE:
            row.pop(name, None)
        else:
            row[name] = cases.stamp(value(moment)) if callable(value) else value


@dataclass
class Month:
    """What was sent, and what must be found: (institution, rule) → failing rows."""

    sent: dict[tuple[int, datetime], cases.Rows]
    expected: Counter[tuple[int, str]]
    planted: int = 0


def bad_month(hospitals: list[Hospital]) -> Month:
    month = Month({}, Counter())
    number = 0
    for make, defects in ((cases.outpatient, OUTPATIENT), (cases.inpatient, INPATIENT)):
        for defect in (None, *defects):
            for _ in range(TIMES):
                hospital, day = number % len(hospitals), DAYS[number % len(DAYS)]
                moment = (day + timedelta(seconds=number)).astimezone(clock.LOCAL_ZONE)
                rows = make(f"{hospital}-{number}", number, moment)
                if defect is not None:
                    plant(rows, defect, moment)
                    month.expected.update((hospitals[hospital].id, rule) for rule in defect.rules)
                    month.planted += 1
                batch = month.sent.setdefault((hospital, day), {})
                for name, mine in rows.items():
                    batch.setdefault(name, []).extend(mine)
                number += 1
    return month


def test_every_planted_defect_is_reported_under_its_rule_and_institution_and_nothing_else(hospitals: list[Hospital]) -> None:
    month = bad_month(hospitals)
    assert month.planted >= 200
    assert len({(defect.dataset, str(defect.change)) for defect in (*OUTPATIENT, *INPATIENT)}) >= 40
    for (hospital, day), rows in sorted(month.sent.items(), key=lambda item: item[0][1]):
        _upload(hospitals[hospital], rows, day)
    run = hospitals[0].check(DAYS[-1] + timedelta(days=2))
    assert run.errors == {}

    found: Counter[tuple[int, str]] = Counter()
    platform = hospitals[0].platform
    with platform.database.unit_of_work(system_scope("test")) as session:
        for hospital in hospitals:
            for result in results(platform, session, Period.month(2026, 10), hospital.id):
                assert (result.status is Status.FAILED) == (result.failed > 0), result
                if result.failed:
                    found[hospital.id, result.rule] = result.failed
    assert found - month.expected == Counter(), "reported although nothing was planted"
    assert month.expected - found == Counter(), "planted and not reported"


def _upload(hospital: Hospital, rows: cases.Rows, day: datetime) -> None:
    """Send what is about the past first, each part just after it happened, so that nothing is late but what was planted so."""
    earlier = {name: mine for name, mine in rows.items() if name in ("emr_admission_info", "emr_first_course")}
    register = {"emr_patient_info": rows["emr_patient_info"]}
    hospital.send({**register, **earlier}, day - timedelta(days=3) + timedelta(hours=11))
    now = {name: mine for name, mine in rows.items() if name not in earlier and name not in register}
    hospital.send(now, day + timedelta(minutes=6))
