"""Reading and editing the grid's two tables: levels and lines."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from health_platform.access.authority.models import Level, Line


@dataclass(frozen=True)
class GridEntry:
    """One level or line."""

    code: str
    label: str
    position: int
    covers_all: bool = False


def put_level(session: Session, entry: GridEntry) -> Level:
    """Add or rename a level."""
    row = session.get(Level, entry.code) or Level(code=entry.code)
    row.label, row.position = entry.label, entry.position
    session.add(row)
    session.flush()
    return row


def put_line(session: Session, entry: GridEntry) -> Line:
    """Add or rename a line; grants made before keep the lines they were made with."""
    row = session.get(Line, entry.code) or Line(code=entry.code)
    row.label, row.position, row.covers_all = entry.label, entry.position, entry.covers_all
    session.add(row)
    session.flush()
    return row
