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
from health_platform.kernel.backup.postgres_copy import started
from health_platform.kernel.errors import Conflict, Upstream

_FOLDERS = "/usr/lib/postgresql"
_DUMP, _BASE = "relational.dump", "relational.base"


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
        return self._copy(folder) if kind == "physical" else self._dump(folder)

    def _dump(self, folder: Path) -> Part:
        with _engine(self._url) as engine, engine.connect() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            tables = digests(connection)
            options = ("--format=custom", "--no-owner", f"--snapshot={snapshot}", "--file", str(folder / _DUMP))
            _run("pg_dump", self._url, *options, str(self._url.database))
        return seal(folder, self.name, "logical", _DUMP, tables)

    def _copy(self, folder: Path) -> Part:
        """A copy is of the moment it ends: what was written meanwhile is in it, so only tables at rest can be compared."""
        before = self._digests()
        _run("pg_basebackup", self._url, "--pgdata", str(folder / _BASE), "--checkpoint=fast", "--wal-method=stream")
        after = self._digests()
        at_rest = {name: digest for name, digest in after.items() if before.get(name) == digest}
        return seal(folder, self.name, "physical", _BASE, at_rest)

    def verify(self, folder: Path, part: Part) -> Mapping[str, Digest]:
        """Restore a dump into a scratch database, or start a copy as a scratch server, and digest the tables."""
        if part.kind == "logical":
            with _scratch(self._url) as scratch:
                _restore(scratch, folder / part.file)
                return _digests(scratch)
        _run("pg_verifybackup", None, str(folder / part.file))
        with started(folder / part.file, self._url, _path) as scratch:
            return _listed(_digests(scratch), part)

    def restore(self, folder: Path, part: Part) -> None:
        """Restore a dump into the configured database, which must have no tables.

        A copy of the server's files is put in place with the server stopped; once it runs again, this compares what it
        holds with the backup.

        Raises:
            Conflict: the database has tables, or, for a copy, holds something else than the backup.
        """
        found = self._digests()
        if part.kind == "physical":
            if _listed(found, part) != part.tables:
                raise Conflict("backup.files_first", folder=str(folder / part.file))
            return
        if found:
            raise Conflict("backup.not_empty", target=str(self._url.database))
        _restore(self._url, folder / part.file)

    def _digests(self) -> dict[str, Digest]:
        return _digests(self._url)


def _digests(url: URL) -> dict[str, Digest]:
    with _engine(url) as engine, engine.connect() as connection:
        return digests(connection)


def _listed(found: Mapping[str, Digest], part: Part) -> dict[str, Digest]:
    """The tables the backup can be compared by: those that nobody wrote to while it was made."""
    return {name: found[name] for name in part.tables if name in found}


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
