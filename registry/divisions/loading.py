"""Loading the divisions of a region from a file: Xinyang's come with the platform, any other city from outside."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid
from health_platform.kernel.sheets import Heading, numbered_table
from registry.definitions.problems import finding
from registry.divisions.answering import must_answer_for_region
from registry.divisions.atlas import Division
from registry.divisions.changing import division_row
from registry.divisions.codes import Level, holds, level_of, pad, parent_of
from registry.divisions.models import DivisionRow
from registry.divisions.reading import EARLIEST
from registry.divisions.schemas import DIVISION_KINDS, kind_of
from registry.importing import ADDED, SAME, Effect, ImportResult
from registry.refusals import in_cells

SHEET = (
    Heading("code", "代码", True),
    Heading("name", "名称", True),
    Heading("kind", "类型"),
    Heading("area", "所属管理区"),
    Heading("area_mark", "管理区待确认"),
)
_FIELDS = {"name_missing": "name", "kind_unknown": "kind", "area_unknown": "area"}


def load_shipped(session: Session) -> int:
    """Load the province, the city, the counties and the townships of Xinyang; returns how many were new."""
    text = files("registry.divisions").joinpath("definitions/xinyang.csv").read_text("utf-8")
    return load(session, csv.DictReader(io.StringIO(text)))


def load(session: Session, rows: Iterable[Mapping[str, str]]) -> int:
    """Add divisions that were never known before; returns how many. Known codes are left as they are.

    Each row has ``code`` (2, 4, 6, 9 or 12 digits), ``name`` and optionally ``kind``, ``area`` (the managed area that runs
    it) and ``area_mark`` (anything: the area still has to be compared with a document).

    Raises:
        Invalid: ``division.load`` with the number and the fault of every wrong row; nothing is loaded.
    """
    given = [_division(row) for row in rows]
    known = set(session.scalars(select(DivisionRow.code)))
    if found := _faults(given, known):
        raise Invalid("division.load", findings=found[:100])
    new = {one.code: one for one in given if one.code not in known}
    session.add_all(division_row(one, EARLIEST) for one in new.values())
    session.flush()
    return len(new)


def import_file(session: Session, content: bytes, apply: bool = True) -> ImportResult:
    """Load the divisions of a file, or (``apply`` false) tell what it would add.

    A file with a wrong row adds nothing: divisions hang together, and half a tree would be no map.

    Raises:
        Denied: ``division.not_the_region``; ``Invalid``: the file cannot be read.
    """
    must_answer_for_region(session)
    rows = numbered_table(content, SHEET)
    given = [_division(row) for _, row in rows]
    known = set(session.scalars(select(DivisionRow.code)))
    result = ImportResult(apply)
    for fault in _faults(given, known):
        number, cells = rows[int(fault["row"]) - 1]
        told = in_cells([fault], SHEET, cells)
        result.findings.append({"row": number, "code": "division.load", "message": fault["problem"], "findings": told})
    if result.findings:
        return result
    for (number, _), one in zip(rows, given, strict=True):
        result.count(number, Effect(SAME if one.code in known else ADDED, f"{one.name}({one.code})"))
    if apply:
        load(session, (row for _, row in rows))
    return result


def _division(row: Mapping[str, str]) -> Division:
    return Division(
        pad(row.get("code", "")),
        row.get("name", "").strip(),
        kind_of((row.get("kind") or "").strip()),
        pad(row["area"]) if row.get("area") else None,
        bool(row.get("area_mark")),
    )


def _faults(given: list[Division], known: set[str]) -> list[dict[str, str | int]]:
    codes = known | {one.code for one in given if holds(one.code)}
    said = Counter(one.code for one in set(given))  # lists of the country name a city without counties twice, and alike
    found: list[dict[str, str | int]] = []
    for number, one in enumerate(given, 1):
        if rule := _fault(one, codes) or ("code_differs" if said[one.code] > 1 else None):
            found.append({"row": number, "division": one.code, **finding(_FIELDS.get(rule, "code"), rule)})
    return found


def _fault(one: Division, codes: set[str]) -> str | None:
    if not holds(one.code):
        return "code_shape"
    if not one.name:
        return "name_missing"
    if one.kind not in DIVISION_KINDS:
        return "kind_unknown"
    if level_of(one.code) > Level.CITY and parent_of(one.code) not in codes:
        return "parent_unknown"
    if one.area is not None and one.area not in codes:
        return "area_unknown"
    return None
