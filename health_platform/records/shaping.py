"""From clusters of rows to events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from health_platform.records.flags import flag_of, number_of
from health_platform.records.merging import Cluster, merged
from health_platform.records.references import encode
from health_platform.records.rows import EventRow, moment
from health_platform.records.standing import standing_of
from health_platform.records.values import SECTIONS, Event, Flag, Origin, Section

_JUDGED = (Section.LAB, Section.OBSERVATION)
_FILLED = ("title", "code", "value", "department", "doctor", "note", "sensitive")


def events_of(rows: Iterable[EventRow], names: Mapping[int, str], most: int | None = None) -> tuple[Event, ...]:
    """Merged events, newest first, at most ``most``. ``names`` are institutions by id."""
    return tuple(event_of(cluster, names) for cluster in merged(rows)[:most])


def event_of(cluster: Cluster, names: Mapping[int, str]) -> Event:
    """One event from all reports of it: the fullest report, its empty fields filled from the others."""
    row = cluster[0] if len(cluster) == 1 else _filled(cluster)
    section = SECTIONS[row.section]
    return Event(
        ref=encode(cluster[0]),
        section=section,
        dataset=row.dataset,
        time=moment(row.at),
        title=row.title or row.kind or section.label,
        code=row.code,
        kind=row.kind,
        institution=institution_name(row, names),
        institution_id=row.institution,
        department=row.department,
        doctor=row.doctor,
        visit=row.visit,
        value=row.value,
        number=number_of(row.value),
        unit=row.unit,
        normal=range_text(row.low, row.high) if section in _JUDGED else "",
        flag=_flag(cluster[0], section),
        note=row.note,
        parent=row.parent,
        ended=None if row.ended is None else moment(row.ended),
        confidential=row.sensitive,
        origins=tuple(dict.fromkeys([Origin(one.source, one.dataset, one.institution, moment(one.received)) for one in cluster])),
        standing=standing_of(row),
    )


def _filled(cluster: Cluster) -> EventRow:
    """The first report, with what it leaves empty from the others; a visit begins with its earliest report."""
    first = cluster[0]
    empty: dict[str, Any] = {name: next((value for row in cluster if (value := getattr(row, name))), "") for name in _FILLED}
    ended = max((row.ended for row in cluster if row.ended is not None), default=None)
    at = min(row.at for row in cluster) if first.section == Section.VISIT else first.at
    return first._replace(**empty, at=at, ended=ended)


def institution_name(row: EventRow, names: Mapping[int, str]) -> str:
    """The name in the row, else of the institution that uploaded it, else its number."""
    return row.org_name or names.get(row.institution, "") or row.org_code or str(row.institution)


def range_text(low: str, high: str) -> str:
    """A reference range as written on reports."""
    if low and high:
        return f"{_short(low)}–{_short(high)}"
    return f"≥{_short(low)}" if low else f"≤{_short(high)}" if high else ""


def _flag(row: EventRow, section: Section) -> Flag:
    if section in _JUDGED:
        return flag_of(row.title, row.value, row.unit, row.flag)
    return "a" if row.dataset == "health_exam" and row.value == "1" else ""


def _short(number: str) -> str:
    """Without the zeros a decimal column adds."""
    return number.rstrip("0").rstrip(".") if "." in number else number
