"""The registry of standards as the pipeline asks it: the standard code of each code an institution wrote.

A confirmed mapping of the institution decides. Without one, a code that the table in force knows counts as standard, but
only as long as the institution has no mapping of its own in that table: who numbers some values differently may number
all of them differently. A table without content cannot judge; its codes pass as they are.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.divisions.codes import pad
from registry.divisions.models import DivisionRow
from registry.identifiers import ExternalId
from registry.institutions.models import Institution
from registry.standards.lookup import CodeMapper
from registry.standards.mapper import code_mapper
from registry.standards.mapping import Seen, report_codes
from registry.standards.models import SourceSystem
from registry.standards.sources import SourceDraft, put_source
from registry.standards.systems import codes_in_force

REGISTERS: Final = frozenset({"division", "institution"})
"""Tables that are registers of their own: their codes are looked up, never mapped."""


class Sender(Protocol):
    """The institution that uploads."""

    @property
    def institution_id(self) -> int: ...

    @property
    def division_code(self) -> str: ...


class NamedTable(Protocol):
    """A value set that names its code table."""

    @property
    def table(self) -> str: ...


class CodeTranslator(Protocol):
    """The pipeline's port of the same name, under which the platform finds it; the pipeline stands above the registry."""

    def translate(
        self, session: Session, sender: Sender, value_set: NamedTable, codes: Iterable[str]
    ) -> Mapping[str, str | None]:
        """The standard code of each written code; ``None`` where neither table nor mapping knows it."""


class StandardCodes:
    """Translates codes by the registry; codes nobody knows are listed as unmapped at once."""

    def translate(
        self, session: Session, sender: Sender, value_set: NamedTable, codes: Iterable[str]
    ) -> Mapping[str, str | None]:
        """See :class:`CodeTranslator`."""
        wanted = sorted({code for code in codes if code})
        if value_set.table == "division":
            return _known_divisions(session, wanted)
        if value_set.table == "institution":
            return _known_institutions(session, wanted)
        found = _translated(session, source_of(session, sender), value_set.table, wanted)
        unknown = [Seen(code, 0) for code, target in found.items() if target is None]
        if unknown:
            report_codes(session, source_of(session, sender), value_set.table, unknown)
        return found


def source_of(session: Session, sender: Sender) -> str:
    """The source system of an institution's uploads, entered when it is first met; its code is the institution's id."""
    code = f"I{sender.institution_id}"
    if session.scalar(select(SourceSystem.id).where(SourceSystem.code == code)) is None:
        unit = session.get(Institution, sender.institution_id)
        name = unit.name if unit else code
        put_source(session, SourceDraft(code, name, sender.division_code, sender.institution_id))
    return code


def institution_of_source(session: Session, code: str) -> int | None:
    """The institution behind a source system; None for a source that stands for none."""
    return session.scalar(select(SourceSystem.institution_id).where(SourceSystem.code == code))


def _translated(session: Session, source: str, table: str, codes: Iterable[str]) -> dict[str, str | None]:
    mapper: CodeMapper = code_mapper(session, source)
    if table in mapper.tables:
        targets = mapper.table(table).targets
        return {code: targets.get(code) for code in codes}
    standard = codes_in_force(session, table)
    return {code: code if code in standard or not standard else None for code in codes}


def _known_divisions(session: Session, codes: list[str]) -> dict[str, str | None]:
    """Codes of any year count: a record keeps the code it was written with."""
    padded = {code: pad(code) for code in codes}
    known = set(session.scalars(select(DivisionRow.code).where(DivisionRow.code.in_(sorted(set(padded.values()))))))
    return {code: full if full in known else None for code, full in padded.items()}


def _known_institutions(session: Session, codes: list[str]) -> dict[str, str | None]:
    """An institution keeps the code it was named by, if any of its codes is that."""
    if session.scalar(select(ExternalId.id).where(ExternalId.kind == "institution").limit(1)) is None:
        return dict(zip(codes, codes, strict=True))
    query = select(ExternalId.value).where(ExternalId.kind == "institution", ExternalId.value.in_(codes))
    known = set(session.scalars(query))
    return {code: code if code in known else None for code in codes}
