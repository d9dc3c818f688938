"""What a backup holds, as a JSON file beside it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from health_platform.kernel.errors import Invalid, register_messages

register_messages(
    {
        "backup.manifest": "该文件夹不是有效的备份",
        "backup.damaged": "备份文件损坏",
        "backup.differs": "备份恢复后与原数据不一致",
        "backup.not_empty": "恢复目标不是空的,为避免覆盖数据已停止",
        "backup.files_first": "请先停止数据库服务,将备份中的数据文件放回数据目录并启动,再执行恢复",
        "backup.unsupported": "该数据库不能用此命令备份",
        "backup.tool": "备份工具执行失败",
        "backup.exists": "备份文件夹已存在",
    }
)

Kind = Literal["logical", "physical"]
NAME = "manifest.json"

Digest = tuple[int, int]
"""Rows of a table, and a checksum over their contents that does not depend on their order."""


@dataclass(frozen=True)
class Part:
    """One store's share: file or folder name, size in bytes, SHA-256 (of a folder: over its files), digests by table."""

    store: str
    kind: Kind
    file: str
    size: int
    sha256: str
    tables: Mapping[str, Digest]


@dataclass(frozen=True)
class Manifest:
    """A backup. ``verified_at`` is None until every part was restored and compared."""

    created_at: str
    kind: Kind
    parts: tuple[Part, ...]
    verified_at: str | None = None

    def verified(self, at: datetime) -> Manifest:
        return replace(self, verified_at=at.isoformat())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    path = folder / NAME
    path.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
    path.chmod(0o600)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup folder.

    Raises:
        Invalid: the folder holds no readable manifest.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        parts = tuple(_part(part) for part in content.pop("parts"))
        return Manifest(parts=parts, **content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid("backup.manifest", folder=str(folder)) from error


def seal(folder: Path, store: str, kind: Kind, file: str, tables: Mapping[str, Digest]) -> Part:
    """The manifest entry of a file or folder just written."""
    path = folder / file
    return Part(store, kind, file, size_of(path), checksum(path), tables)


def size_of(path: Path) -> int:
    return sum(one.stat().st_size for one in _files(path))


def checksum(path: Path) -> str:
    """SHA-256 of a file; of a folder, over the relative names and contents of its files."""
    digest = hashlib.sha256()
    for one in _files(path):
        if path.is_dir():
            digest.update(str(one.relative_to(path)).encode() + b"\0")
        with one.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(Path(root, name) for root, _, names in os.walk(path) for name in names)


def _part(content: dict[str, object]) -> Part:
    tables = {name: (int(rows), int(total)) for name, (rows, total) in content.pop("tables").items()}  # type: ignore[attr-defined]
    return Part(tables=tables, **content)  # type: ignore[arg-type]
