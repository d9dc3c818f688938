"""Rows refused on arrival count against their institution too: otherwise a sender of unreadable rows would look clean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.models import OPEN, WAITING, QuarantinedRow
from etl.quality.compiling import SAMPLES
from etl.quality.rules import Rule, Source
from health_platform.kernel.clock import LOCAL_ZONE

_READ = 5_000


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
    for day in sorted(days):
        first = datetime.combine(day, time(), LOCAL_ZONE).astimezone(UTC)
        query = (
            select(
                QuarantinedRow.institution_id, QuarantinedRow.division_code, QuarantinedRow.rule,
                QuarantinedRow.row_key, QuarantinedRow.id,
            )
            .where(QuarantinedRow.dataset == dataset, QuarantinedRow.state.in_((OPEN, WAITING)))
            .where(QuarantinedRow.created_at >= first, QuarantinedRow.created_at < first + timedelta(days=1))
            .order_by(QuarantinedRow.id)
        ).execution_options(yield_per=_READ)  # fmt: skip
        for institution, division, kind, key, identity in session.execute(query):
            code = f"{dataset}.refused.{kind}"
            if code in rules and rules[code].source is Source.REFUSED:
                each = found.setdefault((dataset, day, institution), Refused(division or ""))
                each.counts[code] += 1
                if len(each.samples[code]) < SAMPLES:
                    each.samples[code].append(key or f"#{identity}")
    return found
