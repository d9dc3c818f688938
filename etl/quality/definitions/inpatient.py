"""Visits, admissions, courses, discharges, deaths, operations."""

from __future__ import annotations

from collections.abc import Iterator

from etl.quality.definitions.writing import Line, numeric, written
from etl.quality.rules import Partner, Rule

_VISIT: tuple[Line, ...] = (
    ("diagnosis.outpatient", "C!", "门急诊就诊应有诊断", "diagnosis is null and tcm_diagnosis is null", "visit_kind in ('1', '2', '3')"),
    ("chief_complaint.outpatient", "C", "门急诊就诊应有主诉", "chief_complaint is null", "visit_kind in ('1', '2', '3')"),
    ("inpatient_no.inpatient", "C!", "住院就诊应有住院号", "inpatient_no is null", "visit_kind = '4'"),
    ("record_no.inpatient", "C", "住院就诊应有病案号", "record_no is null", "visit_kind = '4'"),
    ("discharge_mode.inpatient", "C", "出院应填写离院方式", "discharge_mode is null", "visit_kind = '4' and ended_at is not null"),
    ("outcome.inpatient", "C", "出院应填写病情转归", "outcome is null", "visit_kind = '4' and ended_at is not null"),
    ("admission_route.inpatient", "C", "住院应填写入院途径", "admission_route is null", "visit_kind = '4'"),
    ("stay_days.sum", "L", "实际住院天数应等于出院日期减入院日期（不足一天按一天）",
     "abs(stay_days - days_between(started_at, ended_at)) > 1", "visit_kind = '4'"),
    ("stay_days.outpatient", "L", "门诊就诊不应有住院天数", "stay_days > 0", "visit_kind = '1'"),
    ("bed_no.outpatient", "L", "门诊就诊不应有床号", "bed_no is not null", "visit_kind = '1'"),
    ("ended_at.outpatient", "L", "门诊就诊时长不应超过 24 小时", "hours_between(started_at, ended_at) > 24", "visit_kind = '1'"),
    ("ended_at.observation", "L", "留观不应超过 7 天", "days_between(started_at, ended_at) > 7", "visit_kind = '3'"),
    ("stay.long", "R", "住院不应超过 365 天", "days_between(started_at, ended_at) > 365", "visit_kind = '4'"),
    ("emergency.kind", "L", "急诊就诊的急诊标志应为是", "not emergency", "visit_kind = '2'"),
    ("diagnosis.symptom", "R", "出院主要诊断不宜只有症状（R00–R99）", "starts_with(diagnosis, 'R')", "visit_kind = '4' and ended_at is not null"),
    ("diagnosis.external", "R", "主要诊断不应为外因编码（V、W、X、Y）", "matches(diagnosis, '[VWXY].*')", "diagnosis is not null"),
    ("tcm_syndrome.disease", "C", "有中医证候应有中医病名", "tcm_diagnosis is null", "tcm_syndrome is not null"),
    ("chief_complaint.length", "R", "主诉不应少于 2 个字", "length(trim(chief_complaint)) < 2", "chief_complaint is not null"),
)  # fmt: skip
_REGISTRATION: tuple[Line, ...] = (
    ("booked_for.booked", "C", "预约挂号应有预约就诊时间", "booked_for is null", "booked"),
    ("called_at.wait", "R", "候诊时间不应超过 24 小时", "hours_between(registered_at, called_at) > 24"),
    ("fee.high", "R", "挂号诊疗费不应超过 1000 元", "fee > 1000"),
    ("visit_no.called", "C", "已就诊的挂号应有就诊流水号", "visit_no is null", "called_at is not null"),
)
_DIAGNOSIS: tuple[Line, ...] = (
    ("position.principal", "L", "主要诊断的顺位应为 1", "position != 1", "principal"),
    ("principal.position", "L", "顺位为 1 的诊断应标为主要诊断", "not principal", "position = 1"),
    ("diagnosis.external", "R", "主要诊断不应为外因编码（V、W、X、Y）", "matches(diagnosis, '[VWXY].*')", "principal"),
    (
        "diagnosis.text",
        "R",
        "诊断名称不应只写编码",
        "matches(trim(diagnosis_text), '[A-Z][0-9]{2}.*')",
        "diagnosis_text is not null",
    ),
    ("onset_at.old", "R", "发病时间不应早于诊断时间 80 年以上", "years_between(onset_at, diagnosed_at) > 80"),
)
_ADMISSION: tuple[Line, ...] = (
    ("inital_diagnosis", "C!", "入院记录应有初步诊断", "wm_inital_diagnosis_code is null and tcm_inital_diagnosis_code is null"),
    ("infection_his.flag", "C", "有传染性的患者应填写传染病史", "infection_his is null", "infection_code = '1'"),
    ("confirmed.before", "L", "确定诊断日期不应早于入院日期", "confirmed_diagnosis_date < day_of(admission_date)"),
    ("inital.before", "L", "初步诊断日期不应早于入院日期", "inital_diagnosis_date < day_of(admission_date)"),
    ("revised.before", "L", "修正诊断日期不应早于初步诊断日期", "revised_diagnosis_date < inital_diagnosis_date"),
    ("chief_complaint.length", "R", "主诉不应少于 2 个字", "length(trim(chief_complaint)) < 2", "chief_complaint is not null"),
    (
        "present_illness.length",
        "R",
        "现病史不应少于 10 个字",
        "length(trim(present_illness_his)) < 10",
        "present_illness_his is not null",
    ),
    ("written.late", "T", "入院记录应在入院后 24 小时内完成", "hours_between(admission_date, operation_time) > 24"),
    ("physical_examination", "C", "入院记录应有体格检查", "physical_examination is null"),
    ("bed_no", "C", "入院记录应有床号", "bed_no is null"),
    ("resident_physician", "C", "入院记录应有住院医师", "resident_physician_id is null"),
)
_DISCHARGE: tuple[Line, ...] = (
    ("stay.long", "R", "住院不应超过 365 天", "days_between(admission_date, discharge_date) > 365"),
    ("discharge_order", "C", "出院记录应有出院医嘱", "discharge_order is null"),
    ("outcome", "C", "出院记录应有病情转归", "disease_progression_code is null"),
    ("treatment_desc", "C", "出院记录应有诊疗过程描述", "treatment_desc is null"),
    ("diagnosis.symptom", "R", "出院诊断不宜只有症状（R00–R99）", "starts_with(discharge_diagnosis_code, 'R')"),
    ("written.late", "T", "出院记录应在出院后 24 小时内完成", "hours_between(discharge_date, operation_time) > 24"),
)
_FRONT_PAGE: tuple[Line, ...] = (
    ("admission_days.sum", "L!", "实际住院天数应等于出院日期减入院日期（不足一天按一天）",
     "abs(admission_days - days_between(admission_date, discharge_date)) > 1"),
    ("reg_no", "C!", "病案首页应有病案号", "reg_no is null"),
    ("admission_num", "C", "病案首页应有住院次数", "admission_num is null"),
    ("external_causes", "C", "损伤、中毒（S、T）应填写外部原因", "external_causes_code is null", "matches(discharge_diagnosis_code, '[ST][0-9]{2}.*')"),
    ("external_causes.code", "R", "外部原因编码应为 V、W、X、Y", "not matches(external_causes_code, '[VWXY].*')", "external_causes_code is not null"),
    ("pathology", "C", "恶性肿瘤应填写病理诊断", "pathological_diagnosis_code is null and pathological_diagnosis_name is null",
     "matches(discharge_diagnosis_code, 'C[0-9]{2}.*')"),
    ("allergy_drug", "C", "有药物过敏应填写过敏药物", "allergy_drug is null", "allergy_code = '1'"),
    ("principal.external", "R", "主要诊断不应为外因编码（V、W、X、Y）", "matches(discharge_diagnosis_code, '[VWXY].*')"),
    ("discharge_dept", "C", "病案首页应有出院科别", "discharge_dept_code is null"),
    ("chief_physician", "C", "病案首页应有主治医师", "chief_physician_id is null"),
    ("outpatient_diagnosis", "C", "病案首页应有门（急）诊诊断", "wm_outpatient_diagnosis_code is null"),
)  # fmt: skip
_DEATH: tuple[Line, ...] = (
    ("direct_cause", "C!", "死亡信息应有直接死亡原因", "direct_cause_code is null and direct_cause_name is null"),
    ("death_diagnosis", "C", "死亡信息应有死亡诊断", "death_diagnosis_code is null and death_diagnosis_name is null"),
    ("direct_cause.symptom", "R", "直接死亡原因不宜为症状（R00–R99，R99 除外）", "starts_with(direct_cause_code, 'R') and not starts_with(direct_cause_code, 'R99')"),
)  # fmt: skip
_OPERATION: tuple[Line, ...] = (
    ("ended_at", "C", "手术应有结束时间", "ended_at is null"),
    ("duration", "R", "手术时长不应超过 24 小时", "hours_between(started_at, ended_at) > 24"),
    ("surgeon", "C!", "手术应有术者", "surgeon_id is null and surgeon_name is null"),
    ("anaesthetist", "C", "有麻醉的手术应有麻醉医师", "anaesthetist_name is null", "anaesthesia is not null"),
    ("incision", "C", "手术应有切口类别", "incision_type is null"),
    ("healing", "C", "有切口的手术应有愈合等级", "incision_healing is null", "incision_type is not null"),
    ("complication", "C", "有并发症应描述并发症", "complication_text is null", "complication"),
    ("complication.flag", "L", "描述了并发症应标并发症标志", "not complication", "complication_text is not null"),
    ("level", "C", "手术应有手术级别", "operation_level is null"),
    ("preoperative", "C", "手术应有术前诊断", "preoperative_diagnosis is null"),
    numeric("blood_loss", "出血量（毫升）", "0", "10000"),
    numeric("transfusion", "输血量（毫升）", "0", "10000"),
)

