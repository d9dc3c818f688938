"""Operations and single measurements."""

from __future__ import annotations

from health_platform.datasets.definitions.region_blocks import PERSON, coded, key, person, place, tail, visit
from health_platform.datasets.fields import Code, Decimal, Flag, Instant, Integer, Sensitivity, Text
from health_platform.datasets.model import REAL_TIME, Dataset, Domain, by_day

OPERATION = Dataset(
    "operation",
    "手术记录",
    domain=Domain.MEDICAL,
    subdomain="operation",
    key=("operation_no",),
    time=("started_at",),
    due=by_day(0),
    patient=PERSON,
    void="void",
    fields=(
        key("operation_no", "手术流水号"),
        *person(),
        *visit(),
        *coded("operation", "手术及操作", "icd9cm3", length=50, expected=True, element="DE06.00.093.00"),
        *coded("operation_level", "手术级别", "operation_level", length=2, element="DE06.00.255.00"),
        Integer("position", "手术顺位", minimum=1, maximum=99),
        Flag("elective", "择期手术标志"),
        Flag("minimally_invasive", "微创手术标志"),
        Flag("day_surgery", "日间手术标志"),
        Instant("started_at", "手术开始时间", required=True, element="DE06.00.221.00"),
        Instant("ended_at", "手术结束时间", after="started_at", element="DE06.00.218.00"),
        *coded("preoperative_diagnosis", "术前诊断", "icd10", length=50, element="DE05.01.024.00"),
        *coded("postoperative_diagnosis", "术后诊断", "icd10", length=50),
        Text("site", "手术部位", max_length=100),
        Text("surgeon_id", "术者ID", max_length=50),
        Text("surgeon_name", "术者姓名", max_length=50),
        Text("assistants", "助手姓名", max_length=200),
        *coded("anaesthesia", "麻醉方法", "anaesthesia", length=4, element="DE06.00.073.00"),
        Text("anaesthetist_name", "麻醉医师姓名", max_length=50),
        *coded("asa", "ASA 分级", "asa", length=2),
        *coded("incision_type", "切口类别", "incision_type", length=2),
        *coded("incision_healing", "切口愈合等级", "incision_healing", length=2),
        Flag("prophylactic_antibiotic", "预防使用抗菌药物标志"),
        Flag("complication", "手术并发症标志"),
        Text("complication_text", "手术并发症描述", max_length=500),
        Integer("blood_loss", "出血量", maximum=99999, unit="mL", element="DE06.00.097.00"),
        Integer("transfusion", "输血量", maximum=99999, unit="mL"),
        Text("description", "手术经过", sensitivity=Sensitivity.NARRATIVE),
        *place(),
        *tail(),
    ),
)

OBSERVATION = Dataset(
    "observation",
    "体征与测量",
    domain=Domain.MEDICAL,
    subdomain="observation",
    key=("observation_no",),
    time=("observed_at",),
    due=REAL_TIME,
    patient=PERSON,
    void="void",
    note="一行一个测量值：体温、脉搏、血压、身高、体重、血糖等，来自护理、随访、体检或自测设备。",
    fields=(
        key("observation_no", "测量流水号"),
        *person(),
        *visit(),
        *coded("item", "测量项目", "observation_item", length=50, expected=True),
        Instant("observed_at", "测量时间", required=True),
        Decimal("value", "数值", scale=4),
        Text("value_text", "文字结果", max_length=500),
        Code("value_code", "结果代码", value_set="exam_result", max_length=20),
        Text("unit", "计量单位", max_length=20),
        Decimal("range_low", "参考区间下限", scale=4),
        Decimal("range_high", "参考区间上限", scale=4),
        Code("range_flag", "结果与参考区间", value_set="range_flag", max_length=2),
        Text("method", "测量方法", max_length=100),
        Text("device", "设备", max_length=100),
        Text("group_no", "同组测量号", max_length=80, note="收缩压与舒张压等同时测得的值写同一组号"),
        *place(),
        *tail(),
    ),
)

DATASETS = (OPERATION, OBSERVATION)
