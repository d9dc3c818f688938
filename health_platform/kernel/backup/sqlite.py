"""SQLite: a page copy through the database's own backup interface, or a script of statements."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from health_platform.kernel.backup.manifest import Digest, Kind, Part, seal
from health_platform.kernel.errors import Conflict, Invalid

_MASK = (1 << 64) - 1


class SqliteStore:
    """The embedded relational database at ``path``."""

    name = "relational"

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def present(self) -> bool:
        return self._path.exists()

    def save(self, folder: Path, kind: Kind) -> Part:
        """Copy one consistent state while others go on writing."""
        file = "relational.db" if kind == "physical" else "relational.sql.gz"
        with closing(sqlite3.connect(self._path)) as source:
            source.execute("BEGIN")
            tables = digests(source)
            if kind == "physical":
                with closing(sqlite3.connect(folder / file)) as copy:
                    source.backup(copy)
            else:
                _write_script(source, folder / file)
        (folder / file).chmod(0o600)
        return seal(folder, self.name, kind, file, tables)

    def verify(self, folder: Path, part: Part) -> Mapping[str, Digest]:
        """Restore into a scratch file, check its structure and digest its tables.

        Raises:
            Invalid: the restored database is damaged.
        """
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            target = Path(scratch, "restored.db")
            _restore(folder / part.file, part.kind, target)
            with closing(sqlite3.connect(target)) as restored:
                _check(restored)
                return digests(restored)

    def restore(self, folder: Path, part: Part) -> None:
        """Put the database in place.

        Raises:
            Conflict: there is one already.
        """
        if self._path.exists() and self._path.stat().st_size:
            raise Conflict("backup.not_empty", target=str(self._path))
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _restore(folder / part.file, part.kind, self._path)
        self._path.chmod(0o600)


def digests(connection: sqlite3.Connection) -> dict[str, Digest]:
    """Rows and checksum of every table."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: _digest(connection, name) for name in names if not name.startswith("sqlite_")}


def _digest(connection: sqlite3.Connection, table: str) -> Digest:
    rows = total = 0
    for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 a name from the catalogue
        rows += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest(), "big")
    return rows, total & _MASK


def _check(connection: sqlite3.Connection) -> None:
    problems = [row for row in connection.execute("PRAGMA integrity_check") if row != ("ok",)]
    problems += list(connection.execute("PRAGMA foreign_key_check"))
    if problems:
        raise Invalid("backup.damaged", problems=[str(problem) for problem in problems[:5]])


def _write_script(connection: sqlite3.Connection, path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as script:
        for statement in connection.iterdump():
            script.write(statement + "\n")


def _restore(source: Path, kind: str, target: Path) -> None:
    if kind == "physical":
        with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(target)) as restored:
            copy.backup(restored)
        return
    with closing(sqlite3.connect(target)) as restored:
        for statement in _statements(source):
            restored.execute(statement)
        restored.commit()


def _statements(path: Path) -> Iterator[str]:
    """Complete statements of a script; BEGIN and COMMIT are left to the connection."""
    buffer = ""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as script:
        for line in script:
            buffer += line
            if line.endswith(";\n") and sqlite3.complete_statement(buffer):
                if buffer not in ("BEGIN TRANSACTION;\n", "COMMIT;\n"):
                    yield buffer
                buffer = ""
