"""How each dataset appears in the record: its section, and which of its fields fill the columns of the event index.

A column is filled from the first of its fields that is not empty. Datasets without an entry do not appear as events
(registers of patients and staff); a dataset may appear in several sections.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from health_platform.records.values import Section

Names = tuple[str, ...]

FRONT_VISIT: Final = "serial_number"
REGION_VISIT: Final = "visit_no"


@dataclass(frozen=True)
class Source:
    """One dataset in one section. ``kind_label`` is the kind when no field gives one; ``requires`` a field that must be
    filled for a row to count (a visit without diagnosis is no problem). ``certainty`` says how sure the source is, in an entry
    of the history of which relative it speaks.

    With ``under`` two fields are one value, written 148/86: the first complete pair of a field of ``value`` and its
    counterpart there counts, and a row without one does not. Without ``title`` the kind is the title; ``unit_label`` is the unit
    of fields that have no other."""

    dataset: str
    section: Section
    title: Names
    code: Names = ()
    kind: Names = ()
    kind_label: str = ""
    value: Names = ()
    under: Names = ()
    unit: Names = ()
    unit_label: str = ""
    low: Names = ()
    high: Names = ()
    flag: Names = ()
    visit: Names = ()
    doctor: Names = ()
    note: Names = ()
    parent: Names = ()
    ended: Names = ()
    certainty: Names = ()
    requires: str = ""


def _front(dataset: str, section: Section, title: Names, kind_label: str, **fields: Names | str) -> Source:
    return Source(dataset, section, title, kind_label=kind_label, visit=(FRONT_VISIT,), **fields)  # type: ignore[arg-type]


def _region(dataset: str, section: Section, title: Names, kind_label: str, **fields: Names | str) -> Source:
    base: dict[str, Names | str] = {"visit": (REGION_VISIT,), "doctor": ("staff_name",)}
    return Source(dataset, section, title, kind_label=kind_label, **{**base, **fields})  # type: ignore[arg-type]


SOURCES: Final = (
    # Visits
    _front("emr_activity_info", Section.VISIT, ("wm_disease_name", "disease_name", "tcm_disease_name", "chief_complaint"),
           "就诊", code=("wm_disease_code", "disease_code"), kind=("activity_type_name", "activity_type_code"),
           doctor=("fill_doctor",), note=("chief_complaint",)),
    _front("emr_outpatient_record", Section.VISIT, ("wm_diagnosis_name", "chief_complaint"), "门诊",
           code=("wm_diagnosis_code",), note=("chief_complaint",)),
    _front("emr_outpatient_obs", Section.VISIT, ("wm_diagnosis_name", "chief_complaint"), "急诊留观",
           code=("wm_diagnosis_code",), note=("chief_complaint",)),
    _front("emr_admission_info", Section.VISIT, ("wm_confirmed_diagnosis_name", "wm_inital_diagnosis_name"), "入院",
           code=("wm_confirmed_diagnosis_code", "wm_inital_diagnosis_code")),
    _front("emr_discharge_info", Section.VISIT, ("discharge_diagnosis_name", "admission_diagnosis_name"), "出院",
           code=("discharge_diagnosis_code", "admission_diagnosis_code")),
    _front("emr_admission_record", Section.VISIT, ("discharge_diagnosis_name",), "住院",
           code=("discharge_diagnosis_code",), ended=("discharge_date",)),
    _front("emr_death_info", Section.VISIT, ("direct_cause_name", "death_diagnosis_name"), "死亡",
           code=("direct_cause_code", "death_diagnosis_code")),
    _region("visit", Section.VISIT, ("diagnosis_text", "tcm_diagnosis_text", "chief_complaint"), "就诊",
            code=("diagnosis",), kind=("visit_kind",), note=("chief_complaint",), ended=("ended_at",)),
    # Problems
    _front("emr_activity_info", Section.PROBLEM, ("wm_disease_name", "disease_name"), "门诊诊断",
           code=("wm_disease_code", "disease_code"), doctor=("fill_doctor",), requires="wm_disease_name"),
    _front("emr_admission_record", Section.PROBLEM, ("discharge_diagnosis_name",), "出院诊断",
           code=("discharge_diagnosis_code",), requires="discharge_diagnosis_name"),
    _front("emr_inf_report", Section.PROBLEM, ("disease_name",), "传染病报告",
           code=("disease_code",), certainty=("diagnose_state_name", "diagnose_state_code"), requires="disease_name"),
    _region("diagnosis", Section.PROBLEM, ("diagnosis_text",), "诊断", code=("diagnosis",), kind=("diagnosis_kind_text",),
            value=("chronic",), flag=("outcome",), note=("clinical_status",), ended=("resolved_at",), certainty=("certainty",)),
    _region("history_item", Section.PROBLEM, ("problem_text", "description"), "病史", code=("problem",),
            kind=("history_kind_text", "history_kind"), value=("active",), note=("description",), ended=("ended_on",), visit=(),
            certainty=("relation",),
            requires="problem_text"),
    # Allergies
    _region("allergy", Section.ALLERGY, ("allergen_text", "note"), "过敏", code=("allergen", "drug_code"),
            kind=("allergen_kind_text",), value=("none_known",), flag=("severity",), note=("reaction",),
            ended=("ended_on",), visit=(), certainty=("certainty",)),
    # Laboratory
    Source("emr_ex_lab_item", Section.LAB, ("item_name", "source_examination_result_name"), ("item_code",),
           value=("examination_quantification", "examination_result_name"), unit=("examination_quantification_unit",),
           low=("examination_quantification_lower",), high=("examination_quantification_upper",),
           flag=("examination_quantification_ri",), note=("examination_result_name",), parent=("ex_lab_id",)),
    _front("emr_ex_lab", Section.LAB_REPORT, ("specimen_category_name", "examination_report_no"), "检验报告",
           code=("specimen_category_code",), note=("examination_subjective_desc",)),
    _region("nucleic_acid", Section.LAB, ("sampling_kind_text",), "核酸检测", code=("sampling_kind",),
            value=("result_text", "result"), visit=()),
    # Examinations
    _front("emr_ex_clinical", Section.EXAM, ("examination_type_name", "examination_report_no"), "检查",
           code=("examination_type_code",), kind=("examination_type_name",),
           note=("examination_subjective_desc", "examination_objective_desc")),
    # Medicines
    Source("emr_order_item", Section.DRUG, ("drug_name", "tcm_prescription"), ("drug_code",),
           value=("drug_dosage_code",), unit=("drug_dosage_unit_name",), note=("drug_specifications",),
           low=("drug_dosage_total",), parent=("order_id",)),
    # Operations and measurements
    _region("operation", Section.OPERATION, ("operation_text",), "手术", code=("operation",),
            kind=("operation_level_text",), doctor=("surgeon_name", "staff_name"),
            note=("postoperative_diagnosis_text",), ended=("ended_at",)),
    _region("observation", Section.OBSERVATION, ("item_text", "item"), "体征", code=("item",),
            value=("value", "value_text"), unit=("unit",), low=("range_low",), high=("range_high",),
            flag=("range_flag",), parent=("group_no",)),
    _region("service_record", Section.OBSERVATION, (), "血压", value=("systolic",), under=("diastolic",), unit_label="mmHg",
            note=("programme_text",), visit=()),
    _region("health_exam", Section.OBSERVATION, (), "血压", value=("systolic_left", "systolic_right"),
            under=("diastolic_left", "diastolic_right"), unit_label="mmHg", visit=()),
    # Public health
    _region("vaccination", Section.VACCINATION, ("vaccine_text",), "预防接种", code=("vaccine",), value=("dose",),
            note=("manufacturer",), visit=()),
    _region("health_exam", Section.SERVICE, ("assessment", "problems"), "健康体检", kind=(), value=("abnormal",),
            note=("guidance",), visit=()),
    _region("service_record", Section.SERVICE, ("programme_text",), "公共卫生服务", code=("programme",),
            kind=("mode_text",), value=("result_text",), note=("guidance",), visit=()),
    _region("blood_donation", Section.SERVICE, ("donation_kind_text",), "献血", code=("donation_kind",),
            value=("volume",), note=("result_text",), visit=()),
    # Documents and charges
    _region("document", Section.DOCUMENT, ("title", "document_type_text"), "文档", code=("document_type",),
            kind=("document_type_text",), note=("media_type",), parent=("report_id",)),
    _region("charge", Section.CHARGE, ("invoice_no",), "收费", code=("state",), value=("total",)),
)  # fmt: skip
