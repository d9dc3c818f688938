"""The value sets that coded fields refer to, by a short name of our own.

A value set says *which table* judges a code; the tables themselves (with versions and local mappings) live in the
registry of standards under ``table``. Keeping the two apart lets a deployment move from one edition of a standard to
the next without touching a dataset definition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class ValueSet:
    """A named list of permitted codes.

    Attributes:
        name: short code name used by field definitions.
        label: Chinese name.
        table: key of the code table in the registry of standards.
        standard: where the table comes from.
    """

    name: str
    label: str
    table: str
    standard: str


_FRONT = "传染病监测前置软件数据集"
_CV = "WS/T 364-2023"

_ALL = (
    ValueSet("institution", "医疗机构", "institution", "机构登记"),
    ValueSet("department", "科室", "front_department", _FRONT),
    ValueSet("division", "行政区划", "division", "GB/T 2260, GB/T 10114"),
    ValueSet("id_type", "身份证件类别", "CV02.01.101_id_type", _CV),
    ValueSet("gender", "性别", "GBT2261.1_sex", "GB/T 2261.1-2003"),
    ValueSet("nation", "民族", "GBT3304_nation", "GB/T 3304-1991"),
    ValueSet("nationality", "国籍或地区", "GBT2659_country", "GB/T 2659-2000"),
    ValueSet("marital_status", "婚姻状况", "GBT2261.2_marital", "GB/T 2261.2-2003"),
    ValueSet("education", "文化程度", "GBT4658_education", "GB/T 4658-2006"),
    ValueSet("population_group", "人群分类", "front_population", _FRONT),
    ValueSet("occupation", "职业", "GBT2261.4_employment", "GB/T 2261.4-2003"),
    ValueSet("family_relation", "家庭关系", "GBT4761_relation", "GB/T 4761-2008"),
    ValueSet("user_type", "用户类型", "front_user_type", _FRONT),
    ValueSet("activity_type", "诊疗活动类型", "front_activity_type", _FRONT),
    ValueSet("infectious_disease", "传染病诊断", "front_disease_icd", _FRONT),
    ValueSet("icd10", "疾病诊断", "ICD10", "GB/T 14396-2016 及国家临床版、医保版"),
    ValueSet("icd9cm3", "手术操作", "ICD9CM3", "ICD-9-CM-3 国家临床版"),
    ValueSet("tcm_disease", "中医病名", "GBT15657_disease", "GB/T 15657-2021"),
    ValueSet("tcm_syndrome", "中医证候", "GBT15657_syndrome", "GB/T 15657-2021"),
    ValueSet("case_class", "病例分类", "card_case_class", "传染病报告卡"),
    ValueSet("case_type", "病例类型", "card_case_type", "传染病报告卡"),
    ValueSet("direct_death_diagnosis", "直接死亡诊断", "front_symptom", _FRONT),
    ValueSet("discovery_mode", "发现方式", "front_discovery_mode", _FRONT),
    ValueSet("contact_type", "接触方式", "front_contact_type", _FRONT),
    ValueSet("transmission_route", "感染途径", "front_transmission", _FRONT),
    ValueSet("venereal_history", "性病史", "front_venereal_history", _FRONT),
    ValueSet("lab_verdict", "实验室检测结论", "front_lab_verdict", _FRONT),
    ValueSet("covid_severity", "新冠病毒感染严重程度", "front_covid_severity", _FRONT),
    ValueSet("hfmd_severity", "手足口病严重程度", "front_hfmd_severity", _FRONT),
    ValueSet("pathogen_result", "病原检测结果", "front_pathogen_result", _FRONT),
    ValueSet("hbsag_duration", "HBsAg 阳性时间", "front_hbsag_duration", _FRONT),
    ValueSet("hbcig_result", "抗-HBc IgM 检测结果", "front_hbcig_result", _FRONT),
    ValueSet("liver_puncture", "肝穿检测结果", "front_liver_puncture", _FRONT),
    ValueSet("hbsag_change", "恢复期 HBsAg 阴转", "front_hbsag_change", _FRONT),
    ValueSet("afp_area", "AFP 病例来源地区", "front_afp_area", _FRONT),
    ValueSet("afp_place", "AFP 就诊地址类型", "front_afp_place", _FRONT),
    ValueSet("foreign_type", "输入病例类型", "front_foreign_type", _FRONT),
    ValueSet("exam_result", "检查检验定性结果", "front_exam_result_partial", _FRONT),
    ValueSet("exam_type", "检查类别", "front_exam_type", _FRONT),
    ValueSet("exam_item", "检查项目", "front_exam_item", _FRONT),
    ValueSet("lab_item", "检验项目", "front_lab_item", _FRONT),
    ValueSet("range_flag", "结果与参考区间", "front_range_flag", _FRONT),
    ValueSet("specimen", "标本类别", "front_specimen", _FRONT),
    ValueSet("prescription_type", "处方类别", "front_prescription_type", _FRONT),
    ValueSet("drug", "药品", "front_drug", "国家医保药品代码或本地药品目录"),
    ValueSet("dose_unit", "剂量单位", "front_dose_unit", _FRONT),
    ValueSet("outcome", "病情转归", "CV05.10.010_outcome", _CV),
    ValueSet("yes_no", "是否标志", "front_yes_no", _FRONT),
    ValueSet("first_visit", "初诊标志", "front_first_visit", _FRONT),
    ValueSet("pay_method", "医疗付费方式", "CV07.10.005_pay", _CV),
    ValueSet("abo", "ABO 血型", "CV04.50.005_ABO", _CV),
    ValueSet("rhd", "Rh(D) 血型", "CV04.50.020_RhD", _CV),
    ValueSet("drug_route", "用药途径", "CV06.00.102_route", _CV),
    ValueSet("drug_frequency", "药物使用频次", "CV06.00.228", _CV),
    ValueSet("dose_form", "药物剂型", "CV08.50.002", _CV),
    ValueSet("admission_route", "入院途径", "CV09.00.403_admit_route", _CV),
    ValueSet("discharge_mode", "离院方式", "CV06.00.226_discharge", _CV),
    ValueSet("on_admission", "入院病情", "CV05.10.019_poa", _CV),
    ValueSet("operation_level", "手术级别", "CV05.10.024_op_level", _CV),
    ValueSet("incision_type", "手术切口类别", "CV05.10.022", _CV),
    ValueSet("incision_healing", "切口愈合等级", "CV05.10.023", _CV),
    ValueSet("anaesthesia", "麻醉方法", "CV06.00.103", _CV),
    ValueSet("asa", "ASA 分级", "CV05.10.021", _CV),
    ValueSet("visit_kind", "就诊类别", "region_visit_kind", "平台数据集"),
    ValueSet("registration_state", "挂号状态", "region_registration_state", "平台数据集"),
    ValueSet("registration_kind", "挂号类别", "region_registration_kind", "平台数据集"),
    ValueSet("charge_state", "收费状态", "region_charge_state", "平台数据集"),
    ValueSet("charge_item", "收费项目", "NHSA_service", "国家医疗服务项目及耗材编码"),
    ValueSet("fee_class_out", "门诊费用分类", "CV07.10.001", _CV),
    ValueSet("fee_class_in", "住院费用分类", "CV07.10.002", _CV),
    ValueSet("diagnosis_kind", "诊断类别", "region_diagnosis_kind", "平台数据集"),
    ValueSet("observation_item", "测量观察项目", "region_observation_item", "平台数据集"),
    ValueSet("vaccine", "疫苗品种", "CV08.50.001", _CV),
    ValueSet("vaccination_site", "接种部位", "region_vaccination_site", "平台数据集"),
    ValueSet("vaccination_route", "接种途径", "region_vaccination_route", "平台数据集"),
    ValueSet("vaccine_category", "疫苗属性", "region_vaccine_category", "平台数据集"),
    ValueSet("vaccine_reaction", "预防接种不良反应", "CV05.01.032", _CV),
    ValueSet("allergen", "过敏源", "CV05.01.038", _CV),
    ValueSet("allergen_kind", "过敏源类别", "region_allergen_kind", "平台数据集"),
    ValueSet("severity", "严重程度", "region_severity", "平台数据集"),
    ValueSet("history_kind", "病史类别", "region_history_kind", "平台数据集"),
    ValueSet("smoking", "吸烟状态", "CV03.00.101_smoking", _CV),
    ValueSet("drinking", "饮酒频率", "CV03.00.104", _CV),
    ValueSet("exercise", "身体活动频率", "CV03.00.111", _CV),
    ValueSet("selfcare_grade", "老年人生活自理能力", "selfcare_grade", "国家基本公共卫生服务规范(第三版)"),
    ValueSet("tcm_constitution", "中医体质", "tcm_constitution", "国家基本公共卫生服务规范(第三版)"),
    ValueSet("health_exam_kind", "健康体检类别", "region_health_exam_kind", "平台数据集"),
    ValueSet("service_programme", "公共卫生服务项目", "region_programme", "国家基本公共卫生服务规范(第三版)"),
    ValueSet("follow_up_mode", "随访方式", "CV06.00.207", _CV),
    ValueSet("follow_up_result", "随访评价结果", "CV05.10.012", _CV),
    ValueSet("document_type", "共享文档类型", "WST500_483_document", "WS/T 500-2016, WS/T 483-2016"),
    ValueSet("media_type", "文档格式", "region_media_type", "RFC 6838"),
    ValueSet("document_state", "文档状态", "region_document_state", "平台数据集"),
    ValueSet("donation_kind", "献血类别", "region_donation_kind", "平台数据集"),
    ValueSet("donation_result", "献血检测结论", "region_donation_result", "平台数据集"),
    ValueSet("sampling_kind", "采样方式", "region_sampling_kind", "平台数据集"),
    ValueSet("nucleic_result", "核酸检测结果", "region_nucleic_result", "平台数据集"),
)

VALUE_SETS: Mapping[str, ValueSet] = MappingProxyType({each.name: each for each in _ALL})
