"""From clusters of rows to events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from health_platform.records.flags import flag_of, number_of
from health_platform.records.merging import Cluster, merged
from health_platform.records.references import encode
from health_platform.records.rows import EventRow, moment
from health_platform.records.values import Event, Flag, Origin, Section

_JUDGED = (Section.LAB, Section.OBSERVATION)


def events_of(rows: Iterable[EventRow], names: Mapping[int, str]) -> tuple[Event, ...]:
    """Merged events, newest first. ``names`` are institutions by id."""
    return tuple(event_of(cluster, names) for cluster in merged(rows))


def event_of(cluster: Cluster, names: Mapping[int, str]) -> Event:
    """One event from all reports of it: the fullest report, its empty fields filled from the others."""
    first = cluster[0]
    section = Section(first.section)
    value = _any(cluster, "value")
    return Event(
        ref=encode(first),
        section=section,
        dataset=first.dataset,
        time=moment(min(row.at for row in cluster) if section is Section.VISIT else first.at),
        title=_any(cluster, "title") or first.kind or section.label,
        code=_any(cluster, "code"),
        kind=first.kind,
        institution=institution_name(first, names),
        institution_id=first.institution,
        department=_any(cluster, "department"),
        doctor=_any(cluster, "doctor"),
        visit=first.visit,
        value=value,
        number=number_of(value),
        unit=first.unit,
        normal=range_text(first.low, first.high) if section in _JUDGED else "",
        flag=_flag(first, section),
        note=_any(cluster, "note"),
        parent=first.parent,
        ended=max((moment(row.ended) for row in cluster if row.ended is not None), default=None),
        confidential=next((row.sensitive for row in cluster if row.sensitive), ""),
        origins=tuple(dict.fromkeys(Origin(row.source, row.dataset, row.institution, moment(row.received)) for row in cluster)),
    )


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


def _any(cluster: Cluster, field: str) -> str:
    if len(cluster) == 1:
        return str(getattr(cluster[0], field))
    return next((str(value) for row in cluster if (value := getattr(row, field))), "")


def _short(number: str) -> str:
    """Without the zeros a decimal column adds."""
    return number.rstrip("0").rstrip(".") if "." in number else number
