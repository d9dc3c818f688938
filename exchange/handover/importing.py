"""Taking an archive in: every file goes the way of any upload, under message ids that make repeating harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from etl.api import Sender
from exchange.folders.manifest import Manifest
from exchange.folders.watching import load_file
from exchange.handover.archive import ArchivedUnit, BadArchive, CountyArchive, read_archive
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress
from health_platform.kernel.scope import system_scope
from registry.api import resolve_institution

_FIRST = "emr_patient_info"  # who the patients are comes before what happened to them


@dataclass(frozen=True)
class Imported:
    """What was landed; the pipeline loads it from here on."""

    files: int
    uploads: int
    rows: int


def import_county(platform: Platform, folder: Path, given: Mapping[int, int], progress: Progress | None = None) -> Imported:
    """Land every file of an archive in the name of its institution here.

    ``given`` maps institution ids of the archive to ids of this platform, for those that their codes do not find.

    Raises:
        BadArchive: incomplete or changed, or an institution is not registered here; nothing was landed then.
    """
    archive = read_archive(folder)
    senders = _senders(platform, archive, given)
    uploads = rows = 0
    for file in sorted(archive.files, key=lambda one: (one.dataset != _FIRST, one.path)):
        manifest = Manifest(f"county:{file.sha256[:40]}", file.dataset, file.sha256)
        taken = load_file(platform, senders[file.institution], folder / file.path, manifest, progress)
        uploads, rows = uploads + taken.uploads, rows + taken.rows
    return Imported(len(archive.files), uploads, rows)


def _senders(platform: Platform, archive: CountyArchive, given: Mapping[int, int]) -> dict[int, Sender]:
    found = {unit.id: _sender(platform, unit, given.get(unit.id)) for unit in archive.units}
    missing = [f"{unit.name} ({unit.id})" for unit in archive.units if found[unit.id] is None]
    if missing:
        raise BadArchive("not registered here: " + ", ".join(missing))
    return {key: sender for key, sender in found.items() if sender is not None}


def _sender(platform: Platform, unit: ArchivedUnit, here: int | None) -> Sender | None:
    if here is not None:
        return Sender(here, unit.division_code or platform.settings.city_division)
    with platform.database.unit_of_work(system_scope("county import")) as session:
        for code in unit.codes:
            if row := resolve_institution(session, code):
                return Sender(row.id, row.division_code or unit.division_code)
    return None
