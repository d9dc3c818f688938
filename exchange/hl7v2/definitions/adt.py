"""ADT: the patient register, visits, and what is said along with them (diagnoses, allergies, procedures, measurements)."""

from typing import Final

from exchange.hl7v2.definitions.codes import (
    ADMISSION_ROUTE,
    ALLERGEN_KIND,
    DIAGNOSIS_KIND,
    DISCHARGE_MODE,
    RANGE_FLAG,
    SEVERITY,
    VISIT_KIND,
)
from exchange.hl7v2.definitions.persons import LOCAL_ID, REGION_PERSON, REGISTER
from exchange.hl7v2.mapping import AnyColumn, MessageKind, RowMap, compose, fixed, lines, take
from exchange.hl7v2.message import NULL
from exchange.hl7v2.path import path
from exchange.hl7v2.readers import constant_if_present, day, moment
from exchange.hl7v2.results import Finding, Quantity, ResultCode

_VISIT_NO: Final = ("PV1-19.1", "PV1-50.1", "PID-18.1")
_EVENT_TIME: Final = ("EVN-6.1", "EVN-2.1", "MSH-7.1")

_PLACE: Final[tuple[AnyColumn, ...]] = (
    take("dept_code", "PV1-10.1"),
    take("dept_name", "PV1-10.2"),
    take("staff_id", "PV1-7.1"),
    compose("staff_name", "PV1-7.2", "PV1-7.3"),
)
_CHANGED: Final = take("changed_at", *_EVENT_TIME, read=moment)

REGISTER_ROW: Final = RowMap(
    "emr_patient_info", "PID", 1, (*REGISTER, take("operation_time", *_EVENT_TIME, read=moment), fixed("invalid_flag", "0"))
)
DELETED_REGISTER_ROW: Final = RowMap(
    "emr_patient_info", "PID", 1, (*REGISTER, take("operation_time", *_EVENT_TIME, read=moment), fixed("invalid_flag", "1"))
)

_VISIT: Final[tuple[AnyColumn, ...]] = (
    take("visit_no", *_VISIT_NO),
    *REGION_PERSON,
    take("visit_kind", "PV1-2", read=VISIT_KIND),
    take("started_at", "PV1-44.1", *_EVENT_TIME, read=moment),
    take("emergency", "PV1-2[1=E].1", read=constant_if_present("1")),
    compose("chief_complaint", "PV2-3.2"),
    take("diagnosis", "DG1-3.1"),
    take("diagnosis_text", "DG1-3.2", "DG1-4"),
    take("admission_route", "PV1-14", read=ADMISSION_ROUTE),
    take("inpatient_no", "PV1-19.1"),
    take("ward_name", "PV1-3.1"),
    take("bed_no", "PV1-3.3"),
    *_PLACE,
    _CHANGED,
)
_UNTIL: Final[tuple[AnyColumn, ...]] = (
    take("ended_at", "PV1-45.1", read=moment),
    take("discharge_mode", "PV1-36.1", read=DISCHARGE_MODE),
)
_WITH_VISIT: Final = (path("PV1-2"), frozenset({"", '""'}))
VISIT_ROW: Final = RowMap("visit", "PV1", 1, (*_VISIT, *_UNTIL, fixed("void", "0")), unless=_WITH_VISIT)
CLOSED_VISIT_ROW: Final = RowMap(
    "visit", "PV1", 1, (*_VISIT, take("ended_at", "PV1-45.1", *_EVENT_TIME, read=moment), *_UNTIL, fixed("void", "0"))
)
REOPENED_VISIT_ROW: Final = RowMap("visit", "PV1", 1, (*_VISIT, fixed("void", "0")))
CANCELLED_VISIT_ROW: Final = RowMap("visit", "PV1", 1, (*_VISIT, fixed("void", "1")))

