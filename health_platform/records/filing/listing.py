"""Finding files: by number (any it ever had), by state, by village."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from health_platform.records.filing.models import FileNumber, HealthFile

SIZE = 20


@dataclass(frozen=True)
class FileFilter:
    """What to look for; empty means everything. ``number`` may be the beginning of a number."""

    number: str = ""
    state: str = ""
    division: str = ""
    page: int = 1


@dataclass(frozen=True)
class Found:
    """One page of files and how many there are."""

    rows: Sequence[HealthFile]
    total: int


def find_files(session: Session, wanted: FileFilter) -> Found:
    """Files of the caller's scope, newest change first."""
    statement = select(HealthFile)
    if wanted.number:
        numbers = select(FileNumber.file_id).where(FileNumber.number.startswith(wanted.number, autoescape=True))
        statement = statement.where(HealthFile.id.in_(numbers))
    if wanted.state:
        statement = statement.where(HealthFile.state == wanted.state)
    if wanted.division:
        statement = statement.where(HealthFile.division_code.startswith(wanted.division.rstrip("0"), autoescape=True))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    page = statement.order_by(HealthFile.changed_at.desc(), HealthFile.id.desc())
    return Found(session.scalars(page.limit(SIZE).offset((wanted.page - 1) * SIZE)).all(), total)
