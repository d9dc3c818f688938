"""``Warehouse``: the client every part of the platform uses to read and write ClickHouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from clickhouse_driver import Client

from health_platform.kernel import giving_way
from health_platform.kernel.warehouse import ddl, evolve
from health_platform.kernel.warehouse.clients import client_of
from health_platform.kernel.warehouse.endpoint.supervise import start_endpoint
from health_platform.kernel.warehouse.failures import is_lost, is_transient, translate
from health_platform.kernel.warehouse.inserts import CLUSTER_INSERT_SETTINGS, INSERT_SETTINGS, Insert
from health_platform.kernel.warehouse.pool import ClientPool
from health_platform.kernel.warehouse.queries import Query, load_query
from health_platform.kernel.warehouse.settings import Server, WarehouseSettings
from health_platform.kernel.warehouse.tables import TableSpec

Row = tuple[Any, ...]
Result = TypeVar("Result")
Numbers = npt.NDArray[np.integer[Any]]

_DATABASE = load_query(__package__, "database.sql")
_UNAWAITED: Mapping[str, Any] = {"max_threads": 1}
"""The local warehouse shares its machine with everybody: work that nobody waits for leaves the other processors to them."""


@dataclass(frozen=True)
class Observation:
    """One finished call, for metrics: ``kind`` is read, write or insert; ``name`` a query or table name; seconds."""

    kind: str
    name: str
    seconds: float
    attempts: int
    failed: bool


class Warehouse:
    """Reads and writes ClickHouse by the native protocol; safe to share between threads and to inherit by fork.

    With no servers in the settings it speaks to the local endpoint, which it starts on first use and again after a
    crash. Reads are repeated on another host when a connection breaks; inserts are repeated with the same token, so a
    batch arrives exactly once; other statements are not repeated.

    Methods raise ``WarehouseFailed`` (the server refused the statement) or ``Unavailable`` (no server could be
    reached).
    """

    def __init__(self, settings: WarehouseSettings, observe: Callable[[Observation], None] | None = None) -> None:
        self.settings = settings
        self.place = ddl.Place(settings.database, settings.cluster)
        self._observe = observe
        self._pool = ClientPool(self._connect, settings.pool_size)
        self._array_pool = ClientPool(partial(self._connect, arrays=True), settings.pool_size)
        self._database_known = False

    # -- reading

    def query(
        self, named: Query, parameters: Mapping[str, Any] | None = None, lists: Mapping[str, Sequence[str]] | None = None
    ) -> list[Row]:
        """Rows of a named query.

        Raises:
            ValueError: the parameters or lists are not exactly those the query declares.
        """
        values, tables = named.bind(parameters or {}), named.tables(lists or {})

        def run(client: Client) -> list[Row]:
            settings = self._settings(named.settings)
            found: list[Row] = client.execute(named.sql, values, settings=settings, external_tables=tables or None)
            return found

        return self._call("read", named.name, run)

    def records(self, named: Query, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a named query as dictionaries by column name."""
        values = named.bind(parameters or {})

        def run(client: Client) -> tuple[list[Row], list[tuple[str, str]]]:
            rows, columns = client.execute(named.sql, values, settings=self._settings(named.settings), with_column_types=True)
            return rows, columns

        rows, columns = self._call("read", named.name, run)
        names = [name for name, _ in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def arrays(self, named: Query, parameters: Mapping[str, Any] | None = None) -> list[Numbers]:
        """The columns of a named query of numbers only, for millions of rows; no columns when there is no row."""
        values = named.bind(parameters or {})

        def run(client: Client) -> list[Numbers]:
            found: list[Numbers] = client.execute(named.sql, values, settings=self._settings(named.settings), columnar=True)
            return found

        return self._call("read", named.name, run, pool=self._array_pool)

    def execute(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> list[Row]:
        """Rows of a reading statement that is compiled by the caller (the expression compiler, administration)."""
        values = dict(parameters) if parameters is not None else None
        return self._call("read", "execute", lambda client: client.execute(sql, values, settings=self._settings(settings)))

    def execute_iter(
        self, sql: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Row]:
        """Rows one by one, for results that do not fit in memory. Not repeated on failure once rows have been given
        out.
        """
        self._find_server()
        values = dict(parameters) if parameters is not None else None
        try:
            with self._pool.checkout() as client:
                yield from client.execute_iter(sql, values, settings=self._settings(settings))
        except Exception as error:
            raise translate(error) from error

    # -- writing

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run a statement that changes something other than by inserting rows. It is sent once."""
        values = dict(parameters) if parameters is not None else None
        self._find_server()
        run = partial(Client.execute, query=sql, params=values, settings=self._settings())
        return self._call("write", "command", run, repeatable=False)

    def fill(self, named: Query, parameters: Mapping[str, Any]) -> None:
        """Run a named ``INSERT ... SELECT``; the rows can be read when this returns.

        It may be sent more than once, so its table must be read as if a row that stands there twice stood there once.
        """
        values = named.bind(parameters)
        settings = self._settings({**(CLUSTER_INSERT_SETTINGS if self.settings.cluster else {}), **dict(named.settings)})
        self._call("write", named.name, lambda client: client.execute(named.sql, values, settings=settings))

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        data: Sequence[Any],
        *,
        token: str | None = None,
        columnar: bool = False,
    ) -> int:
        """Insert rows, or columns when ``columnar``, and return how many rows were sent.

        The rows are durable when this returns. ``token`` names the batch: inserting the same data in the same order
        under the same token again, at any later time and from any process, adds nothing. Without a token one is made,
        so that retries inside this call are still exactly-once.
        """
        return self._insert(table, Insert.of(self.place.table(table), columns, data, token, columnar), self._pool)

    def insert_arrays(self, table: str, columns: Mapping[str, Numbers]) -> int:
        """``insert`` of columns of numbers, by name."""
        insert = Insert.of(self.place.table(table), tuple(columns), list(columns.values()), None, columnar=True)
        return self._insert(table, insert, self._array_pool)

    def _insert(self, table: str, insert: Insert, pool: ClientPool) -> int:
        settings = CLUSTER_INSERT_SETTINGS if self.settings.cluster else INSERT_SETTINGS
        for part in insert.parts():
            self._call("insert", table, partial(part.send, settings), pool=pool)
        return insert.row_count

    # -- schema

    def ensure_table(self, spec: TableSpec) -> tuple[str, ...]:
        """Create the table or add its missing columns; returns the statements that were run.

        Raises:
            Conflict: the existing table differs in a way that would lose or rewrite data.
        """
        return evolve.ensure_table(self, spec)

    def ping(self) -> bool:
        """True when a server answers a query."""
        try:
            return self.execute("SELECT 1") == [(1,)]
        except Exception:
            return False

    def close(self) -> None:
        """Close the idle connections. The warehouse can still be used and connects again."""
        self._clear()

    # -- connections

    def _call(
        self,
        kind: str,
        name: str,
        action: Callable[[Client], Result],
        *,
        repeatable: bool = True,
        pool: ClientPool | None = None,
    ) -> Result:
        started, attempt, failed = time.perf_counter(), 0, True
        try:
            while True:
                attempt += 1
                try:
                    self._prepare_database()
                    with (pool or self._pool).checkout() as client:
                        result = action(client)
                    failed = False
                    return result
                except Exception as error:
                    if not repeatable or not is_transient(error) or attempt >= self.settings.attempts:
                        raise translate(error) from error
                    self._recover(error, attempt)
        finally:
            if self._observe:
                self._observe(Observation(kind, name, time.perf_counter() - started, attempt, failed))

    def _settings(self, own: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> dict[str, Any]:
        return {**(_UNAWAITED if self.settings.local and giving_way.is_unawaited() else {}), **dict(own or ())}

    def _find_server(self) -> None:
        """Connect to a server that answers, by a statement that may be repeated, before one that may not."""
        self._call("read", "find_server", lambda client: client.execute("SELECT 1"))

    def _recover(self, error: Exception, attempt: int) -> None:
        if is_lost(error):
            self._clear()
        time.sleep(self.settings.backoff * 2 ** (attempt - 1))

    def _clear(self) -> None:
        for pool in (self._pool, self._array_pool):
            pool.clear()

    def _prepare_database(self) -> None:
        """The database must exist before a client can log into it."""
        if self._database_known:
            return
        client = self._client("")
        try:
            # In production the database is there and the platform's user need not be allowed to create one.
            if not client.execute(_DATABASE.sql, {"database": self.settings.database}):
                client.execute(ddl.create_database(self.place))
        finally:
            client.disconnect()
        self._database_known = True

    def _connect(self, *, arrays: bool = False) -> Client:
        return self._client(self.settings.database, {"use_numpy": True} if arrays else None)

    def _client(self, database: str, settings: Mapping[str, Any] | None = None) -> Client:
        servers, user, password = self._access()
        first, *others = servers
        return client_of(
            host=first.host,
            port=first.port,
            alt_hosts=",".join(f"{server.host}:{server.port}" for server in others) or None,
            database=database,
            user=user,
            password=password,
            secure=self.settings.secure,
            connect_timeout=self.settings.connect_timeout,
            send_receive_timeout=self.settings.query_timeout,
            tcp_keepalive=(60, 10, 3),
            client_name="health-platform",
            settings=dict(settings or {}),
        )

    def _access(self) -> tuple[Sequence[Server], str, str]:
        if not self.settings.local:
            return self.settings.servers, self.settings.user, self.settings.password
        endpoint = start_endpoint(self.settings)
        return (Server("127.0.0.1", endpoint.port),), endpoint.user, endpoint.password
