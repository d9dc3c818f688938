"""How single results and visits are worded and marked on the page."""

from __future__ import annotations

from health_platform.records.api import Event, LabPoint, Section

# Value set ``region_visit_kind``; rows of the regional datasets carry the code only.
VISIT_KINDS = {"1": "门诊", "2": "急诊", "3": "留观", "4": "住院", "5": "体检", "6": "家庭病床", "9": "其他"}
# Value set ``region_history_kind``, likewise.
HISTORY_KINDS = {"1": "既往疾病", "2": "手术", "3": "外伤", "4": "输血", "5": "家族史", "6": "暴露史", "7": "遗传病史",
                 "8": "残疾", "9": "生活方式", "10": "用药史", "99": "其他"}  # fmt: skip
STANDINGS = {"suspected": "疑似", "excluded": "已排除", "family": "亲属"}
"""What must stand beside a diagnosis that is not the patient's own, or not made."""


def kind_of(event: Event) -> str:
    """The kind of an event in words; empty when it would only repeat the title."""
    kinds = HISTORY_KINDS if event.section is Section.PROBLEM else VISIT_KINDS
    kind = kinds.get(event.kind, event.kind)
    return "" if kind and kind in event.title else kind


def note_of(event: Event) -> str:
    """The note of an event; of a document it is the media type, told as what opens."""
    if event.section is not Section.DOCUMENT:
        return event.note
    return "PDF" if event.note == "application/pdf" else "图像" if event.note.startswith("image/") else ""


def mark_of(point: LabPoint) -> str:
    """The source's own flag; without one, the value against the source's own range (never another laboratory's)."""
    if point.flag or point.number is None:
        return point.flag
    if point.high is not None and point.number > point.high:
        return "h"
    return "l" if point.low is not None and point.number < point.low else ""
