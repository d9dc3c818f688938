"""Files of the platform beside its databases: the key ring, without which encrypted fields stay closed, and documents."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from health_platform.kernel.backup.manifest import Digest, Kind, Part, checksum, seal, size_of
from health_platform.kernel.errors import Conflict


class FolderStore:
    """A file or folder that is copied as it is; documents are stored encrypted and never change once written."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    @property
    def present(self) -> bool:
        return self._path.exists()

    def save(self, folder: Path, kind: Kind) -> Part:
        """Copy it."""
        target = folder / self.name
        _copy(self._path, target)
        return seal(folder, self.name, kind, self.name, {"": _digest(target)})

    def verify(self, folder: Path, part: Part) -> Mapping[str, Digest]:
        """Copy it back to a scratch place and digest it."""
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            target = Path(scratch, part.file)
            _copy(folder / part.file, target)
            return {"": _digest(target)}

    def restore(self, folder: Path, part: Part) -> None:
        """Put it in place.

        Raises:
            Conflict: something is there.
        """
        if self._path.exists() and size_of(self._path):
            raise Conflict("backup.not_empty", target=str(self._path))
        if self._path.is_file():
            self._path.unlink()
        _copy(folder / part.file, self._path)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy2(source, target)
        target.chmod(0o600)
    else:
        shutil.copytree(source, target, dirs_exist_ok=True)


def _digest(path: Path) -> Digest:
    return size_of(path), int(checksum(path)[:15], 16)


class KeyStore(FolderStore):
    """The key ring. A fresh platform has made one of its own, with which nothing is encrypted yet: it is laid aside."""

    def restore(self, folder: Path, part: Part) -> None:
        """Put the key ring in place; an existing one stays beside it as ``<name>.replaced``."""
        if self._path.exists():
            self._path.replace(self._path.with_name(f"{self._path.name}.replaced"))
        super().restore(folder, part)
