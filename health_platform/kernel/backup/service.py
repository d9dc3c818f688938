"""Make a backup, prove it, restore it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import make_url

from health_platform.kernel import clock
from health_platform.kernel.backup.folders import FolderStore, KeyStore
from health_platform.kernel.backup.manifest import (
    Digest,
    Kind,
    Manifest,
    Part,
    checksum,
    read_manifest,
    write_manifest,
)
from health_platform.kernel.backup.postgres import PostgresStore
from health_platform.kernel.backup.sqlite import SqliteStore
from health_platform.kernel.backup.warehouse import WarehouseStore
from health_platform.kernel.errors import Conflict, Invalid
from health_platform.kernel.platform import Platform


class Store(Protocol):
    """Something that can be backed up."""

    name: str

    @property
    def present(self) -> bool:
        """Whether there is anything to back up yet."""

    def save(self, folder: Path, kind: Kind) -> Part: ...

    def verify(self, folder: Path, part: Part) -> Mapping[str, Digest]: ...

    def restore(self, folder: Path, part: Part) -> None: ...


def stores_of(platform: Platform) -> tuple[Store, ...]:
    """What this platform keeps on this machine. A cluster and a document store in S3 are backed up by their own means.

    Raises:
        Invalid: the relational database is one this command cannot back up (Oracle: RMAN or Data Pump).
    """
    settings = platform.settings
    stores: list[Store] = [_relational(settings.database)]
    if platform.warehouse.settings.local:
        stores.append(WarehouseStore(platform.warehouse))
    stores.append(KeyStore("keys.json", settings.home / "keys.json"))
    documents = Path(settings.document_store) if settings.document_store else settings.home / "documents"
    if not settings.document_store.startswith("s3://"):
        documents.mkdir(parents=True, exist_ok=True)
        stores.append(FolderStore("documents", documents))
    return tuple(stores)


def make_backup(stores: Sequence[Store], parent: Path, kind: Kind, *, verify: bool = True) -> Path:
    """Write a backup folder named by the time below ``parent`` and prove it; returns the folder.

    Raises:
        Conflict: ``backup.differs`` when a part, restored, is not what was saved. The folder stays, unverified.
    """
    folder = parent / clock.local(clock.now()).strftime("%Y%m%d-%H%M%S")
    if folder.exists():
        raise Conflict("backup.exists", folder=str(folder))
    folder.mkdir(parents=True, mode=0o700)
    parts = tuple(store.save(folder, kind) for store in stores if store.present)
    write_manifest(folder, Manifest(clock.now().isoformat(), kind, parts))
    if verify:
        verify_backup(stores, folder)
    return folder


def verify_backup(stores: Sequence[Store], folder: Path) -> Manifest:
    """Restore every part to a scratch place and compare it with what the manifest says; changes nothing else.

    Raises:
        Invalid: ``backup.damaged``, a file is not the one that was written.
        Conflict: ``backup.differs``.
    """
    manifest = read_manifest(folder)
    for part in manifest.parts:
        _intact(folder, part)
        restored = _store(stores, part).verify(folder, part)
        differing = [name for name in {*part.tables, *restored} if part.tables.get(name) != restored.get(name)]
        if differing:
            raise Conflict("backup.differs", store=part.store, tables=sorted(differing))
    proven = manifest.verified(clock.now())
    write_manifest(folder, proven)
    return proven


def restore_backup(stores: Sequence[Store], folder: Path) -> Manifest:
    """Put every part in place; every place must be empty. Returns the manifest.

    Raises:
        Invalid: ``backup.damaged``.
        Conflict: ``backup.not_empty``; nothing of that part was changed.
    """
    manifest = read_manifest(folder)
    for part in manifest.parts:
        _intact(folder, part)
    for part in manifest.parts:
        _store(stores, part).restore(folder, part)
    return manifest


def _relational(url: str) -> Store:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database:
        return SqliteStore(Path(parsed.database))
    if backend == "postgresql":
        return PostgresStore(url)
    raise Invalid("backup.unsupported", database=backend)


def _intact(folder: Path, part: Part) -> None:
    path = folder / part.file
    if not path.exists() or checksum(path) != part.sha256:
        raise Invalid("backup.damaged", file=part.file)


def _store(stores: Sequence[Store], part: Part) -> Store:
    found = next((store for store in stores if store.name == part.store), None)
    if found is None:
        raise Invalid("backup.manifest", store=part.store)
    return found
