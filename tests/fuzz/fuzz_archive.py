"""Fuzz the reader of a county's list of contents: python -m tests.fuzz.fuzz_archive [-runs=5000000] [corpus folder]

Whatever the bytes: refused with a reason, or a list of which every file names a known dataset and a listed institution.
"""

from __future__ import annotations

import atheris
import msgspec

with atheris.instrument_imports(include=["exchange.handover.archive"]):
    from exchange.handover.archive import FORM, ArchivedFile, ArchivedUnit, BadArchive, CountyArchive, read_list
from health_platform.datasets.api import catalogue
from tests.fuzz.driving import fuzz


def exercise(data: bytes) -> None:
    """Read a list of contents."""
    try:
        archive = read_list(data)
    except BadArchive as error:
        assert str(error)
        return
    units = {unit.id for unit in archive.units}
    assert archive.form == FORM
    assert all(file.dataset in catalogue() and file.institution in units for file in archive.files)
    assert read_list(msgspec.json.encode(archive)) == archive


def seeds() -> list[bytes]:
    """A whole list, and ones with each fault."""
    unit = ArchivedUnit(1, "县医院", "411525000000", ["411525PDY00001"])
    told = (("1/visit.ndjson", "visit", 1), ("1/x", "x", 1), ("2/visit", "visit", 2), ("1/\0", "visit", 1))
    files = [ArchivedFile(path, name, at, 1, "0" * 64) for path, name, at in told]
    lists = [CountyArchive(form, "411525000000", "", [unit], [file]) for file in files for form in (FORM, FORM + 1)]
    return [msgspec.json.encode(one) for one in lists] + [b"", b"{}"]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=512)
