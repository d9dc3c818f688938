"""The only place that speaks ClickHouse, always by ``clickhouse-driver`` over the native protocol.

Other packages import :mod:`health_platform.kernel.warehouse.api`:

``Warehouse``      execute, query, records, execute_iter, insert (exactly once by token), ensure_table
``TableSpec``      one definition of a table; yields its single-node and its cluster form
``Query``          a named query read from a ``.sql`` file beside a feature (``load_query``)
``migrate``        numbered forward-only migrations
``start_endpoint`` / ``stop_endpoint`` / ``endpoint_status``   the local endpoint process

In production the other side is a ClickHouse cluster. On one machine it is ``warehouse.endpoint``: a process on
loopback that serves the same protocol with chDB (the same engine, embedded) behind it, so that there is one code path.
"""
