"""Writing the archive of a county: every dataset row its institutions uploaded, as they would upload it again."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from etl.api import DocumentStore, ensure_tables
from exchange.handover.archive import FORM, ArchivedFile, ArchivedUnit, CountyArchive, RowFile, write_archive
from health_platform.access.api import prefix_of
from health_platform.datasets import api as datasets
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import Place, quote
from registry.api import identifiers_of, institution

Report = Callable[[int, int, int], None]  # files done, files in all, rows done


@dataclass(frozen=True)
class Export:
    """What to export and where to; ``report`` hears of every finished file."""

    division_code: str
    folder: Path
    report: Report


def export_county(platform: Platform, wanted: Export) -> CountyArchive:
    """Write the archive of a county. Repeating it writes the same files again."""
    ensure_tables(platform.warehouse)
    wanted.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    prefix = prefix_of(wanted.division_code)
    planned = [(name, unit) for name in datasets.catalogue() for unit in _units(platform, name, prefix)]
    files: list[ArchivedFile] = []
    for name, unit in planned:
        files.append(_write(platform, wanted.folder, prefix, name, unit))
        wanted.report(len(files), len(planned), sum(file.rows for file in files))
    units = [_unit(platform, unit) for unit in sorted({unit for _, unit in planned})]
    archive = CountyArchive(FORM, wanted.division_code, clock.now().isoformat(), units, files)
    write_archive(wanted.folder, archive)
    return archive


def _units(platform: Platform, name: str, prefix: str) -> list[int]:
    """Institutions of the county that uploaded rows of a dataset."""
    table = platform.warehouse.place.table(name)
    sql = f"SELECT DISTINCT institution FROM {table} WHERE startsWith(division_code, %(prefix)s) ORDER BY institution"  # noqa: S608 - a table of the catalogue
    return [int(row[0]) for row in platform.warehouse.execute(sql, {"prefix": prefix})]


def _write(platform: Platform, folder: Path, prefix: str, name: str, unit: int) -> ArchivedFile:
    definition = datasets.dataset(name)
    path = f"{unit}/{name}.ndjson"
    file = RowFile(folder / path)
    store = platform.service(DocumentStore)
    where = {"prefix": prefix, "unit": unit}
    for values in platform.warehouse.execute_iter(_rows(name, platform.warehouse.place), where):
        file.add(dict(_sent(definition, values, store)))
    return ArchivedFile(path, name, unit, file.rows, file.close())


def _rows(name: str, place: Place) -> str:
    """Written from the definition: no text of a caller goes into it."""
    columns = ", ".join(quote(field) for field in datasets.dataset(name).by_name)
    return (
        f"SELECT {columns} FROM {place.table(name)} FINAL"  # noqa: S608 - names of the catalogue
        " WHERE institution = %(unit)s AND startsWith(division_code, %(prefix)s) ORDER BY event_time, patient_key"
    )


def _sent(definition: datasets.Dataset, values: Any, store: DocumentStore) -> Iterator[tuple[str, str]]:
    """The row as an institution sends it: text values, files as base64, what is empty left out."""
    for (name, field), value in zip(definition.by_name.items(), values, strict=True):
        if value is None or value == "" or value == []:
            continue
        if isinstance(field, datasets.Document):
            yield name, base64.b64encode(b"".join(store.read(value))).decode()
        elif isinstance(value, datetime | date):
            yield name, value.isoformat()
        else:
            yield name, "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _unit(platform: Platform, unit: int) -> ArchivedUnit:
    with platform.database.unit_of_work(system_scope("county export")) as session:
        try:
            row = institution(session, unit)
        except NotFound:
            return ArchivedUnit(unit, str(unit), "")
        codes = [one.value for one in identifiers_of(session, "institution", unit)]
        own = [code for code in (row.code, row.code22) if code]
        return ArchivedUnit(unit, row.name, row.division_code or "", list(dict.fromkeys([*own, *codes])))
