"""Results: laboratory and examination reports, one report per OBR and one item per OBX."""

from typing import Final

from exchange.hl7v2.definitions.codes import ACTIVITY_TYPE, RANGE_FLAG
from exchange.hl7v2.definitions.persons import FRONT_PERSON
from exchange.hl7v2.mapping import AnyColumn, Composed, MessageKind, RowMap, compose, fixed, lines, take
from exchange.hl7v2.path import path
from exchange.hl7v2.readers import constant_if_present, moment
from exchange.hl7v2.results import Finding, Quantity, ResultCode, lower_limit, upper_limit

_ORDER_NO: Final = ("OBR-3.1", "ORC-3.1", "OBR-2.1", "ORC-2.1", "MSH-10")
_IMAGING: Final = (
    path("OBR-24"),
    frozenset({"RAD", "RX", "CT", "CTH", "MRI", "NMR", "NMS", "XRC", "US", "CUS", "VUS", "OUS", "EC", "EN", "EEG", "PHY", "RUS"}),
)


def report_key(field: str) -> Composed:
    """One report may hold several ordered panels under one filler number, so the panel's code is part of its key."""
    return compose(field, _ORDER_NO, ["OBR-4.1", "OBR-4.4", "OBR-4.2"], separator=".")


_REPORT: Final[tuple[AnyColumn, ...]] = (
    report_key("id"),
    *FRONT_PERSON,
    take("serial_number", "PV1-19.1", "PID-18.1"),
    take("activity_type_code", "PV1-2", read=ACTIVITY_TYPE),
    take("ward_name", "PV1-3.1"),
    take("bed_no", "PV1-3.3"),
    take("application_form_no", "OBR-2.1", "ORC-2.1"),
    take("apply_org_name", "ORC-21.1"),
    take("apply_dept_name", "ORC-17.2"),
    take("examination_report_no", *_ORDER_NO),
    take("examination_report_date", "OBR-22.1", "OBR-14.1", "OBR-7.1", "MSH-7.1", read=moment),
    take("examination_report_id", "OBR-32.1.1", "OBR-32.1"),
    lines("examination_notes", "NTE-3"),
    take("operation_time", "OBR-22.1", "MSH-7.1", read=moment),
    take("invalid_flag", "OBR-25[1=X].1", read=constant_if_present("1")),
    take("panel_code", "OBR-4.1"),
    take("panel_name", "OBR-4.2", "OBR-4.5"),
    take("result_status", "OBR-25"),
)
LAB_REPORT: Final = RowMap(
    "emr_ex_lab",
    "OBR",
    2,
    (
        *_REPORT,
        take("apply_physician_id", "OBR-16.1", "ORC-12.1"),
        take("specimen_no", "SPM-2.2.1", "SPM-2.1.1", "SPM-3.1"),
        take("specimen_sampling_date", "OBR-7.1", "SPM-17.1", read=moment),
        take("specimen_receiving_date", "OBR-14.1", "SPM-18.1", read=moment),
        take("specimen_category_code", "SPM-4.1", "OBR-15.1.1"),
        take("specimen_category_name", "SPM-4.2", "OBR-15.1.2"),
        take("examination_date", "OBX-14.1", "OBR-7.1", read=moment),
        take("examination_physician_id", "OBR-34.1.1"),
    ),
    unless=_IMAGING,
)
LAB_ITEM: Final = RowMap(
    "emr_ex_lab_item",
    "OBX",
    2,
    (
        compose("id", _ORDER_NO, ["OBR-4.1", "OBR-4.4", "OBR-4.2"], ["OBX-3.1", "OBX-3.4", "OBX-3.2"], ["OBX-4"], separator="."),
        report_key("ex_lab_id"),
        take("item_code", "OBX-3.1", "OBX-3.4"),
        take("item_name", "OBX-3.2", "OBX-3.5", "OBX-3.1"),
        ResultCode("source_examination_result_code"),
        Finding("source_examination_result_name"),
        Quantity("examination_quantification"),
        take("examination_quantification_lower", "OBX-7", read=lower_limit),
        take("examination_quantification_upper", "OBX-7", read=upper_limit),
        take("examination_quantification_unit", "OBX-6.1"),
        take("reference_range", "OBX-7"),
        take("examination_quantification_ri", "OBX-8.1", read=RANGE_FLAG),
        take("operation_time", "OBX-14.1", "OBR-22.1", "MSH-7.1", read=moment),
        take("invalid_flag", "OBX-11[1=X|D|W].1", read=constant_if_present("1")),
        take("result_status", "OBX-11"),
        take("value_type", "OBX-2"),
    ),
    unless=_IMAGING,
    numbered="id",
)
EXAM_REPORT: Final = RowMap(
    "emr_ex_clinical",
    "OBR",
    2,
    (
        *_REPORT,
        take("examination_type_code", "OBR-24"),
        take("examination_type_name", "OBR-4.2"),
        lines("examination_objective_desc", "OBX-5"),
    ),
    only=_IMAGING,
)
EXAM_ITEM: Final = RowMap(
    "emr_ex_clinical_item",
    "OBX",
    2,
    (
        compose("id", _ORDER_NO, ["OBR-4.1", "OBR-4.4", "OBR-4.2"], ["OBX-3.1", "OBX-3.2"], ["OBX-4"], separator="."),
        report_key("ex_clinical_id"),
        take("item_code", "OBX-3.1"),
        take("item_name", "OBX-3.2", "OBX-3.1"),
        lines("result_text", "OBX-5"),
        take("operation_time", "OBX-14.1", "OBR-22.1", "MSH-7.1", read=moment),
        fixed("invalid_flag", "0"),
    ),
    only=_IMAGING,
    numbered="id",
)

KINDS: Final = (
    MessageKind(
        ("ORU^R01", "ORU^R30", "ORU^R31", "ORU^R32", "ORU^R40", "ORU^W01", "OUL^R21"),
        "检验和检查结果",
        required=("PID-3.1", "OBR-4"),
        levels=(("PID",), ("ORC", "OBR")),
        rows=(LAB_REPORT, LAB_ITEM, EXAM_REPORT, EXAM_ITEM),
    ),
    MessageKind(
        ("OUL^R22", "OUL^R23", "OUL^R24"),
        "以标本或容器为单位的检验结果",
        required=("PID-3.1", "OBR-4"),
        levels=(("PID",), ("OBR",)),  # here the order stands after the OBR it belongs to
        rows=(LAB_REPORT, LAB_ITEM, EXAM_REPORT, EXAM_ITEM),
    ),
)
