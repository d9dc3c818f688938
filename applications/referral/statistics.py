"""How referrals go, by institution: counted from the cases themselves, so that the figures are what can be opened."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.engine.api import Case
from health_platform.kernel import clock

_DAYS = 30


@dataclass
class Figures:
    """One institution. ``accepted``, ``arrived`` count every case that came so far, whatever followed."""

    institution: str
    sent_up: int = 0
    sent_down: int = 0
    received: int = 0
    waiting: int = 0
    accepted: int = 0
    rejected: int = 0
    expired: int = 0
    withdrawn: int = 0
    missed: int = 0
    arrived: int = 0
    late: int = 0
    finished: int = 0
    hours: list[float] = field(default_factory=list)

    @property
    def answer_share(self) -> float | None:
        """Answered requests of those received, in percent."""
        return round(100 * (self.accepted + self.rejected) / self.received, 1) if self.received else None

    @property
    def median_answer_hours(self) -> float | None:
        return round(statistics.median(self.hours), 1) if self.hours else None


def by_institution(session: Session, since: date | None, until: date | None) -> list[Figures]:
    """Figures of the institutions of the caller's jurisdiction, for requests of a span of local days."""
    last = until or clock.today()
    first = since or last - timedelta(days=_DAYS - 1)
    query = select(Case).where(
        Case.workflow == "referral", Case.opened_at >= _start(first), Case.opened_at < _start(last + timedelta(days=1))
    )
    found: dict[int | None, Figures] = {}
    for row in session.scalars(query.execution_options(yield_per=500)):
        mine = found.setdefault(row.institution_id, Figures(row.institution_name or ""))
        _add(mine, row)
    return sorted(found.values(), key=lambda one: (-one.received - one.sent_up - one.sent_down, one.institution))


def _add(mine: Figures, row: Case) -> None:
    if row.party == "sender":
        up = row.answers.get("direction") == "1"
        mine.sent_up, mine.sent_down = mine.sent_up + up, mine.sent_down + (not up)
        return
    mine.received += 1
    mine.waiting += row.state == "requested"
    passed = {str(step["transition"]) for step in row.steps}
    for name, transition in _PASSED.items():
        setattr(mine, name, getattr(mine, name) + (transition in passed))
    mine.late += row.state == "late"
    mine.hours += _answered_after(row.steps)


_PASSED = {
    "accepted": "accept", "rejected": "reject", "expired": "expire", "withdrawn": "withdraw", "missed": "miss",
    "arrived": "arrive", "finished": "feedback",
}  # fmt: skip


def _answered_after(steps: Iterable[dict[str, Any]]) -> list[float]:
    """Hours between request and answer."""
    times = {str(step["transition"]): datetime.fromisoformat(step["at"]) for step in steps}
    answered = times.get("accept") or times.get("reject")
    return [(answered - times[""]).total_seconds() / 3600] if answered else []


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL_ZONE)
