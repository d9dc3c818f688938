"""Prometheus metrics of the kernel. Under gunicorn the processes share them through ``PROMETHEUS_MULTIPROC_DIR``."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.registry import REGISTRY

REQUESTS = Histogram(
    "hp_request_seconds",
    "Time to answer a request.",
    ["endpoint", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
EVENTS_DELIVERED = Counter("hp_deliveries_total", "Outbox deliveries by outcome.", ["consumer", "outcome"])
JOBS_RUN = Histogram("hp_job_seconds", "Time of scheduled jobs.", ["job", "outcome"])
ALARMS = Counter("hp_alarms_total", "Alarms of access control: emergency access, guessed logins.", ["kind"])
TAMPERED = Gauge("hp_tampered_files", "Programs and pages that differ from what was sealed.", multiprocess_mode="mostrecent")
BACKLOG = Gauge("hp_outbox_backlog", "Deliveries waiting or dead.", ["state"], multiprocess_mode="mostrecent")


def exposition() -> bytes:
    """All metrics in the Prometheus text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
