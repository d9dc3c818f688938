"""Blood donation and nucleic-acid testing."""

from __future__ import annotations

from health_platform.datasets.definitions.region_blocks import PERSON, coded, key, person, place, tail
from health_platform.datasets.fields import Code, Decimal, Flag, Instant, Integer, Text
from health_platform.datasets.model import Dataset, Domain, by_day, within

BLOOD_DONATION = Dataset(
    "blood_donation",
    "献血记录",
    domain=Domain.PROBLEMS,
    subdomain="blood",
    key=("donation_no",),
    time=("donated_at",),
    due=by_day(1),
    patient=PERSON,
    void="void",
    line="blood",
    fields=(
        key("donation_no", "献血编号"),
        *person(),
        *coded("donation_kind", "献血类别", "donation_kind", length=2),
        Instant("donated_at", "献血时间", required=True),
        Integer("volume", "献血量", maximum=2000, unit="mL"),
        Decimal("units", "治疗量", scale=1, minimum=0, maximum=20, unit="治疗量"),
        Code("abo", "ABO血型代码", value_set="abo", max_length=1, element="DE04.50.001.00"),
        Code("rhd", "Rh(D)血型代码", value_set="rhd", max_length=1, element="DE04.50.010.00"),
        Integer("donation_count", "累计献血次数", maximum=2000, unit="次"),
        *coded("result", "检测结论", "donation_result", length=2),
        Flag("deferred", "暂缓献血标志"),
        Text("deferred_reason", "暂缓原因", max_length=200),
        Text("bag_no", "血袋编码", max_length=30, element="DE01.00.023.00"),
        *place(),
        *tail(),
    ),
)

NUCLEIC_ACID = Dataset(
    "nucleic_acid",
    "核酸检测结果",
    domain=Domain.CONTROL,
    subdomain="nucleic_acid",
    key=("sample_no",),
    time=("sampled_at",),
    due=within(hours=12),
    patient=PERSON,
    void="void",
    line="control",
    fields=(
        key("sample_no", "样本编号(每人)"),
        *person(),
        Text("tube_code", "采样管编码", max_length=60, expected=True),
        *coded("sampling_kind", "采样方式", "sampling_kind", length=2),
        Code("population_group", "人群分类代码", value_set="population_group", max_length=4),
        Text("sampling_point", "采样点", max_length=100),
        Code("sampling_division", "采样地行政区划代码", value_set="division", max_length=12),
        Instant("sampled_at", "采样时间", required=True),
        Instant("received_at_lab", "收样时间", after="sampled_at"),
        Instant("reported_at", "报告时间", after="sampled_at"),
        Text("lab_name", "检测机构名称", max_length=100),
        Text("reagent", "检测试剂", max_length=100),
        *coded("result", "检测结果", "nucleic_result", length=2, expected=True),
        Decimal("ct_orf1ab", "ORF1ab 基因 Ct 值", scale=2, minimum=0, maximum=60),
        Decimal("ct_n", "N 基因 Ct 值", scale=2, minimum=0, maximum=60),
        *place(),
        *tail(),
    ),
)

DATASETS = (BLOOD_DONATION, NUCLEIC_ACID)
