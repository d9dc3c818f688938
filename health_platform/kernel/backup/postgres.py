"""PostgreSQL (and openGauss): ``pg_dump`` for a logical backup, ``pg_basebackup`` for a physical one."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from health_platform.kernel.backup.manifest import Digest, Kind, Part, seal
from health_platform.kernel.errors import Conflict, Upstream

_FOLDERS = "/usr/lib/postgresql"


class PostgresStore:
    """The relational database at ``url``; the account must own it and, to verify, may create databases."""

    name = "relational"
    present = True

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def save(self, folder: Path, kind: Kind) -> Part:
        """Dump one snapshot of the database, or copy the whole server's files.

        Raises:
            Upstream: a PostgreSQL tool failed or is not installed.
        """
        with _engine(self._url) as engine, engine.connect() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            tables = digests(connection)
            if kind == "physical":
                file = "relational.base"
                _run("pg_basebackup", self._url, "--pgdata", str(folder / file), "--checkpoint=fast", "--wal-method=stream")
                tables = {}  # a copy of the whole server, checked file by file
            else:
                file = "relational.dump"
                dump = ("--format=custom", "--no-owner", f"--snapshot={snapshot}", "--file", str(folder / file))
                _run("pg_dump", self._url, *dump, str(self._url.database))
        return seal(folder, self.name, kind, file, tables)

    def verify(self, folder: Path, part: Part) -> Mapping[str, Digest]:
        """Restore a dump into a scratch database and digest its tables; check a file copy against its own manifest."""
        if part.kind == "physical":
            _run("pg_verifybackup", None, str(folder / part.file))
            return {}
        with _scratch(self._url) as scratch:
            _restore(scratch, folder / part.file)
            with _engine(scratch) as engine, engine.connect() as connection:
                return digests(connection)

    def restore(self, folder: Path, part: Part) -> None:
        """Restore a dump into the configured database, which must have no tables.

        Raises:
            Conflict: it has tables, or the part is a file copy, which is put in place with the server stopped.
        """
        if part.kind == "physical":
            raise Conflict("backup.not_empty", target="server files", hint="stop the server and copy the folder by hand")
        with _engine(self._url) as engine, engine.connect() as connection:
            if digests(connection):
                raise Conflict("backup.not_empty", target=str(self._url.database))
        _restore(self._url, folder / part.file)


def digests(connection: Connection) -> dict[str, Digest]:
    """Rows and checksum of every table of the schema in use."""
    names = connection.execute(
        text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
    ).scalars()
    return {name: _digest(connection, name) for name in list(names)}


def _digest(connection: Connection, table: str) -> Digest:
    query = f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table} AS t"  # noqa: S608 quoted
    rows, total = connection.execute(text(query)).one()
    return int(rows), int(total)


def _restore(url: URL, dump: Path) -> None:
    _run("pg_restore", url, "--no-owner", "--exit-on-error", "--dbname", str(url.database), str(dump))


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _scratch(url: URL) -> Iterator[URL]:
    name = f"verify_{secrets.token_hex(6)}"
    with _engine(url) as engine:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield url.set(database=name)
        finally:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _run(tool: str, url: URL | None, *arguments: str) -> None:
    place = [] if url is None else ["--host", str(url.host), "--port", str(url.port or 5432), "--username", str(url.username)]
    environment = {**os.environ, **({"PGPASSWORD": url.password} if url is not None and url.password else {})}
    command = [_path(tool), *place, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 found by name
    if done.returncode:
        raise Upstream("backup.tool", tool=tool, reason=done.stderr[-1000:])


def _path(tool: str) -> str:
    newest = sorted(Path(_FOLDERS).glob(f"*/bin/{tool}"), key=lambda path: int(path.parts[-3].split(".")[0]), reverse=True)
    found = str(newest[0]) if newest else shutil.which(tool)
    if found is None:
        raise Upstream("backup.tool", tool=tool, reason="not installed")
    return found
