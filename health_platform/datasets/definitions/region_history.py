"""Allergies and items of history: the summary of main diseases and health problems."""

from __future__ import annotations

from health_platform.datasets.definitions.region_blocks import PERSON, coded, key, person, place, tail
from health_platform.datasets.fields import Code, Day, Flag, Sensitivity, Text
from health_platform.datasets.model import Dataset, Domain, by_day

ALLERGY = Dataset(
    "allergy",
    "过敏记录",
    domain=Domain.PROBLEMS,
    subdomain="allergy",
    key=("allergy_no",),
    time=("recorded_on",),
    due=by_day(0),
    patient=PERSON,
    void="void",
    fields=(
        key("allergy_no", "过敏记录号"),
        *person(),
        Flag("none_known", "无已知过敏标志", note="明确询问后无过敏写 1；未询问不写本表"),
        *coded("allergen_kind", "过敏源类别", "allergen_kind", length=2),
        *coded("allergen", "过敏源", "allergen", length=50, expected=True),
        Text("drug_code", "过敏药物编码", max_length=50),
        Text("reaction", "过敏反应", max_length=500),
        *coded("severity", "严重程度", "severity", length=2),
        Text("certainty", "确认程度", max_length=20),
        Day("onset_on", "首次发生日期"),
        Day("recorded_on", "记录日期", required=True, after="onset_on"),
        Day("ended_on", "解除日期", after="recorded_on"),
        Text("note", "备注", sensitivity=Sensitivity.NARRATIVE),
        *place(),
        *tail(),
    ),
)

HISTORY_ITEM = Dataset(
    "history_item",
    "病史条目",
    domain=Domain.PROBLEMS,
    subdomain="history",
    key=("history_no",),
    time=("recorded_on",),
    due=by_day(1),
    patient=PERSON,
    void="void",
    note="既往疾病、手术、外伤、输血、家族史、暴露史、遗传病史、残疾和生活方式，一行一条。",
    fields=(
        key("history_no", "病史条目号"),
        *person(),
        *coded("history_kind", "病史类别", "history_kind", length=2, expected=True),
        *coded("problem", "疾病或问题", "icd10", length=50, expected=True),
        Code("relation", "与本人关系代码", value_set="family_relation", max_length=4, note="家族史时填写"),
        Day("started_on", "开始(确诊)日期"),
        Day("ended_on", "结束日期", after="started_on"),
        Flag("active", "现患标志"),
        Day("recorded_on", "记录日期", required=True),
        Text("description", "描述", sensitivity=Sensitivity.NARRATIVE),
        *place(),
        *tail(),
    ),
)

DATASETS = (ALLERGY, HISTORY_ITEM)
