"""The archive: a folder per institution in the form of the watched folders, and ``county.json`` written last.

``county.json`` says which division, which institutions (by code and name: ids differ between platforms) and, of every file,
its digest and rows. Without it an archive is not complete.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from health_platform.datasets.api import catalogue

NAME: Final = "county.json"
FORM: Final = 1


class ArchivedUnit(msgspec.Struct, frozen=True):
    """An institution of the county."""

    id: int
    name: str
    division_code: str
    codes: list[str] = []


class ArchivedFile(msgspec.Struct, frozen=True):
    """One file: rows of one dataset of one institution, as NDJSON."""

    path: str
    dataset: str
    institution: int
    rows: int
    sha256: str


class CountyArchive(msgspec.Struct, frozen=True):
    """What an archive holds."""

    form: int
    division_code: str
    made_at: str
    units: list[ArchivedUnit]
    files: list[ArchivedFile]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


class BadArchive(ValueError):
    """The archive is incomplete or not what it says; the text says why."""


def write_archive(folder: Path, archive: CountyArchive) -> None:
    """Write the list of contents: the archive is complete from now on."""
    unfinished = folder / f".{NAME}"
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(archive), indent=1))
    unfinished.rename(folder / NAME)


def read_archive(folder: Path) -> CountyArchive:
    """
    Raises:
        BadArchive: no list of contents, another form, a file that is missing or changed.
    """
    try:
        content = (folder / NAME).read_bytes()
    except OSError as error:
        raise BadArchive(f"{NAME}: {error}") from error
    archive = read_list(content)
    for file in archive.files:
        path = folder / file.path
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise BadArchive(f"{file.path} is missing")
        with open(path, "rb") as rows:
            if hashlib.file_digest(rows, "sha256").hexdigest() != file.sha256:
                raise BadArchive(f"{file.path} was changed")
    return archive


def read_list(content: bytes) -> CountyArchive:
    """The list of contents in these bytes; every file is of a known dataset and of an institution that the list names.

    Raises:
        BadArchive: it is not so.
    """
    try:
        archive = msgspec.json.decode(content, type=CountyArchive)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadArchive(f"{NAME}: {error}") from error
    if archive.form != FORM:
        raise BadArchive(f"{NAME}: form {archive.form} is not known")
    units, datasets = {unit.id for unit in archive.units}, catalogue()
    for file in archive.files:
        if not file.path.isprintable():
            raise BadArchive(f"{file.path!r} is no path")
        if file.institution not in units:
            raise BadArchive(f"{file.path}: the list names no institution {file.institution}")
        if file.dataset not in datasets:
            raise BadArchive(f"{file.path}: dataset {file.dataset} is not known")
    return archive


@dataclass
class RowFile:
    """A file being written, with its digest."""

    path: Path
    rows: int = 0

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[bytes] = open(self.path, "wb")  # noqa: SIM115 - closed by ``close``
        self._digest = hashlib.sha256()

    def add(self, row: dict[str, str]) -> None:
        line = msgspec.json.encode(row) + b"\n"
        self._file.write(line)
        self._digest.update(line)
        self.rows += 1

    def close(self) -> str:
        """The digest of the whole file."""
        self._file.close()
        return self._digest.hexdigest()
