"""How single results and visits are worded and marked on the page."""

from __future__ import annotations

from health_platform.records.api import Event, LabPoint

# Value set ``region_visit_kind``; rows of the regional datasets carry the code only.
VISIT_KINDS = {"1": "门诊", "2": "急诊", "3": "留观", "4": "住院", "5": "体检", "6": "家庭病床", "9": "其他"}


def kind_of(event: Event) -> str:
    """The kind of an event in words; empty when it would only repeat the title."""
    kind = VISIT_KINDS.get(event.kind, event.kind)
    return "" if kind and kind in event.title else kind


def mark_of(point: LabPoint) -> str:
    """The source's own flag; without one, the value against the source's own range (never another laboratory's)."""
    if point.flag or point.number is None:
        return point.flag
    if point.high is not None and point.number > point.high:
        return "h"
    return "l" if point.low is not None and point.number < point.low else ""
