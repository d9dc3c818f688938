"""What the pipeline tells the rest of the platform, through the outbox, in the transaction of the act."""

from __future__ import annotations

from dataclasses import dataclass, field

from health_platform.kernel.outbox import event

CONSUMER = "etl.pipeline"
"""Who works on landed uploads."""

PAIRS_PER_EVENT = 2_000
"""A large load is announced in several events, so that consumers stay small."""


@event("batch.landed")
@dataclass(frozen=True)
class BatchLanded:
    """An upload is stored and waits to be processed."""

    batch_id: int
    institution_id: int


@event("etl.sender_due")
@dataclass(frozen=True)
class SenderDue:
    """Uploads of an institution wait although nobody works on them (after a crash, a resume or a replay)."""

    institution_id: int


@event("etl.rows_loaded")
@dataclass(frozen=True)
class RowsLoaded:
    """Rows of one dataset and institution can be read in the warehouse.

    Attributes:
        days: local days (ISO) of the rows' events, for recounting.
        pairs: [shelf, patient_key] of the patients concerned; empty for institution data.
        rows: rows written, without tombstones; ``deleted`` rows withdrawn.
    """

    load_id: int
    dataset: str
    institution_id: int
    division_code: str
    rows: int
    deleted: int
    days: list[str] = field(default_factory=list)
    pairs: list[list[int]] = field(default_factory=list)