_AFTER_DEATH = (
    ("emr_outpatient_record", "outpatient_date"),
    ("emr_order", "prescription_issuance_date"),
    ("emr_ex_lab", "specimen_sampling_date"),
)


def rules() -> Iterator[Rule]:
    """All of them."""
    yield from written("visit", _VISIT)
    yield from written("registration", _REGISTRATION)
    yield from written("diagnosis", _DIAGNOSIS)
    yield from written("emr_admission_info", _ADMISSION)
    yield from written("emr_discharge_info", _DISCHARGE)
    yield from written("emr_admission_record", _FRONT_PAGE)
    yield from written("emr_death_info", _DEATH)
    yield from written("operation", _OPERATION)
    yield from _across()


def _across() -> Iterator[Rule]:
    """Rules over rows of two datasets."""
    stay = Partner("emr_admission_info", (("serial_number", "serial_number"),))
    death = Partner("emr_death_info", (("patient_id", "patient_id"),))
    visit = Partner("visit", (("visit_no", "visit_no"),))
    yield from written("emr_discharge_info", (
        ("admission_date.same", "L", "入院时间应与入院记录一致", "admission_date != other.admission_date"),
        ("before_admission", "L!", "出院时间不应早于入院记录的入院时间", "discharge_date < other.admission_date"),
    ), stay)  # fmt: skip
    yield from written("emr_first_course", (
        ("before_admission", "L", "首次病程不应早于入院时间", "create_time < other.admission_date"),
        ("late", "T", "首次病程应在入院后 8 小时内完成", "hours_between(other.admission_date, create_time) > 8"),
    ), stay)  # fmt: skip
    yield from written("emr_daily_course", (
        ("before_admission", "L", "日常病程不应早于入院时间", "create_time < other.admission_date"),
    ), stay)  # fmt: skip
    for name, moment in _AFTER_DEATH:
        late = f"day_of({moment}) > day_of(other.dead_date)"
        yield from written(name, (("after_death", "L!", "死亡之后不应再有诊疗记录", late),), death)
    yield from written("diagnosis", (
        ("before_visit", "L", "诊断时间不应早于就诊开始时间", "diagnosed_at < other.started_at and minutes_between(diagnosed_at, other.started_at) > 60"),
    ), visit)  # fmt: skip
    yield from written("operation", (
        ("before_visit", "L!", "手术不应早于就诊（入院）时间", "started_at < other.started_at"),
        ("after_visit", "L!", "手术不应晚于出院时间", "started_at > other.ended_at"),
    ), visit)  # fmt: skip
