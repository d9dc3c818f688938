"""A warehouse with one table of awkward rows, shared by these tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, stop_endpoint
from tests.expressions.rows import FIELDS, TABLE, sample


@dataclass
class Sample:
    """The rows and the warehouse that holds them."""

    warehouse: Warehouse
    rows: list[dict[str, Any]]

    def column(self, sql: str, parameters: dict[str, object]) -> list[Any]:
        """One expression over all rows, in order."""
        found = self.warehouse.execute(f"SELECT {sql} FROM {TABLE.name} ORDER BY id", parameters)
        return [value for (value,) in found]

    def figure(self, sql: str, parameters: dict[str, object]) -> Any:
        """One aggregate expression over all rows."""
        return self.warehouse.execute(f"SELECT {sql} FROM {TABLE.name}", parameters)[0][0]


def stored(value: Any) -> Any:
    """Moments as epoch milliseconds, as the pipeline writes them: the driver misreads fractions of a second before 1970."""
    return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) if isinstance(value, datetime) else value


@pytest.fixture(scope="session")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    settings = WarehouseSettings(home=tmp_path_factory.mktemp("expressions"))
    warehouse = Warehouse(settings)
    warehouse.ensure_table(TABLE)
    rows = sample(300, seed=20261121)
    written = [(number, *(stored(row[name]) for name in FIELDS), 1, 0) for number, row in enumerate(rows)]
    warehouse.insert(TABLE.name, TABLE.column_names, written)
    yield Sample(warehouse, rows)
    warehouse.close()
    stop_endpoint(settings)
