"""Groups of fields that many front-end datasets share, named as the front-end software names them."""

from __future__ import annotations

from typing import TypeAlias

from health_platform.datasets.fields import Code, Field, Flag, Instant, Sensitivity, Text
from health_platform.datasets.model import PatientReference

Fields: TypeAlias = tuple[Field, ...]


def row_id(label: str = "ID") -> Text:
    """The row's key in the hospital's system."""
    return Text("id", label, max_length=80, required=True)


def narrative(name: str, label: str) -> Text:
    """Free text written by a clinician."""
    return Text(name, label, sensitivity=Sensitivity.NARRATIVE)


def diagnosis(stem: str, label: str, *, value_set: str = "icd10", length: int = 400) -> Fields:
    """A diagnosis as a code (or several) and its name."""
    many = length >= 250
    return (
        Code(f"{stem}_code", f"{label}代码", value_set=value_set, max_length=length, display=f"{stem}_name", many=many),
        Text(f"{stem}_name", f"{label}名称", max_length=length),
    )


def coded(stem: str, label: str, value_set: str, *, length: int = 2, name_length: int = 20) -> Fields:
    """A coded value with the field that repeats its name."""
    return (
        Code(f"{stem}_code", f"{label}代码", value_set=value_set, max_length=length, display=f"{stem}_name"),
        Text(f"{stem}_name", f"{label}名称", max_length=name_length),
    )


def patient(visit_label: str = "就诊流水号") -> Fields:
    """Whose row it is, and in which visit."""
    return (
        Text("patient_id", "患者基本信息ID", max_length=80, required=True),
        Text("serial_number", visit_label, max_length=100, expected=True),
        *person(),
    )


def person() -> Fields:
    """Name and identity document of the patient."""
    return (
        Text(
            "patient_name",
            "患者姓名",
            max_length=100,
            expected=True,
            sensitivity=Sensitivity.NAME,
            element="DE02.01.039.00",
        ),
        Code(
            "id_card_type_code",
            "身份证件类别代码",
            value_set="id_type",
            max_length=2,
            display="id_card_type_name",
            expected=True,
            element="DE02.01.031.00",
        ),
        Text("id_card_type_name", "身份证件类别名称", max_length=20),
        Text(
            "id_card",
            "身份证件号",
            max_length=50,
            expected=True,
            sensitivity=Sensitivity.ID_NUMBER,
            element="DE02.01.030.00",
        ),
    )


def ward() -> Fields:
    """Where an inpatient lies."""
    return (
        Text("ward_name", "病区名称", max_length=50),
        Text("ward_no", "病房号", max_length=10, element="DE01.00.019.00"),
        Text("bed_no", "病床号", max_length=10, element="DE01.00.026.00"),
    )


def organisation(prefix: str = "", label: str = "医疗机构", *, name_length: int = 100) -> Fields:
    """An institution, by the 9-character code of disease control or a code the institution registry resolves."""
    return (
        Code(
            f"{prefix}org_code",
            f"{label}代码",
            value_set="institution",
            max_length=22,
            display=f"{prefix}org_name",
            expected=not prefix,
        ),
        Text(f"{prefix}org_name", f"{label}名称", max_length=name_length),
    )


def department(prefix: str = "", label: str = "科室", *, length: int = 40, name_length: int = 100) -> Fields:
    """A department of the institution."""
    return (
        Code(
            f"{prefix}dept_code",
            f"{label}代码",
            value_set="department",
            max_length=length,
            display=f"{prefix}dept_name",
            expected=not prefix,
        ),
        Text(f"{prefix}dept_name", f"{label}名称", max_length=name_length),
    )


def activity_type() -> Fields:
    """Kind of the visit the row belongs to."""
    return coded("activity_type", "就诊记录类型", "activity_type")


def bookkeeping(*, data_status: bool = True) -> Fields:
    """Who entered the row in the hospital's system and when, and whether it was withdrawn."""
    state = (Text("data_status", "数据状态(0 未传输 1 已传输)", max_length=4),) if data_status else ()
    return (
        Text("operator_id", "操作人ID", max_length=40),
        Instant("operation_time", "操作时间", expected=True),
        Flag("invalid_flag", "作废标志(1 作废 0 有效)"),
        *state,
        Instant("create_date", "入库日期"),
    )


FRONT_PATIENT = PatientReference(name="patient_name", id_type="id_card_type_code", id_number="id_card")
"""How every front-end dataset but the register repeats its patient."""
