"""Metrics of the pipeline, beside those of the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Histogram

from etl.figures import Figures

ROWS: Final = Counter("hp_etl_rows_total", "Rows by dataset and what became of them.", ["dataset", "outcome"])
LOADS: Final = Histogram(
    "hp_etl_load_seconds", "Time of one load, from reading its batches to the receipts.", ["outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)  # fmt: skip


def count(found: Mapping[int, Mapping[str, Figures]]) -> None:
    """Count what the batches of a finished load brought."""
    for by_dataset in found.values():
        for dataset, each in by_dataset.items():
            outcomes = {"loaded": each.loaded, "deleted": each.deleted, "rejected": each.rejected, "late": each.late}
            for outcome, rows in outcomes.items():
                if rows:
                    ROWS.labels(dataset, outcome).inc(rows)
