"""What quality control tells the rest of the platform."""

from __future__ import annotations

from dataclasses import dataclass, field

from health_platform.kernel.outbox import event


@event("quality.checked")
@dataclass(frozen=True)
class QualityChecked:
    """A run is done and its results can be read.

    Attributes:
        months: first days (ISO) of the months whose scores were computed anew.
    """

    run_id: int
    datasets: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
