"""Loading the divisions of a region from a file: Xinyang's come with the platform, any other city from outside."""

import csv
import io
from collections.abc import Iterable, Mapping
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid
from registry.definitions.problems import PROBLEMS
from registry.divisions.atlas import Division
from registry.divisions.changing import division_row
from registry.divisions.codes import Level, holds, level_of, pad, parent_of
from registry.divisions.models import DivisionRow
from registry.divisions.reading import EARLIEST

KINDS = ("statutory", "statistical", "managed")


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


def _division(row: Mapping[str, str]) -> Division:
    return Division(
        pad(row.get("code", "")),
        row.get("name", "").strip(),
        (row.get("kind") or "statutory").strip(),
        pad(row["area"]) if row.get("area") else None,
        bool(row.get("area_mark")),
    )


def _faults(given: list[Division], known: set[str]) -> list[dict[str, str | int]]:
    codes = known | {one.code for one in given if holds(one.code)}
    found: list[dict[str, str | int]] = []
    for number, one in enumerate(given, 1):
        if fault := _fault(one, codes):
            found.append({"row": number, "division": one.code, "rule": fault, "problem": PROBLEMS[fault]})
    return found


def _fault(one: Division, codes: set[str]) -> str | None:
    if not holds(one.code):
        return "code_shape"
    if not one.name:
        return "name_missing"
    if one.kind not in KINDS:
        return "kind_unknown"
    if level_of(one.code) > Level.CITY and parent_of(one.code) not in codes:
        return "parent_unknown"
    if one.area is not None and one.area not in codes:
        return "area_unknown"
    return None
