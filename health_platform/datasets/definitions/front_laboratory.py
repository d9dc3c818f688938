"""Laboratory reports of the front-end software."""

from __future__ import annotations

from health_platform.datasets.definitions.blocks import (
    FRONT_PATIENT,
    activity_type,
    bookkeeping,
    coded,
    department,
    narrative,
    organisation,
    patient,
    row_id,
    ward,
)
from health_platform.datasets.fields import Code, Instant, Text
from health_platform.datasets.model import Dataset, Domain, Parent, within

EMR_EX_LAB = Dataset(
    "emr_ex_lab",
    "检验报告",
    domain=Domain.MEDICAL,
    subdomain="laboratory",
    key=("id",),
    time=("examination_report_date", "examination_date", "operation_time"),
    due=within(hours=2),
    patient=FRONT_PATIENT,
    void="invalid_flag",
    fields=(
        row_id(),
        *patient(),
        *activity_type(),
        *ward(),
        Text("application_form_no", "电子申请单编号", max_length=50),
        *organisation("apply_", "申请机构"),
        *department("apply_", "申请科室", length=20, name_length=50),
        Text("apply_physician_id", "检验申请医师ID", max_length=50),
        Text("specimen_no", "检验标本号", max_length=100),
        Instant("specimen_sampling_date", "标本采样日期时间"),
        Instant("specimen_receiving_date", "接收标本日期时间", after="specimen_sampling_date"),
        Text("examination_physician_id", "检验医师ID", max_length=50),
        Instant("examination_date", "检验日期", expected=True),
        Text("examination_report_no", "检验报告单编号", expected=True, max_length=100),
        narrative("examination_objective_desc", "检验报告结果-客观所见"),
        narrative("examination_subjective_desc", "检验报告结果-主观提示"),
        narrative("examination_notes", "检验报告备注"),
        Instant("examination_report_date", "检验报告日期", expected=True, after="examination_date"),
        Text("examination_report_id", "报告医师ID", max_length=50),
        Code(
            "specimen_category_code",
            "标本类别代码",
            expected=True,
            value_set="specimen",
            max_length=20,
            display="specimen_category_name",
        ),
        Text("specimen_category_name", "标本类别名称", max_length=100),
        *organisation(label="检验报告机构"),
        *department(label="检验报告科室"),
        *bookkeeping(),
    ),
)

EMR_EX_LAB_ITEM = Dataset(
    "emr_ex_lab_item",
    "检验报告细项",
    domain=Domain.MEDICAL,
    subdomain="laboratory",
    key=("id",),
    time=(),
    due=within(hours=2),
    parent=Parent("emr_ex_lab", "ex_lab_id"),
    void="invalid_flag",
    fields=(
        row_id(),
        Text("ex_lab_id", "检验报告ID", required=True, max_length=80),
        Code("item_code", "检验项目代码", expected=True, value_set="lab_item", max_length=100, display="item_name"),
        Text("item_name", "检验项目名称", expected=True, max_length=2000),
        *coded("examination_result", "检验定性结果", "exam_result", length=5),
        Text("examination_quantification", "检验定量结果", max_length=100),
        Text("examination_quantification_unit", "检验定量结果计量单位", max_length=20),
        Text("examination_quantification_lower", "检验定量结果参考区间-下限", max_length=20),
        Text("examination_quantification_upper", "检验定量结果参考区间-上限", max_length=20),
        Code("examination_quantification_ri", "检验定量结果超出或低于参考值", value_set="range_flag", max_length=2),
        Text("source_examination_result_code", "患者检验结果在医院信息系统编码体系中的分类代码", max_length=100),
        Text("source_examination_result_name", "患者检验结果名称", max_length=2000),
        *bookkeeping(),
    ),
)

DATASETS = (
    EMR_EX_LAB,
    EMR_EX_LAB_ITEM,
)
