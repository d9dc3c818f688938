"""MDM: documents with their content; and problem lists, which are diagnoses."""

from typing import Final

from exchange.hl7v2.definitions.codes import MEDIA_TYPE
from exchange.hl7v2.definitions.persons import REGION_PERSON
from exchange.hl7v2.documents import content
from exchange.hl7v2.mapping import MessageKind, RowMap, compose, fixed, take
from exchange.hl7v2.readers import constant_if_present, moment

DOCUMENT: Final = RowMap(
    "document",
    "TXA",
    1,
    (
        take("document_no", "TXA-12.1", "TXA-12.3"),
        *REGION_PERSON,
        take("visit_no", "PV1-19.1", "PID-18.1"),
        take("document_type", "TXA-2.1"),
        take("document_type_text", "TXA-2.2"),
        take("title", "TXA-25", "OBX-3.2", "TXA-16", "TXA-2.2", "TXA-2.1"),
        take("created_at", "TXA-6.1", "TXA-4.1", "TXA-7.1", "EVN-2.1", "MSH-7.1", read=moment),
        take("media_type", "OBX-5.3", read=MEDIA_TYPE),
        fixed("media_type", "text/plain"),
        content("content"),
        take("replaces", "TXA-13.1", "TXA-13.3"),
        take("staff_id", "TXA-9.1", "TXA-5.1"),
        compose("staff_name", ["TXA-9.2", "TXA-5.2"], ["TXA-9.3", "TXA-5.3"]),
        take("changed_at", "TXA-8.1", "MSH-7.1", read=moment),
        take("completion_status", "TXA-17"),
    ),
)
CANCELLED_DOCUMENT: Final = RowMap(
    "document",
    "TXA",
    1,
    (*(column for column in DOCUMENT.columns if column.field != "content"), fixed("void", "1")),
)
PROBLEM: Final = RowMap(
    "diagnosis",
    "PRB",
    1,
    (
        take("diagnosis_no", "PRB-4.1"),
        *REGION_PERSON,
        take("visit_no", "PV1-19.1", "PRB-5.1"),
        take("diagnosis", "PRB-3.1"),
        take("diagnosis_text", "PRB-3.2"),
        take("position", "PRB-10"),
        take("onset_at", "PRB-16.1", read=moment),
        take("diagnosed_at", "PRB-7.1", "PRB-2.1", "MSH-7.1", read=moment),
        take("resolved_at", "PRB-9.1", read=moment),
        take("clinical_status", "PRB-14.1"),
        take("certainty", "PRB-13.1"),
        take("changed_at", "PRB-2.1", "MSH-7.1", read=moment),
        take("void", "PRB-1[1=DE].1", read=constant_if_present("1")),
    ),
    numbered="diagnosis_no",
)

_NEEDED: Final = ("PID-3.1", "TXA-2", "TXA-12")
KINDS: Final = (
    MessageKind(
        ("MDM^T02", "MDM^T04", "MDM^T06", "MDM^T08", "MDM^T10"),
        "文档及内容",
        required=(*_NEEDED, "OBX-5"),
        rows=(DOCUMENT,),
    ),
    MessageKind(
        ("MDM^T01", "MDM^T03", "MDM^T05", "MDM^T07", "MDM^T09"),
        "文档通知",
        refusal="a notification carries no document; send the event with content (T02, T04, T06, T08, T10)",
    ),
    MessageKind(("MDM^T11",), "撤销文档", required=_NEEDED, rows=(CANCELLED_DOCUMENT,)),
    MessageKind(
        ("PPR^PC1", "PPR^PC2", "PPR^PC3"),
        "问题列表",
        required=("PID-3.1", "PRB-3", "PRB-4"),
        rows=(PROBLEM,),
    ),
)
