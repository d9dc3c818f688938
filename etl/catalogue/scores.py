"""Quality scores beside the catalogue's entries."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from etl.quality.api import Period, dataset_quality
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import WarehouseFailed

DAYS: Final = 30


def quality_scores(platform: Platform, session: Session) -> dict[str, Decimal]:
    """Dataset → score (0–100, two places) of the last thirty days over the institutions in scope; none before the first check."""
    today = clock.today()
    try:
        found = dataset_quality(platform, session, Period(today - timedelta(days=DAYS), today))
    except WarehouseFailed:
        return {}  # nothing was ever checked: the table of results is not there yet
    return {name: score.quantize(Decimal("0.01")) for name, score in found.items()}
