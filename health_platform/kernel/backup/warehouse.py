"""The warehouse: ``BACKUP DATABASE`` (parts as they lie) for a physical backup, one Native file per table for a logical one.

The local endpoint may write only below its own ``backups`` folder, so a part is written there and moved. On a cluster the
server writes to the disk ``backups`` of its configuration and the part here is only the name.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from health_platform.kernel.backup.manifest import Digest, Kind, Part, seal
from health_platform.kernel.errors import Conflict, Invalid
from health_platform.kernel.warehouse.api import Warehouse, load_query, quote, text

_TABLES = load_query(__package__, "warehouse_tables.sql")
_SCHEMA = "schema.sql"
_BETWEEN = ";\n\n"


class WarehouseStore:
    """The platform's database in the local endpoint."""

    name = "warehouse"
    present = True

    def __init__(self, warehouse: Warehouse) -> None:
        if not warehouse.settings.local:
            raise Invalid("backup.unsupported", database="ClickHouse cluster", hint="deploy/clickhouse/README.md, Backup")
        self._warehouse = warehouse
        self._database = warehouse.settings.database

    def save(self, folder: Path, kind: Kind) -> Part:
        """Write every table. Rows that arrive meanwhile are in it or not, table by table."""
        file = "warehouse.parts" if kind == "physical" else "warehouse.rows"
        before = self.digests(self._database)
        with self._reachable(file) as place:
            if kind == "physical":
                self._warehouse.command(f"BACKUP DATABASE {quote(self._database)} TO File({text(str(place))})")
            else:
                self._export(place)
            shutil.move(place, folder / file)
        if self.digests(self._database) != before:
            raise Conflict("backup.differs", reason="the warehouse changed during the backup; stop the workers or repeat")
        return seal(folder, self.name, kind, file, before)

    def verify(self, folder: Path, part: Part) -> Mapping[str, Digest]:
        """Restore into a scratch database, digest its tables, drop it."""
        scratch = f"verify_{secrets.token_hex(6)}"
        try:
            self._restore_into(scratch, folder, part)
            return self.digests(scratch)
        finally:
            self._warehouse.command(f"DROP DATABASE IF EXISTS {quote(scratch)} SYNC")

    def restore(self, folder: Path, part: Part) -> None:
        """Restore into the platform's database, which must have no rows.

        Raises:
            Conflict: it has.
        """
        if any(rows for rows, _ in self.digests(self._database).values()):
            raise Conflict("backup.not_empty", target=self._database)
        self._warehouse.command(f"DROP DATABASE IF EXISTS {quote(self._database)} SYNC")
        self._restore_into(self._database, folder, part)

    def digests(self, database: str) -> dict[str, Digest]:
        """Rows and checksum of every table; replaced versions count for nothing, as merges remove them at any time."""
        found = {}
        for name, engine in self._warehouse.query(_TABLES, {"database": database}):
            final = " FINAL" if engine.startswith("Replacing") else ""
            ask = f"SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM {quote(database)}.{quote(name)}{final}"  # noqa: S608
            rows, total = self._warehouse.execute(ask)[0]
            found[name] = (int(rows), int(total))
        return found

    @contextmanager
    def _reachable(self, file: str) -> Iterator[Path]:
        """A fresh place the endpoint may write to, emptied afterwards."""
        home = self._warehouse.settings.home / "backups" / secrets.token_hex(6)
        home.mkdir(parents=True)
        try:
            yield home.absolute() / file
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _export(self, place: Path) -> None:
        place.mkdir()
        statements = []
        for name, _ in self._warehouse.query(_TABLES, {"database": self._database}):
            statements.append(self._definition(name))
            target = text(str(place / f"{name}.native.zst"))
            table = f"{quote(self._database)}.{quote(name)}"
            self._warehouse.command(f"INSERT INTO FUNCTION file({target}, 'Native') SELECT * FROM {table}")  # noqa: S608
        statements += [self._definition(name) for name in self._views()]
        (place / _SCHEMA).write_text(_BETWEEN.join(statements), encoding="utf-8")

    def _definition(self, table: str) -> str:
        created = str(self._warehouse.execute(f"SHOW CREATE TABLE {quote(self._database)}.{quote(table)}")[0][0])
        return created.replace(f"{self._database}.", "{database}.")

    def _views(self) -> list[str]:
        ask = "SELECT name FROM system.tables WHERE database = %(database)s AND engine = 'MaterializedView' ORDER BY name"
        return [str(row[0]) for row in self._warehouse.execute(ask, {"database": self._database})]

    def _restore_into(self, database: str, folder: Path, part: Part) -> None:
        with self._reachable(part.file) as place:
            shutil.copytree(folder / part.file, place)
            if part.kind == "physical":
                # Inside the archive the database has the name it was taken from: platforms restore to equal names.
                archived = f"{quote(self._database)} AS {quote(database)}"
                self._warehouse.command(f"RESTORE DATABASE {archived} FROM File({text(str(place))})")
            else:
                self._import(database, place, part)

    def _import(self, database: str, place: Path, part: Part) -> None:
        self._warehouse.command(f"CREATE DATABASE IF NOT EXISTS {quote(database)} ENGINE = Atomic")
        statements = (place / _SCHEMA).read_text(encoding="utf-8").split(_BETWEEN)
        tables = [one for one in statements if not one.startswith("CREATE MATERIALIZED VIEW")]
        for statement in tables:
            self._warehouse.command(statement.replace("{database}.", f"{quote(database)}."))
        for name in part.tables:
            origin = text(str(place / f"{name}.native.zst"))
            if (place / f"{name}.native.zst").exists():
                target = f"{quote(database)}.{quote(name)}"
                self._warehouse.command(f"INSERT INTO {target} SELECT * FROM file({origin}, 'Native')")  # noqa: S608
        # Views come last: what they would fill has been restored already.
        for statement in statements[len(tables) :]:
            self._warehouse.command(statement.replace("{database}.", f"{quote(database)}."))
