"""References to single events, as they stand in links: where the row lies, made opaque but not secret."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from health_platform.kernel.errors import NotFound, register_messages
from health_platform.records.rows import EventRow

register_messages({"record.event_unknown": "未找到该记录", "record.person_unknown": "未找到该居民的健康档案"})
_SEPARATOR = "\x1e"


class Reference(NamedTuple):
    """Which row of the event index. ``at`` in epoch milliseconds."""

    section: str
    dataset: str
    patient_key: int
    at: int
    row_key: str


def encode(row: EventRow) -> str:
    """The reference of a row."""
    parts = (row.section, row.dataset, str(row.patient_key), str(row.at), row.row_key)
    return base64.urlsafe_b64encode(_SEPARATOR.join(parts).encode()).decode().rstrip("=")


def decode(ref: str) -> Reference:
    """Read a reference.

    Raises:
        NotFound: it is none of ours.
    """
    try:
        data = base64.urlsafe_b64decode(ref + "=" * (-len(ref) % 4)).decode()
        section, dataset, patient_key, at, row_key = data.split(_SEPARATOR)
        return Reference(section, dataset, int(patient_key), int(at), row_key)
    except (ValueError, binascii.Error) as error:
        raise NotFound("record.event_unknown") from error
