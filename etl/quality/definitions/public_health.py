"""Vaccination, health examinations, follow-up, blood donation, nucleic acid tests, infectious disease reports."""

from __future__ import annotations

from collections.abc import Iterator

from etl.quality.definitions.writing import Line, numeric, written
from etl.quality.rules import Partner, Rule

_AGE = "years_between(birth_date, vaccinated_at)"
_VACCINATION: tuple[Line, ...] = (
    ("bcg.age", "L", "卡介苗不应用于 4 岁及以上", f"{_AGE} >= 4", "contains(vaccine_text, '卡介苗')"),
    ("dpt.age", "L", "百白破疫苗不应用于 7 岁及以上", f"{_AGE} >= 7", "contains(vaccine_text, '百白破')"),
    ("ev71.age", "L", "肠道病毒 71 型疫苗应用于 6 月龄至 5 岁",
     "months_between(birth_date, vaccinated_at) not between 6 and 71", "contains(vaccine_text, '肠道病毒71') or contains(vaccine_text, 'EV71')"),
    ("hpv.age", "L", "人乳头瘤病毒疫苗应用于 9 至 45 岁", f"{_AGE} not between 9 and 45",
     "contains(vaccine_text, '人乳头瘤') or contains(vaccine_text, 'HPV')"),
    ("zoster.age", "L", "带状疱疹疫苗应用于 40 岁及以上", f"{_AGE} < 40", "contains(vaccine_text, '带状疱疹')"),
    ("rotavirus.age", "L", "轮状病毒疫苗不应用于 4 岁以上", f"{_AGE} > 4", "contains(vaccine_text, '轮状病毒')"),
    ("mmr.age", "L", "麻腮风疫苗不应早于 8 月龄", "months_between(birth_date, vaccinated_at) < 8", "contains(vaccine_text, '麻腮风')"),
    ("polio23.age", "L", "23 价肺炎疫苗不应用于 2 岁以下", f"{_AGE} < 2", "contains(vaccine_text, '23价')"),
    ("expired", "L!", "不应接种过期疫苗", "day_of(vaccinated_at) > expires_on"),
    ("dose.many", "R", "剂次不应超过 7", "dose > 7"),
    ("dose", "C", "接种应有剂次", "dose is null"),
    ("manufacturer", "C", "接种应有生产企业", "manufacturer is null"),
    ("site", "C", "接种应有接种部位", "site is null"),
    ("route", "C", "接种应有接种途径", "route is null"),
    ("trace_code", "C", "接种应有药品追溯码", "trace_code is null"),
    ("trace_code.form", "R", "药品追溯码应为 20 位数字", "not matches(trace_code, '[0-9]{20}')", "trace_code is not null"),
    ("reaction.kind", "C", "有不良反应应填写反应类别", "reaction_kind is null", "reaction"),
    ("not_given.reason", "C", "未接种应填写原因", "not_given_reason is null", "not_given"),
    ("next_on.soon", "L", "下次接种日期应在本次之后至少 7 天", "days_between(vaccinated_at, next_on) < 7"),
)  # fmt: skip
_EXAM: tuple[Line, ...] = (
    ("bmi.sum", "L", "体质指数应等于体重除以身高平方（误差 0.5 内）", "abs(bmi - weight * 10000 / (height * height)) > 0.5"),
    ("pressure.left", "L!", "左侧舒张压应低于收缩压", "diastolic_left >= systolic_left"),
    ("pressure.right", "L!", "右侧舒张压应低于收缩压", "diastolic_right >= systolic_right"),
    ("pressure", "C", "体检应测血压", "systolic_left is null and systolic_right is null"),
    ("height", "C", "体检应测身高", "height is null"),
    ("weight", "C", "体检应测体重", "weight is null"),
    ("selfcare.old", "C", "65 岁及以上应评估生活自理能力", "selfcare is null", "years_between(birth_date, examined_on) >= 65"),
    ("assessment", "C", "体检应有健康评价", "assessment is null"),
    ("guidance.abnormal", "C", "体检异常应有健康指导", "guidance is null", "abnormal"),
    ("lipids", "L", "低密度脂蛋白不应高于总胆固醇", "ldl > cholesterol"),
    ("lipids.hdl", "L", "高密度脂蛋白不应高于总胆固醇", "hdl > cholesterol"),
    (
        "adult.height",
        "R",
        "成人身高应在 100 至 220 厘米",
        "height not between 100 and 220",
        "years_between(birth_date, examined_on) >= 18",
    ),
    (
        "adult.weight",
        "R",
        "成人体重应在 25 至 250 千克",
        "weight not between 25 and 250",
        "years_between(birth_date, examined_on) >= 18",
    ),
    numeric("temperature", "体温（℃）", "34", "42"),
    numeric("pulse", "脉率（次/分）", "30", "200"),
    numeric("respiration", "呼吸频率（次/分）", "8", "60"),
    numeric("systolic_left", "左侧收缩压（mmHg）", "60", "260"),
    numeric("diastolic_left", "左侧舒张压（mmHg）", "30", "160"),
    numeric("waist", "腰围（厘米）", "30", "200"),
    numeric("haemoglobin", "血红蛋白（g/L）", "20", "250"),
    numeric("white_cells", "白细胞（10^9/L）", "0.1", "300"),
    numeric("platelets", "血小板（10^9/L）", "1", "2000"),
    numeric("fasting_glucose", "空腹血糖（mmol/L）", "1", "40"),
    numeric("hba1c", "糖化血红蛋白（%）", "2", "20"),
    numeric("creatinine", "血清肌酐（μmol/L）", "10", "2000"),
    numeric("cholesterol", "总胆固醇（mmol/L）", "0.5", "30"),
    numeric("triglyceride", "甘油三酯（mmol/L）", "0.1", "50"),
)
_SERVICE: tuple[Line, ...] = (
    ("pressure.missing", "C!", "高血压患者随访应测血压", "systolic is null or diastolic is null", "programme = '7'"),
    ("glucose.missing", "C!", "糖尿病患者随访应测空腹血糖", "glucose is null", "programme = '8'"),
    ("pressure.order", "L!", "舒张压应低于收缩压", "diastolic >= systolic"),
    ("next_on", "C", "慢病随访应有下次随访日期", "next_on is null", "programme in ('7', '8', '9', '10')"),
    ("next_on.far", "R", "下次随访不应晚于一年之后", "days_between(served_on, next_on) > 366"),
    ("mode", "C", "随访应有随访方式", "mode is null"),
    ("result", "C", "慢病随访应有评价结果", "result is null", "programme in ('7', '8')"),
    ("referral", "C", "转诊应有原因", "referral_reason is null", "referred"),
    ("old.age", "L", "老年人健康管理对象应满 65 岁", "years_between(birth_date, served_on) < 65", "programme = '6'"),
    ("child.age", "L", "0–6 岁儿童健康管理对象不应超过 6 岁", "years_between(birth_date, served_on) > 6", "programme = '4'"),
    ("maternal.gender", "L!", "孕产妇健康管理对象应为女性", "gender != '2'", "programme = '5'"),
    (
        "maternal.age",
        "L",
        "孕产妇年龄应在 10 至 60 岁",
        "years_between(birth_date, served_on) not between 10 and 60",
        "programme = '5'",
    ),
    numeric("systolic", "收缩压（mmHg）", "60", "260"),
    numeric("diastolic", "舒张压（mmHg）", "30", "160"),
    numeric("glucose", "空腹血糖（mmol/L）", "1", "40"),
)
_DONATION: tuple[Line, ...] = (
    ("age", "L", "献血者年龄应在 18 至 60 岁（65 岁以下可延长）", "years_between(birth_date, donated_at) not between 18 and 65"),
    ("volume.whole", "R", "一次献血量应为 200、300 或 400 毫升", "volume not in (200, 300, 400)", "donation_kind = '1'"),
    ("blood_group", "C", "献血应有 ABO 血型", "abo is null"),
    ("rhd", "C", "献血应有 Rh(D) 血型", "rhd is null"),
    ("result", "C", "献血应有检测结论", "result is null"),
    ("deferred.reason", "C", "暂缓献血应有原因", "deferred_reason is null", "deferred"),
    ("bag_no", "C", "采血应有血袋编码", "bag_no is null", "volume > 0"),
)
_NUCLEIC: tuple[Line, ...] = (
    ("report.late", "T", "核酸检测应在采样后 24 小时内报告", "hours_between(sampled_at, reported_at) > 24"),
    ("report_before_lab", "L", "报告时间不应早于收样时间", "reported_at < received_at_lab"),
    ("reported_at", "C", "有结果应有报告时间", "reported_at is null", "result is not null"),
    ("lab_name", "C", "检测结果应有检测机构", "lab_name is null"),
    ("ct", "L", "ORF1ab 与 N 基因 Ct 值相差不应超过 15", "abs(ct_orf1ab - ct_n) > 15"),
)
_CARD: tuple[Line, ...] = (
    ("dead_date.flag", "C!", "因病死亡应填写死亡日期", "dead_date is null", "is_dead_by_this_code = '1'"),
    ("dead_date.before", "L!", "死亡日期不应早于发病日期", "day_of(dead_date) < onset_date"),
    ("report.before", "L!", "报告日期不应早于诊断时间", "day_of(report_date) < day_of(diagnose_time)"),
    ("report.late", "T!", "传染病应在诊断后 24 小时内报告（甲类和按甲类管理的 2 小时）", "hours_between(diagnose_time, report_date) > 24"),
    ("onset.old", "R", "发病至诊断不宜超过 2 年（慢性传染病除外）", "days_between(onset_date, diagnose_time) > 730",
     "not matches(disease_code, '(A1[5-9]|B1[5-9]|B2[0-4]|A5[0-9]|A30).*')"),
    ("disease", "C!", "报告卡应有疾病", "disease_code is null and disease_other is null"),
    ("guardian", "C", "14 岁以下患者应填写监护人", "contacts is null", "years_between(birth_date, diagnose_time) < 14"),
    ("work_unit", "C", "学生和幼托儿童应填写学校或托幼机构", "workunit is null", "years_between(birth_date, diagnose_time) between 3 and 18"),
    ("phone", "C", "报告卡应有联系电话", "tel is null and contacts_tel is null"),
    ("aids.contact", "C", "艾滋病、性病应填写感染途径", "bs_transmission_code is null", "matches(disease_code, '(B2[0-4]|A5[0-9]).*')"),
    ("hbv.alt", "C", "乙肝应填写 ALT 值", "hbsag_alt is null", "starts_with(disease_code, 'B16')"),
    ("hfmd.severity", "C", "手足口病应填写严重程度", "serverity_code is null", "starts_with(disease_code, 'B08.4')"),
    ("afp.palsy", "C", "急性弛缓性麻痹应填写麻痹日期", "afp_palsy_date is null", "contains(disease_name, 'AFP') or contains(disease_name, '弛缓性')"),
    ("positive.before", "L", "检测阳性日期不应早于发病日期", "detection_positive_date < onset_date"),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """All of them."""
    yield from written("vaccination", _VACCINATION)
    yield from written("health_exam", _EXAM)
    yield from written("service_record", _SERVICE)
    yield from written("blood_donation", _DONATION)
    yield from written("nucleic_acid", _NUCLEIC)
    yield from written("emr_inf_report", _CARD)
    yield from written("allergy", (
        ("allergen.known", "L", "无已知过敏者不应有过敏源", "allergen is not null", "none_known"),
        ("reaction", "C", "过敏应有反应描述", "reaction is null", "allergen is not null"),
        ("severity", "C", "过敏应有严重程度", "severity is null", "allergen is not null"),
    ))  # fmt: skip
    yield from written("history_item", (
        ("ended.active", "L", "现患疾病不应有结束日期", "ended_on is not null", "active"),
        ("started.birth", "L", "确诊日期不应早于出生日期", "started_on < birth_date"),
        ("relation", "C", "家族史应有与本人关系", "relation is null", "contains(history_kind_text, '家族')"),
    ))  # fmt: skip
    yield from written("emr_activity_info", (
        ("disease.reported", "C!", "诊断传染病应同时填写传染病病种代码", "disease_code is null",
         "matches(wm_disease_code, '(A0[0-9]|A1[5-9]|A2[0-8]|A3[0-9]|A5[0-3]|A8[0-4]|B0[0-9]|B1[5-9]|B2[0-4]|B5[0-4]).*')"),
    ))  # fmt: skip
    card = Partner("emr_inf_report", (("serial_number", "serial_number"),), (("times", "count()"),))
    yield from written("emr_activity_info", (
        ("report_card", "C!", "诊断传染病应有报告卡", "not other.found", "disease_code is not null and serial_number is not null"),
    ), card)  # fmt: skip
