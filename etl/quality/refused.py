"""Rows refused on arrival count against their institution too: otherwise a sender of unreadable rows would look clean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.models import OPEN, WAITING, QuarantinedRow
from etl.quality.compiling import SAMPLES
from etl.quality.rules import Rule, Source
from health_platform.kernel.clock import LOCAL_ZONE

_READ = 5_000
_DAYS_READ = 366


@dataclass
class Refused:
    """What lies in quarantine of one institution, dataset and day: rule code → count and sample keys."""

    division_code: str
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    samples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


Key = tuple[str, date, int]


def refused(session: Session, dataset: str, days: Iterable[date], rules: Mapping[str, Rule]) -> dict[Key, Refused]:
    """Open refusals by (dataset, local day of arrival, institution). A correction or a successful replay takes them away."""
    found: dict[Key, Refused] = {}
    wanted = sorted(days)
    for start in range(0, len(wanted), _DAYS_READ):
        some = wanted[start : start + _DAYS_READ]
        inside = frozenset(some)
        for day, institution, division, kind, key, identity in _between(session, dataset, some[0], some[-1]):
            code = f"{dataset}.refused.{kind}"
            if day in inside and code in rules and rules[code].source is Source.REFUSED:
                each = found.setdefault((dataset, day, institution), Refused(division or ""))
                each.counts[code] += 1
                if len(each.samples[code]) < SAMPLES:
                    each.samples[code].append(key or f"#{identity}")
    return found


Open = tuple[date, int, str | None, str, str | None, int]


def _between(session: Session, dataset: str, first: date, last: date) -> Iterator[Open]:
    """Open refusals of the local days of arrival from first to last, with the day."""
    begin, end = (datetime.combine(day, time(), LOCAL_ZONE).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    query = (
        select(
            QuarantinedRow.created_at, QuarantinedRow.institution_id, QuarantinedRow.division_code, QuarantinedRow.rule,
            QuarantinedRow.row_key, QuarantinedRow.id,
        )
        .where(QuarantinedRow.dataset == dataset, QuarantinedRow.state.in_((OPEN, WAITING)))
        .where(QuarantinedRow.created_at >= begin, QuarantinedRow.created_at < end)
        .order_by(QuarantinedRow.id)
    ).execution_options(yield_per=_READ)  # fmt: skip
    for arrived, institution, division, kind, key, identity in session.execute(query):
        yield arrived.astimezone(LOCAL_ZONE).date(), institution, division, kind, key, identity
