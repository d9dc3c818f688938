"""Examinations (imaging and the like) of the front-end software."""

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
from health_platform.datasets.fields import Code, Instant, Sensitivity, Text
from health_platform.datasets.model import Dataset, Domain, Parent, by_day

EMR_EX_CLINICAL = Dataset(
    "emr_ex_clinical",
    "检查报告",
    domain=Domain.MEDICAL,
    subdomain="imaging",
    key=("id",),
    time=("examination_report_date", "operation_time"),
    due=by_day(0),
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
        Text("chief_complaint", "主诉", expected=True, sensitivity=Sensitivity.NARRATIVE),
        Instant("symptom_start_date", "症状开始时间"),
        Instant("symptom_end_date", "症状停止时间", after="symptom_start_date"),
        narrative("symptom_desc", "症状描述"),
        narrative("treatment_desc", "诊疗过程描述"),
        Code("special_examination_code", "特殊检查标志", value_set="yes_no", max_length=1),
        narrative("examination_objective_desc", "检查报告结果-客观所见"),
        narrative("examination_subjective_desc", "检查报告结果-主观提示"),
        narrative("examination_notes", "检查报告备注"),
        Text("examination_report_no", "检查报告单编号", expected=True, max_length=100),
        Instant("examination_report_date", "检查报告日期", expected=True),
        Text("examination_report_id", "报告医师ID", max_length=50),
        Code(
            "examination_type_code",
            "检查类别代码",
            expected=True,
            value_set="exam_type",
            max_length=20,
            display="examination_type_name",
        ),
        Text("examination_type_name", "检查类别名称", max_length=100),
        *organisation(label="检查报告机构"),
        *department(label="检查报告科室"),
        *bookkeeping(),
    ),
)

EMR_EX_CLINICAL_ITEM = Dataset(
    "emr_ex_clinical_item",
    "检查报告细项",
    domain=Domain.MEDICAL,
    subdomain="imaging",
    key=("id",),
    time=(),
    due=by_day(0),
    parent=Parent("emr_ex_clinical", "ex_clinical_id"),
    void="invalid_flag",
    fields=(
        row_id(),
        Text("ex_clinical_id", "检查报告ID", required=True, max_length=80),
        Text("item_name", "检查项目", expected=True, max_length=100),
        *coded("examination_result", "检查结果", "exam_result", length=5),
        Text("examination_quantification", "检查定量结果", max_length=50),
        Text("examination_quantification_unit", "检查定量结果计量单位", max_length=50),
        Code("item_code", "检查项目代码", expected=True, value_set="exam_item", max_length=100, display="item_name"),
        *bookkeeping(),
    ),
)

DATASETS = (
    EMR_EX_CLINICAL,
    EMR_EX_CLINICAL_ITEM,
)