DIAGNOSIS_ROW: Final = RowMap(
    "diagnosis",
    "DG1",
    1,
    (
        compose("diagnosis_no", "DG1-20.1", separator="", whole=True),
        compose("diagnosis_no", [*_VISIT_NO, *LOCAL_ID], "DG1-6.1", ["DG1-3.1", "DG1-4"], separator="."),
        *REGION_PERSON,
        take("visit_no", *_VISIT_NO),
        take("visit_kind", "PV1-2", read=VISIT_KIND),
        take("diagnosis_kind", "DG1-6.1", read=DIAGNOSIS_KIND),
        take("diagnosis", "DG1-3.1"),
        take("diagnosis_text", "DG1-3.2", "DG1-4"),
        take("position", "DG1-1"),
        take("diagnosed_at", "DG1-5.1", "DG1-19.1", *_EVENT_TIME, read=moment),
        *_PLACE,
        _CHANGED,
        take("void", "DG1-21[1=D].1", read=constant_if_present("1")),
    ),
    numbered="diagnosis_no",
)
ALLERGY_ROW: Final = RowMap(
    "allergy",
    "AL1",
    1,
    (
        compose("allergy_no", [*LOCAL_ID], ["AL1-3.1", "AL1-3.2"], separator="."),
        *REGION_PERSON,
        take("allergen_kind", "AL1-2.1", read=ALLERGEN_KIND),
        take("allergen", "AL1-3.1"),
        take("allergen_text", "AL1-3.2"),
        take("severity", "AL1-4.1", read=SEVERITY),
        lines("reaction", "AL1-5"),
        take("onset_on", "AL1-6.1", read=day),
        take("recorded_on", *_EVENT_TIME, read=day),
        _CHANGED,
    ),
    unless=(path("AL1-3.1"), frozenset({NULL})),
    numbered="allergy_no",
)
ADVERSE_REACTION_ROW: Final = RowMap(
    "allergy",
    "IAM",
    1,
    (
        take("allergy_no", "IAM-7.1"),
        compose("allergy_no", [*LOCAL_ID], ["IAM-3.1", "IAM-3.2"], separator="."),
        *REGION_PERSON,
        take("allergen_kind", "IAM-2.1", read=ALLERGEN_KIND),
        take("allergen", "IAM-3.1"),
        take("allergen_text", "IAM-3.2"),
        take("severity", "IAM-4.1", read=SEVERITY),
        lines("reaction", "IAM-5"),
        take("onset_on", "IAM-11.1", read=day),
        take("recorded_on", "IAM-13.1", *_EVENT_TIME, read=day),
        take("void", "IAM-6[1=D].1", read=constant_if_present("1")),
        _CHANGED,
    ),
    numbered="allergy_no",
)
OPERATION_ROW: Final = RowMap(
    "operation",
    "PR1",
    1,
    (
        take("operation_no", "PR1-19.1"),
        compose("operation_no", [*_VISIT_NO, *LOCAL_ID], "PR1-3.1", "PR1-5.1", separator="."),
        *REGION_PERSON,
        take("visit_no", *_VISIT_NO),
        take("operation", "PR1-3.1"),
        take("operation_text", "PR1-3.2", "PR1-4"),
        take("position", "PR1-1"),
        take("started_at", "PR1-5.1", *_EVENT_TIME, read=moment),
        take("surgeon_id", "PR1-11.1", "PR1-12.1"),
        compose("surgeon_name", ["PR1-11.2", "PR1-12.2"], ["PR1-11.3", "PR1-12.3"]),
        _CHANGED,
    ),
    numbered="operation_no",
)
OBSERVATION_ROW: Final = RowMap(
    "observation",
    "OBX",
    1,
    (
        compose("observation_no", [*_VISIT_NO, "MSH-10"], "OBX-3.1", ["OBX-14.1", *_EVENT_TIME], separator="."),
        *REGION_PERSON,
        take("visit_no", *_VISIT_NO),
        take("item", "OBX-3.1"),
        take("item_text", "OBX-3.2"),
        take("observed_at", "OBX-14.1", *_EVENT_TIME, read=moment),
        Finding("value_text"),
        Quantity("value_text"),
        ResultCode("value_code"),
        take("unit", "OBX-6.1"),
        take("range_flag", "OBX-8.1", read=RANGE_FLAG),
        _CHANGED,
    ),
    numbered="observation_no",
)

_DETAILS: Final = (DIAGNOSIS_ROW, ALLERGY_ROW, ADVERSE_REACTION_ROW, OPERATION_ROW, OBSERVATION_ROW)
_PERSON: Final = ("PID-3.1",)
_VISITED: Final = ("PID-3.1", "PV1-2")

KINDS: Final = (
    MessageKind(
        ("ADT^A01", "ADT^A02", "ADT^A04", "ADT^A06", "ADT^A07", "ADT^A09", "ADT^A10", "ADT^A12", "ADT^A32", "ADT^A33"),
        "入院、转科和门诊登记", _PERSON, rows=(REGISTER_ROW, VISIT_ROW, *_DETAILS),
    ),
    # Chapter 3: AL1 is updated in snapshot mode, IAM by action code. Admissions and the like only add: what an update states
    # of a patient is all there is, what is told along with an admission need not be.
    MessageKind(
        ("ADT^A08",), "就诊与患者信息更新", _PERSON, rows=(REGISTER_ROW, VISIT_ROW, *_DETAILS), whole=ALLERGY_ROW,
    ),
    MessageKind(
        ("ADT^A31",), "人员信息更新", _PERSON, rows=(REGISTER_ROW, ALLERGY_ROW, ADVERSE_REACTION_ROW), whole=ALLERGY_ROW,
    ),
    MessageKind(("ADT^A03",), "出院", _VISITED, rows=(REGISTER_ROW, CLOSED_VISIT_ROW, *_DETAILS)),
    MessageKind(("ADT^A13",), "取消出院", _VISITED, rows=(REGISTER_ROW, REOPENED_VISIT_ROW, *_DETAILS)),
    MessageKind(("ADT^A11",), "取消入院或就诊", _VISITED, rows=(CANCELLED_VISIT_ROW,)),
    MessageKind(
        ("ADT^A05", "ADT^A14", "ADT^A15", "ADT^A16", "ADT^A25", "ADT^A26", "ADT^A27", "ADT^A28", "ADT^A38"),
        "人员登记、预入院", _PERSON, rows=(REGISTER_ROW, ALLERGY_ROW, ADVERSE_REACTION_ROW),
    ),
    MessageKind(("ADT^A29",), "删除人员", _PERSON, rows=(DELETED_REGISTER_ROW,)),
    MessageKind(("ADT^A60",), "过敏信息更新", ("PID-3.1", "IAM-3"), rows=(ADVERSE_REACTION_ROW,)),
    MessageKind(
        ("ADT^A18", "ADT^A34", "ADT^A36", "ADT^A39", "ADT^A40", "ADT^A46", "ADT^A47"),
        "合并患者或更换患者标识", ("PID-3.1", "MRG-1.1"), rows=(REGISTER_ROW,), identity="merge",
    ),
    MessageKind(
        ("ADT^A35", "ADT^A41", "ADT^A42", "ADT^A43", "ADT^A44", "ADT^A45", "ADT^A49", "ADT^A50", "ADT^A51"), "移动账户或就诊",
        refusal="moving accounts and visits between patients is not taken; withdraw the visit (A11) and send it again",
    ),
)  # fmt: skip
