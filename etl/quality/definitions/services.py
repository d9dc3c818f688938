"""Laboratory, imaging, prescriptions, charges."""

from __future__ import annotations

from collections.abc import Iterator

from etl.quality.definitions.writing import Line, written
from etl.quality.rules import Partner, Rule

_LAB: tuple[Line, ...] = (
    ("specimen_no", "C", "检验报告应有标本号", "specimen_no is null"),
    ("sampling", "C", "检验报告应有采样时间", "specimen_sampling_date is null"),
    ("before_sampling", "L!", "检验时间不应早于采样时间", "examination_date < specimen_sampling_date"),
    ("report_before_receiving", "L", "报告时间不应早于接收标本时间", "examination_report_date < specimen_receiving_date"),
    ("receiving.late", "R", "标本送检不应超过 72 小时", "hours_between(specimen_sampling_date, specimen_receiving_date) > 72"),
    (
        "turnaround",
        "T",
        "检验报告应在接收标本后 7 天内发出",
        "days_between(specimen_receiving_date, examination_report_date) > 7",
    ),
    ("physician", "C", "检验报告应有申请医师", "apply_physician_id is null"),
    ("reporter", "C", "检验报告应有报告医师", "examination_report_id is null"),
    ("apply_dept", "C", "检验报告应有申请科室", "apply_dept_code is null"),
)
_LAB_ITEM: tuple[Line, ...] = (
    ("result", "C!", "检验细项应有定量或定性结果",
     "examination_quantification is null and examination_result_code is null and source_examination_result_name is null"),
    ("unit", "C", "定量结果应有计量单位", "examination_quantification_unit is null", "number(examination_quantification) is not null"),
    ("range", "C", "定量结果应有参考区间", "examination_quantification_lower is null and examination_quantification_upper is null",
     "number(examination_quantification) is not null"),
    ("range.order", "R", "参考区间下限不应高于上限", "number(examination_quantification_lower) > number(examination_quantification_upper)"),
    ("flag.normal", "L", "结果超出参考区间，标记不应为正常",
     "number(examination_quantification) > number(examination_quantification_upper)"
     " or number(examination_quantification) < number(examination_quantification_lower)", "examination_quantification_ri = '1'"),
    ("flag.high", "L", "标记偏高的结果应高于参考上限", "number(examination_quantification) <= number(examination_quantification_upper)", "examination_quantification_ri = '2'"),
    ("flag.low", "L", "标记偏低的结果应低于参考下限", "number(examination_quantification) >= number(examination_quantification_lower)", "examination_quantification_ri = '3'"),
    ("negative", "R", "定量结果不应为负（剩余碱等除外）", "number(examination_quantification) < 0", "not contains(item_name, '碱')"),
    ("huge", "R", "定量结果不应超过一亿", "number(examination_quantification) > 100000000"),
)  # fmt: skip
_IMAGING: tuple[Line, ...] = (
    ("finding", "C!", "检查报告应有客观所见", "examination_objective_desc is null"),
    ("impression", "C!", "检查报告应有诊断意见", "examination_subjective_desc is null"),
    ("reporter", "C", "检查报告应有报告医师", "examination_report_id is null"),
    (
        "short",
        "R",
        "客观所见不应少于 5 个字",
        "length(trim(examination_objective_desc)) < 5",
        "examination_objective_desc is not null",
    ),
    ("copied", "R", "客观所见与诊断意见不应完全相同", "examination_objective_desc = examination_subjective_desc"),
)
_ORDER: tuple[Line, ...] = (
    ("prescriber", "C!", "处方应有开立医师", "prescription_issuance_id is null"),
    ("kind", "C", "处方应有类别", "prescription_type_code is null"),
    ("no", "C", "处方应有处方编号", "prescription_no is null"),
    ("validity.long", "R", "处方有效天数不应超过 30 天", "prescription_validity_days > 30"),
    ("validity.zero", "R", "处方有效天数应大于 0", "prescription_validity_days = 0"),
    ("executed.late", "T", "处方应在开立后 72 小时内执行", "hours_between(prescription_issuance_date, excute_date) > 72"),
    ("dispenser", "C", "已执行的处方应有发药药师", "prescription_dispensing_id is null", "excute_date is not null"),
    ("self_dispensed", "L", "开立医师与发药药师不应为同一人", "prescription_issuance_id = prescription_dispensing_id"),
)
_ORDER_ITEM: tuple[Line, ...] = (
    ("drug", "C!", "处方细项应有药品", "drug_code is null and drug_name is null and tcm_prescription is null"),
    ("dose", "C", "西药细项应有单次剂量", "drug_dosage_code is null", "drug_code is not null"),
    ("dose.unit", "C", "有单次剂量应有剂量单位", "drug_dosage_unit_code is null", "drug_dosage_code is not null"),
    ("total", "C", "细项应有使用总剂量", "drug_dosage_total is null", "drug_code is not null"),
    ("dose.zero", "R", "单次剂量应大于 0", "number(drug_dosage_code) <= 0"),
    ("total.small", "L", "总剂量不应小于单次剂量", "number(drug_dosage_total) < number(drug_dosage_code)"),
    ("tcm.number", "C", "中药饮片处方应有剂数", "tcm_number is null", "tcm_prescription is not null"),
    ("tcm.many", "R", "中药饮片剂数不应超过 30 剂", "tcm_number > 30"),
    ("specification", "C", "药品应有规格", "drug_specifications is null", "drug_code is not null"),
)
_CHARGE: tuple[Line, ...] = (
    ("total.zero", "R", "总费用不应为 0", "total = 0"),
    ("total.negative", "L!", "收费的总费用不应为负（退费除外）", "total < 0", "state = '1'"),
    ("refund.original", "C", "退费应注明原收费流水号", "original_no is null", "state in ('2', '3')"),
    ("total.parts", "L!", "总费用应等于医保基金支付、个人支付与医疗救助之和",
     "abs(total - coalesce(insurance_paid, 0) - coalesce(self_paid, 0) - coalesce(relief_paid, 0)) > 0.01",
     "insurance_paid is not null and self_paid is not null"),
    ("total.huge", "R", "单笔费用不应超过 100 万元", "total > 1000000"),
    ("insurance_no", "C", "有医保支付应有医保结算号", "insurance_no is null", "insurance_paid > 0"),
    ("insurance.more", "L", "医保基金支付不应大于总费用", "insurance_paid > total", "total > 0"),
    ("account.more", "L", "个人账户支付不应大于总费用", "account_paid > total", "total > 0"),
    ("pay_method", "C", "收费应有付费方式", "pay_method is null"),
    ("state", "C", "收费应有收费状态", "state is null"),
)  # fmt: skip
_CHARGE_ITEM: tuple[Line, ...] = (
    ("amount.product", "L!", "金额应等于单价乘以数量（误差 0.05 元内）", "abs(amount - price * quantity) > 0.05"),
    ("quantity.zero", "R", "数量不应为 0", "quantity = 0"),
    ("price", "C", "明细应有单价", "price is null"),
    ("quantity", "C", "明细应有数量", "quantity is null"),
    ("class", "C", "明细应有费用分类", "fee_class_out is null and fee_class_in is null"),
    ("class.kind", "C", "住院明细应有住院费用分类", "fee_class_in is null", "visit_kind = '4'"),
    ("insurance.more", "L", "纳入医保金额不应大于金额", "insurance_amount > amount", "amount > 0"),
    ("price.huge", "R", "单价不应超过 50 万元", "price > 500000"),
    ("unit", "C", "明细应有计价单位", "unit is null"),
)
_OBSERVATION: tuple[Line, ...] = (
    ("value", "C!", "测量应有结果", "value is null and value_text is null and value_code is null"),
    ("unit", "C", "数值结果应有单位", "unit is null", "value is not null"),
    ("range.order", "R", "参考区间下限不应高于上限", "range_low > range_high"),
    ("temperature", "R", "体温应在 30 至 43 ℃", "value not between 30 and 43", "contains(item_text, '体温')"),
    ("systolic", "R", "收缩压应在 50 至 280 mmHg", "value not between 50 and 280", "contains(item_text, '收缩压')"),
    ("diastolic", "R", "舒张压应在 20 至 180 mmHg", "value not between 20 and 180", "contains(item_text, '舒张压')"),
    (
        "pulse",
        "R",
        "脉率、心率应在 20 至 250 次/分",
        "value not between 20 and 250",
        "contains(item_text, '脉') or contains(item_text, '心率')",
    ),
    ("respiration", "R", "呼吸频率应在 5 至 100 次/分", "value not between 5 and 100", "contains(item_text, '呼吸')"),
    ("oxygen", "R", "血氧饱和度应在 30 至 100 %", "value not between 30 and 100", "contains(item_text, '血氧饱和度')"),
    ("height", "R", "身高应在 30 至 250 厘米", "value not between 30 and 250", "contains(item_text, '身高')"),
    ("weight", "R", "体重应在 0.4 至 350 千克", "value not between 0.4 and 350", "contains(item_text, '体重')"),
    ("glucose", "R", "血糖应在 0.5 至 60 mmol/L", "value not between 0.5 and 60", "contains(item_text, '血糖')"),
)
_DOCUMENT: tuple[Line, ...] = (
    ("title.length", "R", "文档标题不应少于 2 个字", "length(trim(title)) < 2", "title is not null"),
    ("content", "C!", "文档应有内容", "content is null"),
    ("size.zero", "R", "文档字节数应大于 0", "size = 0"),
)


def rules() -> Iterator[Rule]:
    """All of them."""
    yield from written("emr_ex_lab", _LAB)
    yield from written("emr_ex_lab_item", _LAB_ITEM)
    yield from written("emr_ex_clinical", _IMAGING)
    yield from written("emr_order", _ORDER)
    yield from written("emr_order_item", _ORDER_ITEM)
    yield from written("charge", _CHARGE)
    yield from written("charge_item", _CHARGE_ITEM)
    yield from written("observation", _OBSERVATION)
    yield from written("document", _DOCUMENT)
    items = Partner("charge_item", (("charge_no", "charge_no"),), (("amount", "sum(amount)"),))
    yield from written("charge", (
        ("total.items", "L!", "总费用应等于明细金额之和（误差 0.01 元内）", "abs(total - other.amount) > 0.01", "other.found"),
    ), items)  # fmt: skip
