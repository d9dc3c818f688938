"""Taking files out of the inbox: check, cut, land every piece, then put the file aside.

The inbox has a folder per institution, named by its id. A file goes to ``done`` when all its pieces are stored, to
``failed`` with the reason in a text file beside it otherwise. A crash in between repeats pieces under the same message ids,
which changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from etl.api import Sender, Upload, accept
from exchange.folders.cutting import pieces
from exchange.folders.manifest import LONGEST, SUFFIX, BadFile, Manifest, format_of, read_manifest, verify
from health_platform.access.api import UnitDirectory
from health_platform.kernel.errors import PlatformError, Unavailable, Upstream
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress
from health_platform.kernel.scope import system_scope

SOURCE = "folder"
SETTLED_SECONDS = 10.0
"""A file or manifest that is wrong is looked at again until nobody has written to it for so long."""
PASSING = (Unavailable, Upstream, OperationalError, OSError)
"""Failures of the surroundings: the file is taken at a later look."""
log = logging.getLogger("exchange.folders")


@dataclass(frozen=True)
class Taken:
    """A file that was taken: how many uploads it became and how many rows they hold."""

    file: str
    uploads: int
    rows: int
    problem: str = ""


def inbox_of(platform: Platform) -> Path:
    """Where institutions put their files."""
    return platform.settings.home / "inbox"


def watch(platform: Platform, every: float) -> None:
    """Take files for ever."""
    while True:
        if not any(take_all(platform)):
            time.sleep(every)


def take_all(platform: Platform) -> list[Taken]:
    """Take every complete file of every institution."""
    return [taken for path in _waiting(inbox_of(platform)) if (taken := _take(platform, path))]


def load_file(platform: Platform, sender: Sender, path: Path, manifest: Manifest, progress: Progress | None = None) -> Taken:
    """Land a file piece by piece.

    Raises:
        BadFile: it is not what the manifest says, or cannot be read. PlatformError: landing refused a piece.
    """
    kind, uploads, rows = format_of(path), 0, 0
    try:
        for format_, content, count in _checked_pieces(path, kind, manifest):
            name = f"{manifest.message_id}#{uploads}"
            upload = Upload(sender, manifest.dataset, name, content, format_, manifest.operation, SOURCE)
            with platform.database.unit_of_work(system_scope("watched folder")) as session:
                accept(session, upload)
            uploads, rows = uploads + 1, rows + count
            if progress:
                progress.advance(count)
    except BadFile as error:
        raise BadFile(f"{error}（此前 {rows} 行已接收）" if rows else str(error)) from error
    return Taken(path.name, uploads, rows)


def _checked_pieces(path: Path, format_: str, manifest: Manifest) -> Iterator[tuple[str, bytes, int]]:
    """The pieces of a file whose digest holds: of the very file that was checked, whatever is put in its place meanwhile."""
    with open(path, "rb") as file:
        encoding = verify(file, manifest.sha256)
        file.seek(0)
        yield from pieces(file, format_, encoding)


def sender_of(platform: Platform, institution_id: int) -> Sender:
    """The institution with its division; the platform's own region when no register of institutions is installed."""
    directory = platform.services.get(UnitDirectory.__qualname__)
    if directory is None:
        return Sender(institution_id, platform.settings.city_division)
    with platform.database.unit_of_work(system_scope("watched folder")) as session:
        unit = directory.unit(session, institution_id)
    if unit is None:
        raise BadFile(f"没有编号为 {institution_id} 的机构")
    return Sender(institution_id, unit.division_code)


def _waiting(inbox: Path) -> Iterator[Path]:
    for manifest in sorted(inbox.glob(f"*/*{SUFFIX}")):
        if manifest.parent.name.isdecimal() and not manifest.is_symlink():
            yield manifest


def _take(platform: Platform, manifest_path: Path) -> Taken | None:
    """Take one file; None when it stays where it is for a later look."""
    path = manifest_path.with_name(manifest_path.name.removesuffix(SUFFIX))
    try:
        taken = _judged(platform, path, manifest_path)
        if taken is not None:
            _put_aside(path, manifest_path, taken.problem)
            log.info("file taken", extra={"facts": {"file": taken.file, "rows": taken.rows, "problem": taken.problem}})
    except PASSING:
        log.warning("file left for later", extra={"facts": {"file": path.name}}, exc_info=True)
        return None
    return taken


def _judged(platform: Platform, path: Path, manifest_path: Path) -> Taken | None:
    try:
        return _taken(platform, path, manifest_path)
    except PASSING:
        raise
    except Exception as error:  # whatever is wrong with one file must not stop those behind it
        log.exception("file not taken", extra={"facts": {"file": path.name}})
        return Taken(path.name, 0, 0, f"处理文件时出错: {type(error).__name__}")


def _taken(platform: Platform, path: Path, manifest_path: Path) -> Taken | None:
    try:
        if path.is_symlink() or not path.is_file():
            raise BadFile("清单所指的文件不存在")
        with open(manifest_path, "rb") as written:
            manifest = read_manifest(written.read(LONGEST))
        return load_file(platform, sender_of(platform, int(manifest_path.parent.name)), path, manifest)
    except PASSING:
        raise
    except (BadFile, PlatformError) as error:
        if _being_written(path, manifest_path):
            return None
        return Taken(path.name, 0, 0, error.message if isinstance(error, PlatformError) else str(error))


def _being_written(*paths: Path) -> bool:
    """Not every sender puts a file down at once; what has just been written may be whole at the next look."""
    written = [path.stat().st_mtime for path in paths if path.is_file()]
    return 0 <= time.time() - max(written, default=0) < SETTLED_SECONDS


def _put_aside(path: Path, manifest_path: Path, problem: str) -> None:
    target = path.parent / ("failed" if problem else "done")
    target.mkdir(exist_ok=True)
    if problem:
        (target / f"{path.name}.error.txt").write_text(problem + "\n", encoding="utf-8")
    if path.is_file():
        path.rename(target / path.name)
    manifest_path.rename(target / manifest_path.name)
