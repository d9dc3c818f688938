"""Rules that hold alike in many datasets: whose row it is, doubled rows, rows that must belong together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from etl.quality.rules import Partner, Rule
from etl.quality.shapes import Dimension, Severity
from health_platform.datasets.api import Dataset, PatientReference, catalogue

_BY_ID: Final = "按身份证件核对后更正该项，重新上传。"
_ODD: Final = "substring({0}, 17, 1) in ('1', '3', '5', '7', '9')"

DUPLICATES: Final = (
    ("visit", ("patient_id", "visit_kind", "started_at"), "同一患者同一时间的就诊记录"),
    ("registration", ("patient_id", "registered_at"), "同一患者同一时间的挂号记录"),
    ("diagnosis", ("visit_no", "diagnosis_kind", "diagnosis"), "同一就诊、同一类别的同一诊断"),
    ("charge", ("patient_id", "charged_at", "total"), "同一患者同一时间同一金额的收费"),
    ("charge_item", ("charge_no", "item", "charged_at", "amount"), "同一收费单中同一时间、项目和金额的明细"),
    ("operation", ("visit_no", "operation", "started_at"), "同一就诊同一时间的同一手术"),
    ("observation", ("patient_id", "item", "observed_at"), "同一患者同一时间的同一测量"),
    ("vaccination", ("patient_id", "vaccine", "dose"), "同一人同一疫苗的同一剂次"),
    ("health_exam", ("patient_id", "examined_on"), "同一人同一天的健康体检"),
    ("blood_donation", ("patient_id", "donated_at"), "同一人同一时间的献血记录"),
    ("emr_activity_info", ("patient_id", "serial_number", "activity_time"), "同一就诊同一时间的诊疗活动"),
    ("emr_outpatient_record", ("patient_id", "serial_number", "outpatient_date"), "同一就诊同一时间的门诊病历"),
    ("emr_admission_info", ("patient_id", "serial_number"), "同一住院号的入院记录"),
    ("emr_discharge_info", ("patient_id", "serial_number"), "同一住院号的出院记录"),
    ("emr_admission_record", ("patient_id", "serial_number"), "同一住院号的病案首页"),
    ("emr_death_info", ("patient_id",), "同一患者的死亡信息"),
    ("emr_ex_lab", ("examination_report_no",), "同一报告单编号的检验报告"),
    ("emr_ex_lab_item", ("ex_lab_id", "item_code"), "同一报告的同一检验项目"),
    ("emr_ex_clinical", ("examination_report_no",), "同一报告单编号的检查报告"),
    ("emr_order", ("prescription_no",), "同一处方编号的处方"),
    ("emr_order_item", ("order_id", "drug_code", "drug_dosage_code"), "同一处方中同一药品同一剂量的细项"),
    ("emr_inf_report", ("patient_id", "disease_code", "onset_date"), "同一患者同一疾病同一发病日期的报告卡"),
)
"""(dataset, fields, what occurs twice)."""

BELONGINGS: Final = (
    ("diagnosis", "visit_no", "visit", "visit_no", "诊断所属的就诊记录"),
    ("charge", "visit_no", "visit", "visit_no", "收费所属的就诊记录"),
    ("charge_item", "charge_no", "charge", "charge_no", "明细所属的收费记录"),
    ("charge_item", "visit_no", "visit", "visit_no", "收费明细所属的就诊记录"),
    ("operation", "visit_no", "visit", "visit_no", "手术所属的就诊记录"),
    ("observation", "visit_no", "visit", "visit_no", "测量所属的就诊记录"),
    ("document", "visit_no", "visit", "visit_no", "文档所属的就诊记录"),
    ("charge", "original_no", "charge", "charge_no", "退费所指的原收费记录"),
    ("document", "replaces", "document", "document_no", "所替换的原文档"),
    ("emr_first_course", "serial_number", "emr_admission_info", "serial_number", "首次病程所属的入院记录"),
    ("emr_daily_course", "serial_number", "emr_admission_info", "serial_number", "日常病程所属的入院记录"),
    ("emr_discharge_info", "serial_number", "emr_admission_info", "serial_number", "出院记录对应的入院记录"),
    ("emr_admission_record", "serial_number", "emr_discharge_info", "serial_number", "病案首页对应的出院记录"),
    ("emr_inf_report", "serial_number", "emr_activity_info", "serial_number", "报告卡对应的诊疗活动"),
)
"""(dataset, field, other dataset, its field, what should exist)."""

CHILDREN: Final = (
    ("emr_order", "id", "emr_order_item", "order_id", "处方应有至少一条细项"),
    ("emr_ex_lab", "id", "emr_ex_lab_item", "ex_lab_id", "检验报告应有至少一条结果"),
    ("emr_ex_clinical", "id", "emr_ex_clinical_item", "ex_clinical_id", "检查报告应有至少一条细项"),
    ("charge", "charge_no", "charge_item", "charge_no", "收费记录应有至少一条明细"),
    ("visit", "visit_no", "diagnosis", "visit_no", "就诊应有至少一条诊断记录"),
    ("visit", "visit_no", "charge", "visit_no", "就诊应有收费记录"),
    ("emr_admission_info", "serial_number", "emr_first_course", "serial_number", "入院应有首次病程记录"),
    ("emr_discharge_info", "serial_number", "emr_admission_record", "serial_number", "出院应有病案首页"),
)


def rules() -> Iterator[Rule]:
    """All of them."""
    for definition in catalogue().values():
        if definition.patient is not None:
            yield from _person(definition, definition.patient)
            yield from _registered(definition, definition.patient)
    yield from (_duplicate(*each) for each in DUPLICATES)
    yield from (_belonging(*each) for each in BELONGINGS)
    yield from (_child(*each) for each in CHILDREN)


def _person(definition: Dataset, who: PatientReference) -> Iterator[Rule]:
    resident = f"{who.id_type} = '01' and {who.id_number} is not null"
    yield Rule(
        f"{definition.name}.id_number.checksum", definition.name, "居民身份证号应为 18 位且校验码、出生日期正确",
        Dimension.CORRECTNESS, f"not valid_id_number({who.id_number})", _BY_ID, applies=resident,
        severity=Severity.SEVERE, weight=Decimal(3), shown=(who.id_number,),
    )  # fmt: skip
    yield Rule(
        f"{definition.name}.patient_name.real", definition.name, "患者姓名应为真实姓名，不应为测试、无名氏或数字",
        Dimension.CORRECTNESS, f"matches({who.name}, '.*(测试|ceshi|test|TEST|无名氏|不详|未知).*') or matches({who.name}, '[0-9]+|.')",
        "删除测试数据；确属无名患者的按规定填写后补报。", applies=f"{who.name} is not null", shown=(who.name,),
    )  # fmt: skip
    if who.gender and who.birth_date:
        yield from _against_id_number(definition, who)
        yield from _birth(definition, who)
    if who.phone:
        yield Rule(
            f"{definition.name}.{who.phone}.dummy", definition.name, "电话号码不应为占位号码", Dimension.CORRECTNESS,
            f"matches({who.phone}, '(0+|1+|12345678(9|90|900)?|13800138000|13000000000|18888888888|99999+)')",
            "填写真实联系电话；确无电话的留空。", applies=f"{who.phone} is not null", shown=(who.phone,),
        )  # fmt: skip


def _against_id_number(definition: Dataset, who: PatientReference) -> Iterator[Rule]:
    number = who.id_number
    resident = f"{who.id_type} = '01' and valid_id_number({number})"
    odd = _ODD.format(number)
    yield Rule(
        f"{definition.name}.birth_date.id_number", definition.name, "出生日期应与身份证号一致", Dimension.LOGIC,
        f"year({who.birth_date}) * 100 + month({who.birth_date}) != number(substring({number}, 7, 6))", _BY_ID,
        applies=resident, weight=Decimal(2), shown=(number, who.birth_date),
    )  # fmt: skip
    yield Rule(
        f"{definition.name}.gender.id_number", definition.name, "性别应与身份证号一致", Dimension.LOGIC,
        f"({odd} and {who.gender} = '2') or (not {odd} and {who.gender} = '1')", _BY_ID,
        applies=f"{resident} and {who.gender} in ('1', '2')", weight=Decimal(2), shown=(number, who.gender),
    )  # fmt: skip


def _birth(definition: Dataset, who: PatientReference) -> Iterator[Rule]:
    moment = "event_time" if definition.time else "received_at"
    yield Rule(
        f"{definition.name}.birth_date.before_event", definition.name, "出生日期不应晚于业务发生日期", Dimension.LOGIC,
        f"{who.birth_date} > day_of({moment})", "核对出生日期与业务日期后重新上传。",
        severity=Severity.SEVERE, weight=Decimal(2), shown=(who.birth_date,),
    )  # fmt: skip
    yield Rule(
        f"{definition.name}.birth_date.age", definition.name, "年龄不应超过 120 岁", Dimension.CORRECTNESS,
        f"years_between({who.birth_date}, {moment}) > 120", "核对出生日期（常见为系统默认值 1900-01-01）。",
        shown=(who.birth_date,),
    )  # fmt: skip


def _registered(definition: Dataset, who: PatientReference) -> Iterator[Rule]:
    """Front-end datasets name a patient that the register of patients must hold."""
    if who.register or not definition.name.startswith("emr_"):
        return
    partner = Partner("emr_patient_info", ((who.local_id, "id"),))
    yield Rule(
        f"{definition.name}.{who.local_id}.registered", definition.name, "患者应已在患者基本信息中上传", Dimension.LOGIC,
        "not other.found", "先上传该患者的基本信息，或更正患者编号。", partner=partner,
        severity=Severity.SEVERE, weight=Decimal(2), shown=(who.local_id,),
    )  # fmt: skip
    yield Rule(
        f"{definition.name}.id_number.same", definition.name, "身份证件号应与患者基本信息一致", Dimension.LOGIC,
        f"{who.id_number} != other.id_card", "核对患者身份后更正不一致的一处。", partner=partner, weight=Decimal(2),
        applies=f"{who.id_type} = other.id_card_type_code", shown=(who.local_id, who.id_number),
    )  # fmt: skip
    yield Rule(
        f"{definition.name}.patient_name.same", definition.name, "患者姓名应与患者基本信息一致", Dimension.LOGIC,
        f"{who.name} != other.patient_name", "核对患者身份后更正不一致的一处。", partner=partner,
        shown=(who.local_id, who.name),
    )  # fmt: skip


def _duplicate(name: str, fields: tuple[str, ...], what: str) -> Rule:
    return Rule(
        f"{name}.duplicate", name, f"{what}不应重复上传", Dimension.LOGIC, "other.repeated",
        "核对是否同一业务以不同流水号重复上传，作废多余的记录。",
        partner=Partner(name, tuple((field, field) for field in fields), (("times", "count()"),)),
        severity=Severity.SEVERE, weight=Decimal(2), shown=fields,
        applies=" and ".join(f"{field} is not null" for field in fields),
    )  # fmt: skip


def _belonging(name: str, field: str, other: str, key: str, what: str) -> Rule:
    return Rule(
        f"{name}.{field}.exists", name, f"{what}应已上传", Dimension.LOGIC, "not other.found",
        f"补传{catalogue()[other].label}，或更正“{catalogue()[name].by_name[field].label}”。",
        applies=f"{field} is not null", partner=Partner(other, ((field, key),)), weight=Decimal(2), shown=(field,),
    )  # fmt: skip


def _child(name: str, key: str, other: str, field: str, label: str) -> Rule:
    return Rule(
        f"{name}.has_{other}", name, label, Dimension.COMPLETENESS, "not other.found", f"补传{catalogue()[other].label}。",
        applies=f"{key} is not null", partner=Partner(other, ((key, field),), (("times", "count()"),)),
        weight=Decimal(2), shown=(key,),
    )  # fmt: skip
