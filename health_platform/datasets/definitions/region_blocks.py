"""Groups of fields that the regional datasets share. They follow the data elements of WS/T 363 where one exists."""

from __future__ import annotations

from health_platform.datasets.definitions.blocks import Fields
from health_platform.datasets.fields import Code, Day, Flag, Instant, Sensitivity, Text
from health_platform.datasets.model import PatientReference


def key(name: str, label: str, *, max_length: int = 80) -> Text:
    """The number by which the sending system knows the row."""
    return Text(name, label, max_length=max_length, required=True)


def person() -> Fields:
    """Whose row it is: the local number, and what the patient index needs to recognise the person."""
    return (
        Text("patient_id", "患者在本机构的唯一标识", max_length=80, required=True),
        Text(
            "patient_name",
            "患者姓名",
            max_length=100,
            expected=True,
            sensitivity=Sensitivity.NAME,
            element="DE02.01.039.00",
        ),
        Code("id_type", "身份证件类别代码", value_set="id_type", max_length=2, expected=True, element="DE02.01.031.00"),
        Text(
            "id_number",
            "身份证件号码",
            max_length=50,
            expected=True,
            sensitivity=Sensitivity.ID_NUMBER,
            element="DE02.01.030.00",
        ),
        Code("gender", "性别代码", value_set="gender", max_length=2, expected=True, element="DE02.01.040.00"),
        Day("birth_date", "出生日期", expected=True, element="DE02.01.005.01"),
        Text("phone", "电话号码", max_length=70, sensitivity=Sensitivity.PHONE, format="phone", element="DE02.01.010.00"),
    )


PERSON = PatientReference(
    name="patient_name",
    id_type="id_type",
    id_number="id_number",
    gender="gender",
    birth_date="birth_date",
    phone="phone",
)
"""How the regional datasets name their patient."""


def visit() -> Fields:
    """The visit a row belongs to."""
    return (
        Text("visit_no", "就诊流水号", max_length=100, expected=True),
        Code("visit_kind", "就诊类别代码", value_set="visit_kind", max_length=2),
    )


def place() -> Fields:
    """Institution, department and the member of staff responsible."""
    return (
        Code("org_code", "医疗机构代码", value_set="institution", max_length=22, display="org_name", expected=True),
        Text("org_name", "医疗机构名称", max_length=100),
        Code("dept_code", "科室代码", value_set="department", max_length=40, display="dept_name"),
        Text("dept_name", "科室名称", max_length=100, element="DE08.10.026.00"),
        Text("staff_id", "责任医务人员ID", max_length=50),
        Text("staff_name", "责任医务人员姓名", max_length=50),
    )


def coded(name: str, label: str, value_set: str, *, length: int = 20, expected: bool = False, element: str = "") -> Fields:
    """A code ``name`` and the text ``name_text`` as the sender shows it."""
    return (
        Code(
            name,
            f"{label}代码",
            value_set=value_set,
            max_length=length,
            display=f"{name}_text",
            expected=expected,
            element=element,
        ),
        Text(f"{name}_text", label, max_length=200),
    )


def tail() -> Fields:
    """When the row last changed at the sender, and whether it was withdrawn."""
    return (Instant("changed_at", "业务系统修改时间"), Flag("void", "作废标志(1 作废 0 有效)"))
