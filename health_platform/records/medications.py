"""Medicines over time: all prescriptions of one medicine as one line with its span."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from health_platform.records.values import Event, Medication
from health_platform.records.wording import plain

# How long a prescription lasts when it does not say: outpatient prescriptions cover up to 7 days, of chronic diseases
# up to 12 weeks (处方管理办法 §19; 长期处方管理规范 2021 §13). A longer assumption would call stopped medicines current.
_ASSUMED = timedelta(days=28)
_STRENGTH = re.compile(r"[\d.]+\s*(mg|g|ml|μg|ug|iu|片|粒|支|瓶|盒).*$", re.IGNORECASE)


def medications_of(events: Iterable[Event], now: datetime) -> tuple[Medication, ...]:
    """Medicines, current ones first, then by last prescription. One name with different strengths is one medicine."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(_substance(event), []).append(event)
    made = [_medication(group, now) for group in groups.values()]
    return tuple(sorted(made, key=lambda one: (not one.active, -one.last.timestamp(), one.name)))


def _substance(event: Event) -> str:
    return plain(_STRENGTH.sub("", event.title)) or event.code


def _medication(group: list[Event], now: datetime) -> Medication:
    newest_first = sorted(group, key=lambda event: event.time, reverse=True)
    newest = newest_first[0]
    spans = tuple((event.time, event.ended or event.time + _ASSUMED) for event in newest_first)
    until = max(end for _, end in spans)
    dose = " ".join(part for part in (newest.note, f"{newest.value}{newest.unit}") if part)
    return Medication(
        name=newest.title,
        code=newest.code,
        dose=dose,
        first=newest_first[-1].time,
        last=newest.time,
        until=until,
        active=until > now,
        prescriptions=len(group),
        institutions=tuple(dict.fromkeys(event.institution for event in newest_first)),
        refs=tuple(event.ref for event in newest_first),
        confidential=next((event.confidential for event in group if event.confidential), ""),
        spans=spans,
    )
