"""Splitting an insert into blocks that are each written exactly once.

A block is the unit ClickHouse deduplicates. The blocks of a batch get the tokens ``<token>:0``, ``<token>:1``, …, so
the same data in the same order is always cut and named alike.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickhouse_driver import Client

from health_platform.kernel.warehouse.ddl import quote

ROWS_PER_BLOCK = 100_000

INSERT_SETTINGS: Mapping[str, Any] = {"deduplicate_blocks_in_dependent_materialized_views": 1}
# A batch counts as written when a majority of replicas has it, so that losing any one node loses nothing.
CLUSTER_INSERT_SETTINGS: Mapping[str, Any] = {
    **INSERT_SETTINGS,
    "insert_quorum": "auto",
    "distributed_foreground_insert": 1,
}


@dataclass(frozen=True)
class Part:
    """One block of an insert under its own token."""

    statement: str
    data: Sequence[Any]
    token: str
    columnar: bool

    def send(self, settings: Mapping[str, Any], client: Client) -> None:
        """Send the block; returns when the server has written it."""
        with_token = {**settings, "insert_deduplication_token": self.token}
        client.execute(self.statement, self.data, settings=with_token, columnar=self.columnar)


@dataclass(frozen=True)
class Insert:
    """A batch for one table: ``data`` is a list of rows, or of columns when ``columnar``."""

    statement: str
    data: Sequence[Any]
    token: str
    columnar: bool
    row_count: int

    @classmethod
    def of(cls, table: str, columns: Sequence[str], data: Sequence[Any], token: str | None, columnar: bool) -> Insert:
        """Prepare an insert into a quoted ``table``."""
        statement = f"INSERT INTO {table} ({', '.join(quote(name) for name in columns)}) VALUES"
        count = (len(data[0]) if data else 0) if columnar else len(data)
        return cls(statement, data, token or secrets.token_hex(16), columnar, count)

    def parts(self) -> Iterator[Part]:
        """The blocks in order; none for an empty batch."""
        for number, start in enumerate(range(0, self.row_count, ROWS_PER_BLOCK)):
            rows = slice(start, start + ROWS_PER_BLOCK)
            block = [column[rows] for column in self.data] if self.columnar else list(self.data[rows])
            yield Part(self.statement, block, f"{self.token}:{number}", self.columnar)
