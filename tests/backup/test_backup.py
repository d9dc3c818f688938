"""A backup counts when it was restored and compared; damage and differences are found; restores never overwrite."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine as Engine_

from health_platform.app import create_platform
from health_platform.kernel import audit
from health_platform.kernel.audit import AuditFact
from health_platform.kernel.backup import api
from health_platform.kernel.backup.manifest import Kind, write_manifest
from health_platform.kernel.backup.postgres import PostgresStore
from health_platform.kernel.backup.service import stores_of
from health_platform.kernel.backup.sqlite import SqliteStore
from health_platform.kernel.errors import Conflict, Invalid, Upstream
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import Column, Engine, TableSpec, event_table, stop_endpoint
from health_platform.settings import Settings

pytestmark = pytest.mark.system("A22")

KINDS: tuple[Kind, ...] = ("physical", "logical")
EVENT = event_table("event", (Column("note", "String"), Column("codes", "Map(LowCardinality(String), String)")))
_TIME = datetime(2024, 1, 1, tzinfo=UTC)
SEEN = TableSpec("seen", (Column("id", "UInt64"),), order_by=("id",), engine=Engine.PLAIN)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Platform]:
    """A platform with something in every store."""
    platform = create_platform(Settings(home=tmp_path / "home", components=""))
    platform.database.create_all()
    with closing(sqlite3.connect(platform.settings.home / "platform.db")) as connection:
        connection.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, words TEXT, data BLOB)")
        rows = [(n, f"词'语;\n{n}" if n % 3 else None, bytes([n])) for n in range(200)]
        connection.executemany("INSERT INTO thing VALUES (?, ?, ?)", rows)
        connection.commit()
    warehouse = platform.warehouse
    for spec in (EVENT, SEEN):
        warehouse.ensure_table(spec)
    warehouse.command("CREATE MATERIALIZED VIEW into_seen TO seen AS SELECT id FROM event")
    rows = [(1, n % 5, "lab", _TIME, n, "注", {"a": str(n)}, version, 0) for n in range(100) for version in (1, 2)]
    warehouse.insert("event", EVENT.column_names, rows)
    platform.crypto.encrypt("seen once", "test")
    (platform.settings.home / "documents" / "ab").mkdir(parents=True)
    (platform.settings.home / "documents" / "ab" / "cd").write_bytes(b"sealed" * 1000)
    yield platform
    warehouse.close()
    stop_endpoint(warehouse.settings)
    platform.database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_restores_into_an_empty_platform(home: Platform, tmp_path: Path, kind: Kind) -> None:
    folder = api.make_backup(stores_of(home), tmp_path / "backups", kind)
    manifest = api.read_manifest(folder)
    assert manifest.verified_at
    assert {part.store for part in manifest.parts} == {"relational", "warehouse", "keys.json", "documents"}
    empty = create_platform(Settings(home=tmp_path / "new", components=""))
    try:
        api.restore_backup(stores_of(empty), folder)
        assert empty.warehouse.execute("SELECT count(), sum(version) FROM event FINAL") == [(100, 200)]
        assert empty.warehouse.execute("SELECT count() FROM seen") == home.warehouse.execute("SELECT count() FROM seen")
        empty.warehouse.insert("event", ("shelf", "id"), [(9, 999)])
        assert empty.warehouse.execute("SELECT count() FROM seen WHERE id = 999") == [(1,)]
        with closing(sqlite3.connect(tmp_path / "new" / "platform.db")) as connection:
            assert connection.execute("SELECT count(*), sum(id) FROM thing WHERE words IS NOT NULL").fetchone() == (133, 13267)
        assert (tmp_path / "new" / "keys.json").read_bytes() == (tmp_path / "home" / "keys.json").read_bytes()
        assert (tmp_path / "new" / "documents" / "ab" / "cd").exists()
        with pytest.raises(Conflict, match="not_empty"):
            api.restore_backup(stores_of(empty), folder)
    finally:
        stop_endpoint(empty.warehouse.settings)


def test_damage_and_differences_are_found(home: Platform, tmp_path: Path) -> None:
    stores = stores_of(home)
    folder = api.make_backup(stores, tmp_path / "backups", "physical", verify=False)
    assert api.read_manifest(folder).verified_at is None
    manifest_file = folder / "manifest.json"
    honest = manifest_file.read_text()
    manifest = api.read_manifest(folder)
    lying = [
        replace(part, tables={**part.tables, "thing": (199, 1)}) if part.store == "relational" else part
        for part in manifest.parts
    ]
    write_manifest(folder, replace(manifest, parts=lying))
    with pytest.raises(Conflict, match="differs") as differs:
        api.verify_backup(stores, folder)
    assert differs.value.facts["tables"] == ["thing"]
    manifest_file.write_text(honest)
    archive = max(
        (path for path in (folder / "warehouse.parts").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size
    )
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    with pytest.raises(Invalid, match="damaged"):
        api.verify_backup(stores, folder)


def test_the_commands(home: Platform, tmp_path: Path) -> None:
    made = CliRunner().invoke(api.backup, [str(tmp_path / "b")], obj=home)
    assert made.exit_code == 0, made.output
    folder = made.output.splitlines()[0]
    assert "verified 20" in made.output
    checked = CliRunner().invoke(api.restore, [folder, "--verify"], obj=home)
    assert checked.exit_code == 0 and "verified 20" in checked.output


@pytest.mark.parametrize("kind", KINDS)
def test_sqlite_is_copied_as_of_one_moment_while_it_is_written(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "live.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (n INTEGER)")
        writer.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(5000)])
        writer.commit()
        folder = tmp_path / "b"
        folder.mkdir()
        store = SqliteStore(path)
        part = store.save(folder, kind)
        writer.execute("INSERT INTO t VALUES (-1)")
        writer.commit()
    assert part.tables["t"][0] == 5000
    assert store.verify(folder, part) == part.tables


def test_postgresql_is_dumped_and_restored(postgres: str, tmp_path: Path) -> None:
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text('CREATE TABLE "Odd name" (id bigint PRIMARY KEY, words text)'))
        connection.execute(text("INSERT INTO \"Odd name\" SELECT n, 'x' || n FROM generate_series(1, 500) AS n"))
    store = PostgresStore(postgres)
    part = store.save(tmp_path, "logical")
    assert part.tables['"Odd name"'][0] == 500
    with engine.begin() as connection:
        connection.execute(text('DELETE FROM "Odd name" WHERE id > 10'))
    assert store.verify(tmp_path, part) == part.tables
    with pytest.raises(Conflict, match="not_empty"):
        store.restore(tmp_path, part)
    with engine.begin() as connection:
        connection.execute(text('DROP TABLE "Odd name"'))
    store.restore(tmp_path, part)
    with engine.connect() as connection:
        assert connection.execute(text('SELECT count(*) FROM "Odd name"')).scalar_one() == 500
    engine.dispose()


@pytest.fixture
def noted(postgres: str) -> Iterator[Engine_]:
    """A database with a table at rest and one that is written to."""
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (id bigint PRIMARY KEY, words text)"))
        connection.execute(text("INSERT INTO note SELECT n, 'x' || n FROM generate_series(1, 500) AS n"))
        connection.execute(text("CREATE TABLE busy (id bigint GENERATED ALWAYS AS IDENTITY)"))
    yield engine
    engine.dispose()


def test_a_copy_of_the_postgresql_server_is_started_and_compared(postgres: str, noted: Engine_, tmp_path: Path) -> None:
    store, stop = PostgresStore(postgres), threading.Event()
    writer = threading.Thread(target=_write_on, args=(noted, stop))
    writer.start()
    part = store.save(tmp_path, "physical")
    stop.set()
    writer.join()
    assert part.tables["note"][0] == 500 and "busy" not in part.tables
    with noted.begin() as connection:
        connection.execute(text("DELETE FROM note WHERE id > 10"))
    assert store.verify(tmp_path, part) == part.tables
    with pytest.raises(Conflict, match="files_first"):
        store.restore(tmp_path, part)
    with noted.begin() as connection:
        connection.execute(text("INSERT INTO note SELECT n, 'x' || n FROM generate_series(11, 500) AS n"))
    store.restore(tmp_path, part)  # as if its files had been put back


def _write_on(engine: Engine_, stop: threading.Event) -> None:
    while not stop.is_set():
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO busy DEFAULT VALUES"))


def test_a_copy_that_is_not_what_was_saved_does_not_count(postgres: str, noted: Engine_, tmp_path: Path) -> None:
    store = PostgresStore(postgres)
    part = store.save(tmp_path, "physical")
    lying = replace(part, tables={**part.tables, "note": (499, 1)})
    assert store.verify(tmp_path, lying) != lying.tables
    next((tmp_path / part.file / "base").rglob("PG_VERSION")).write_text("x")
    with pytest.raises(Upstream, match=r"backup\.tool"):
        store.verify(tmp_path, part)


def test_the_whole_platform_on_postgresql_is_backed_up_by_its_files(postgres: str, tmp_path: Path) -> None:
    platform = create_platform(Settings(home=tmp_path / "home", components="", database_url=postgres))
    platform.database.create_all()
    with platform.database.unit_of_work(system_scope("test")) as session:
        audit.record(session, AuditFact("test.kept", "thing", "1"))
    stores = stores_of(platform)
    try:
        folder = api.make_backup(stores, tmp_path / "backups", "physical")
        manifest = api.read_manifest(folder)
        assert manifest.verified_at
        assert {part.store: part.tables.get("audit_entry") for part in manifest.parts}["relational"] is not None
    finally:
        stop_endpoint(platform.warehouse.settings)
        platform.database.close()


def test_oracle_is_left_to_its_own_tools(tmp_path: Path) -> None:
    platform = create_platform(Settings(home=tmp_path, components=""))
    foreign = replace(platform, settings=replace(platform.settings, database_url="oracle+oracledb://u:p@h/s"))
    with pytest.raises(Invalid, match="unsupported"):
        stores_of(foreign)
