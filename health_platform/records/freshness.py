"""How far each institution's uploads reach: silence is never shown as health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from health_platform.records.rows import moment
from health_platform.records.values import Freshness, Section

LATE_AFTER = timedelta(days=3)
"""Most datasets are due within two hours to a day; an institution silent for three days is late."""


@dataclass(frozen=True)
class Reach:
    """What one institution has uploaded about a person in one section and class. Times in epoch milliseconds."""

    institution: int
    section: str
    last_received: int
    last_event: int
    name: str
    sensitive: str
    division: str
    line: str


def freshness_of(
    reaches: Sequence[Reach],
    known: Mapping[int, str],
    last_uploads: Mapping[int, datetime],
    now: datetime,
) -> tuple[Freshness, ...]:
    """Freshness of every institution that knows the person or has uploaded about it; worst first.

    ``known`` are names by institution id; ``last_uploads`` when each last uploaded anything about anybody, where known.
    """
    by_institution: dict[int, list[Reach]] = {institution: [] for institution in known}
    for reach in reaches:
        by_institution.setdefault(reach.institution, []).append(reach)
    found = [_freshness(one, parts, known, last_uploads, now) for one, parts in by_institution.items()]
    order = {"never": 0, "late": 1, "current": 2}
    return tuple(sorted(found, key=lambda one: (order[one.state], one.institution)))


def absent(freshness: Sequence[Freshness], sections: Iterable[Section]) -> tuple[str, ...]:
    """Names of institutions that have uploaded nothing of any of these sections."""
    return tuple(one.institution for one in freshness if not one.sections.intersection(sections))


def _freshness(
    institution: int, parts: Sequence[Reach], known: Mapping[int, str], last_uploads: Mapping[int, datetime], now: datetime
) -> Freshness:
    received = max((moment(part.last_received) for part in parts), default=None)
    upload = max((time for time in (received, last_uploads.get(institution)) if time is not None), default=None)
    name = known.get(institution) or next((part.name for part in parts if part.name), "") or str(institution)
    # Without the institutions' upload times, the person's own rows cannot tell a healthy person from a silent sender.
    judged = institution in last_uploads
    late = judged and upload is not None and now - upload > LATE_AFTER
    return Freshness(
        institution_id=institution,
        institution=name,
        state="never" if not parts else "late" if late else "current",
        last_received=received,
        last_event=max((moment(part.last_event) for part in parts), default=None),
        sections=frozenset(Section(part.section) for part in parts),
    )
