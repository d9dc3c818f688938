"""Rows of the event index as they come from the warehouse and as a summary keeps them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from health_platform.kernel.clock import LOCAL_ZONE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EventRow(NamedTuple):
    """One row of ``record_event``; the order is that of ``event_rows.sql`` and of stored summaries. Times in epoch ms.

    ``certainty`` is what the source says of how sure an entry is, or of which relative it speaks (``standing``).
    """

    patient_key: int
    section: str
    at: int
    dataset: str
    row_key: str
    institution: int
    division: str
    line: str
    sensitive: str
    kind: str
    title: str
    code: str
    value: str
    unit: str
    low: str
    high: str
    flag: str
    visit: str
    department: str
    doctor: str
    note: str
    parent: str
    ended: int | None
    org_code: str
    org_name: str
    source: str
    received: int
    certainty: str = ""

    @property
    def place(self) -> str:
        """Where it happened, as far as the row says: not always the institution that uploaded it."""
        return self.org_code or f"#{self.institution}"

    @property
    def day(self) -> date:
        """Local day of the event."""
        return local_day(self.at)

    @property
    def filled(self) -> int:
        """How many fields say anything: of several reports of one event the fullest is shown."""
        return sum(1 for value in self if value not in ("", None))


def moment(milliseconds: int) -> datetime:
    """Aware UTC time of epoch milliseconds."""
    return _EPOCH + timedelta(0, 0, 0, milliseconds)  # by position: an overview makes hundreds, and names cost as much again


def milliseconds(time: datetime) -> int:
    """Epoch milliseconds of an aware time."""
    return (time - _EPOCH) // timedelta(milliseconds=1)


def local_day(at: int) -> date:
    return moment(at).astimezone(LOCAL_ZONE).date()


def row_of(values: Any) -> EventRow:
    """A row from a tuple of the warehouse or a list of a stored summary."""
    return EventRow(*values)
