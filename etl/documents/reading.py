"""Who may read a stored file, and which part of it was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.models import StoredDocument
from health_platform.access.api import document_access
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal, scope_of
from health_platform.records.api import PersonIndex

register_messages({"document.range": "请求的字节范围无效"})


class BadRange(Invalid):
    """Not a satisfiable single range of bytes."""

    status = 416


@dataclass(frozen=True)
class Wanted:
    """Part of a file: ``whole`` when no range was asked for."""

    start: int
    length: int
    size: int

    @property
    def whole(self) -> bool:
        return self.length == self.size

    @property
    def content_range(self) -> str:
        """As the header of a 206 answer."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


def readable(session: Session, index: PersonIndex | None, principal: Principal, digest: str) -> StoredDocument:
    """A stored file the caller may read: by jurisdiction or by a relationship with its person, with clearance for its
    class, and unless the person hides it from the caller.

    Raises:
        NotFound: ``document.unknown``, also for files the caller may not read.
    """
    with widened(session, "document by digest"):
        found = session.scalars(select(StoredDocument).where(StoredDocument.digest == digest)).all()
    persons = index.persons_of(session, [row.patient_key for row in found]) if index and found else {}
    for row in found:
        if _reaches(session, row, row.patient_key in persons) and _shown(session, principal, row, persons):
            return row
    raise NotFound("document.unknown")


def wanted(header: str, size: int) -> Wanted:
    """The part a Range header asks for (RFC 9110, one range); everything without one.

    Raises:
        BadRange: not a satisfiable single range of bytes.
    """
    if not header:
        return Wanted(0, size, size)
    unit, _, spans = header.partition("=")
    first, dash, last = spans.strip().partition("-")
    numbers = all(not part or (part.isdecimal() and len(part) < 16) for part in (first, last))
    if unit.strip() != "bytes" or not dash or not numbers or not (first or last):
        raise BadRange("document.range", size=size)
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        raise BadRange("document.range", size=size)
    return Wanted(start, end - start + 1, size)


def _reaches(session: Session, row: StoredDocument, related: bool) -> bool:
    scope = scope_of(session)
    inside = scope.covers_division(row.division_code) and scope.covers_line(row.line_code)
    return (inside or related) and (row.class_code is None or scope.covers_class(row.class_code))


def _shown(session: Session, principal: Principal, row: StoredDocument, persons: dict[int, int]) -> bool:
    person = persons.get(row.patient_key)
    if person is None:
        return True
    return document_access(session, principal, person).shows(row.class_code, row.row_key)
