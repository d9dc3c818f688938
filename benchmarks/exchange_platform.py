"""A throw-away platform for the exchange benchmarks, and how processor time is counted."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from etl.api import ensure_tables
from health_platform.app import create_platform
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import endpoint_status, stop_endpoint
from health_platform.settings import Settings


@contextmanager
def platform(components: str) -> Iterator[Platform]:
    """A platform on SQLite (durable commits) and a local warehouse endpoint, deleted afterwards."""
    with tempfile.TemporaryDirectory() as home:
        made = create_platform(Settings(home=Path(home), components=components, max_upload_bytes=10**9))
        made.database.create_all()
        ensure_tables(made.warehouse)
        try:
            yield made
        finally:
            made.warehouse.close()
            stop_endpoint(made.warehouse.settings)
            made.database.close()


@dataclass
class Cost:
    """Seconds of processor time: this process, and the warehouse endpoint beside it."""

    own: float = 0.0
    warehouse: float = 0.0
    wall: float = 0.0

    @property
    def total(self) -> float:
        return self.own + self.warehouse


@contextmanager
def cost(of: Platform | None = None) -> Iterator[Cost]:
    """Measure a block."""
    found, wall, own, beside = Cost(), time.monotonic(), time.process_time(), _endpoint_seconds(of)
    yield found
    found.own, found.wall = time.process_time() - own, time.monotonic() - wall
    found.warehouse = _endpoint_seconds(of) - beside


def _endpoint_seconds(of: Platform | None) -> float:
    state = endpoint_status(of.warehouse.settings) if of else None
    if state is None or not state.pid:
        return 0.0
    fields = Path(f"/proc/{state.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory() -> str:
    """Peak memory of this process so far."""
    return f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
