"""A warehouse of one module's own: the local endpoint, stopped at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, stop_endpoint


@contextmanager
def own_warehouse(home: Path) -> Iterator[Warehouse]:
    """The warehouse whose endpoint lives in ``home``."""
    made = Warehouse(WarehouseSettings(home=home, backoff=0.02))
    try:
        yield made
    finally:
        made.close()
        stop_endpoint(made.settings)
