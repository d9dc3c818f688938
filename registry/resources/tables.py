"""Sums of resources as tables: a row per area or institution, a column per kind; for pages and files."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.sheets import Heading, write_xlsx
from registry.divisions.codes import Level
from registry.divisions.reading import full_name, last_day, names
from registry.institutions.api import institutions_of
from registry.resources.definitions import KINDS
from registry.resources.service import Sum, by_area, by_institution

KIND_HEADINGS = tuple(Heading(kind.code, f"{kind.label}({kind.unit})") for kind in KINDS.values())
_SHEET = (Heading("basis", "口径"), Heading("key", "名称"), *KIND_HEADINGS)


@dataclass(frozen=True, slots=True)
class Sums:
    """Resources by area and by institution; each row has its name under ``key`` and the quantity of each kind it has."""

    day: date
    areas: list[dict[str, Any]]
    units: list[dict[str, Any]]


def sums(session: Session, query: Mapping[str, Any]) -> Sums:
    """The sums of a day (today), areas by the divisions of that day or (``shape_year``) of another year."""
    day, year = query["day"] or clock.today(), query["shape_year"]
    areas = by_area(session, day, Level(query["level"]), year)
    known = names(session, {one.key for one in areas}, last_day(year) if year else day)
    return Sums(
        day,
        _crossed((one.key, full_name(one.key, known) or one.key, one) for one in areas),
        _units(session, by_institution(session, day, query["under"])),
    )


def sums_file(session: Session, query: Mapping[str, Any]) -> bytes:
    """The same as XLSX, areas before institutions."""
    found = sums(session, query)
    lines = [("地区", row) for row in found.areas] + [("机构", row) for row in found.units]
    return write_xlsx(f"卫生资源统计{found.day}", _SHEET, ({**row, "basis": basis} for basis, row in lines))


def _units(session: Session, found: Sequence[Sum]) -> list[dict[str, Any]]:
    """Institutions of one name are rows of their own, told apart by their place."""
    units = institutions_of(session, {one.unit_id for one in found if one.unit_id is not None})
    places = names(session, {row.division_code or "" for row in units.values()})
    bearers = Counter(row.name for row in units.values())
    named = {
        row.id: f"{row.name}（{full_name(row.division_code or '', places)}）" if bearers[row.name] > 1 else row.name
        for row in units.values()
    }
    return _crossed((one.unit_id, named.get(one.unit_id or 0, one.key), one) for one in found)


def _crossed(keyed: Iterable[tuple[Any, str, Sum]]) -> list[dict[str, Any]]:
    rows: dict[Any, dict[str, Any]] = {}
    for key, name, one in keyed:
        rows.setdefault(key, {"key": name})[one.kind] = one.quantity
    return list(rows.values())
