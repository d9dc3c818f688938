"""The only source of time. Instants are aware UTC; local dates are those of the platform's zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")
_TRAVELLED: ContextVar[datetime | None] = ContextVar("travelled", default=None)


def now() -> datetime:
    """The current instant in UTC."""
    return _TRAVELLED.get() or datetime.now(UTC)


def today() -> date:
    """The current local date."""
    return now().astimezone(LOCAL_ZONE).date()


def local(instant: datetime) -> datetime:
    """The instant in local time, for people to read."""
    return instant.astimezone(LOCAL_ZONE)


@contextmanager
def travel(instant: datetime) -> Iterator[None]:
    """Freeze the clock at ``instant`` inside the block (tests and replays of history)."""
    if instant.tzinfo is None:
        raise ValueError("travel needs an aware datetime")
    token = _TRAVELLED.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _TRAVELLED.reset(token)
