"""Registrations, visits and diagnoses of every institution of the region."""

from __future__ import annotations

from health_platform.datasets.definitions.region_blocks import PERSON, coded, key, person, place, tail, visit
from health_platform.datasets.fields import Code, Decimal, Flag, Instant, Integer, Sensitivity, Text
from health_platform.datasets.model import REAL_TIME, Dataset, Domain, by_day

REGISTRATION = Dataset(
    "registration",
    "挂号记录",
    domain=Domain.MEDICAL,
    subdomain="visit",
    key=("registration_no",),
    time=("registered_at",),
    due=by_day(0),
    patient=PERSON,
    void="void",
    fields=(
        key("registration_no", "挂号流水号"),
        *person(),
        *visit(),
        Instant("registered_at", "挂号时间", required=True),
        Code("registration_kind", "挂号类别代码", value_set="registration_kind", max_length=4),
        Code("state", "挂号状态代码", value_set="registration_state", max_length=2),
        Flag("booked", "预约标志"),
        Instant("booked_for", "预约就诊时间"),
        Instant("called_at", "进诊室时间", after="registered_at"),
        Flag("first_visit", "初诊标志", element="DE06.00.196.00"),
        Decimal("fee", "挂号诊疗费", scale=2, minimum=0, unit="元"),
        *place(),
        *tail(),
    ),
)

VISIT = Dataset(
    "visit",
    "就诊记录",
    domain=Domain.MEDICAL,
    subdomain="visit",
    key=("visit_no",),
    time=("started_at",),
    due=REAL_TIME,
    patient=PERSON,
    void="void",
    note="门诊、急诊、留观、住院、体检和家庭病床的每一次就诊；住院以入院到出院为一次。",
    fields=(
        key("visit_no", "就诊流水号", max_length=100),
        *person(),
        Code("visit_kind", "就诊类别代码", value_set="visit_kind", max_length=2, expected=True),
        Instant("started_at", "就诊(入院)时间", required=True, element="DE06.00.062.00"),
        Instant("ended_at", "结束(出院)时间", after="started_at", element="DE06.00.017.00"),
        Flag("first_visit", "初诊标志", element="DE06.00.196.00"),
        Flag("emergency", "急诊标志"),
        Text("chief_complaint", "主诉", sensitivity=Sensitivity.NARRATIVE, element="DE04.01.119.00"),
        Text("present_illness", "现病史", sensitivity=Sensitivity.NARRATIVE, element="DE02.10.071.00"),
        *coded("diagnosis", "主要诊断", "icd10", length=50, expected=True, element="DE05.01.024.00"),
        *coded("tcm_diagnosis", "中医病名", "tcm_disease", length=50),
        *coded("tcm_syndrome", "中医证候", "tcm_syndrome", length=50),
        *coded("admission_route", "入院途径", "admission_route", length=2),
        *coded("discharge_mode", "离院方式", "discharge_mode", length=2),
        *coded("outcome", "病情转归", "outcome", length=2, element="DE05.10.113.00"),
        Text("inpatient_no", "住院号", max_length=50, element="DE01.00.014.00"),
        Text("record_no", "病案号", max_length=50, element="DE01.00.004.00"),
        Text("ward_name", "病区名称", max_length=50),
        Text("bed_no", "病床号", max_length=20, element="DE01.00.026.00"),
        Integer("stay_days", "实际住院天数", maximum=9999, unit="天"),
        Code("pay_method", "医疗付费方式代码", value_set="pay_method", max_length=2, element="DE07.00.007.00"),
        Text("referral_no", "转诊单号", max_length=50),
        *place(),
        *tail(),
    ),
)

DIAGNOSIS = Dataset(
    "diagnosis",
    "诊断记录",
    domain=Domain.MEDICAL,
    subdomain="diagnosis",
    key=("diagnosis_no",),
    time=("diagnosed_at",),
    due=by_day(0),
    patient=PERSON,
    void="void",
    note="一行一个诊断；门诊、入院、出院、病理、死亡诊断以诊断类别区分。",
    fields=(
        key("diagnosis_no", "诊断流水号"),
        *person(),
        *visit(),
        *coded("diagnosis_kind", "诊断类别", "diagnosis_kind", length=4),
        *coded("diagnosis", "疾病诊断", "icd10", length=50, expected=True, element="DE05.01.024.00"),
        Integer("position", "诊断顺位", minimum=1, maximum=999),
        Flag("principal", "主要诊断标志"),
        *coded("on_admission", "入院病情", "on_admission", length=2),
        *coded("outcome", "病情转归", "outcome", length=2),
        Instant("onset_at", "发病时间"),
        Instant("diagnosed_at", "诊断时间", required=True, after="onset_at", element="DE05.01.058.00"),
        Instant("resolved_at", "痊愈时间", after="diagnosed_at"),
        Text("clinical_status", "临床状态", max_length=20),
        Text(
            "certainty",
            "确认程度",
            max_length=20,
            note="疑似、排除的诊断必须写明：confirmed、provisional、differential、unconfirmed、refuted 或中文",
        ),
        Flag("chronic", "慢性病标志"),
        Text("note", "备注", sensitivity=Sensitivity.NARRATIVE),
        *place(),
        *tail(),
    ),
)

DATASETS = (REGISTRATION, VISIT, DIAGNOSIS)
