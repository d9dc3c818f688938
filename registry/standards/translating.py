"""The registry of standards as the pipeline asks it: the standard code of each code an institution wrote.

A confirmed mapping of the institution decides. Without one, a code that the table in force knows counts as standard, but
only as long as the institution has no mapping of its own in that table: who numbers some values differently may number
all of them differently. A table without content cannot judge; its codes pass as they are.
"""

from collections.abc import Callable, Iterable, Mapping
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
from registry.standards.systems import tables_in_force


class Sender(Protocol):
    """The institution that uploads."""

    @property
    def institution_id(self) -> int: ...

    @property
    def division_code(self) -> str: ...


Found = Mapping[str, str | None]


class CodeTranslator(Protocol):
    """The pipeline's port of the same name, under which the platform finds it; the pipeline stands above the registry."""

    def translate(self, session: Session, sender: Sender, wanted: Mapping[str, Iterable[str]]) -> Mapping[str, Found]:
        """By code table: the standard code of each written code; ``None`` where neither table nor mapping knows it."""


class StandardCodes:
    """Translates codes by the registry; codes nobody knows are listed as unmapped at once."""

    def translate(self, session: Session, sender: Sender, wanted: Mapping[str, Iterable[str]]) -> Mapping[str, Found]:
        """See :class:`CodeTranslator`. A handful of queries, however many tables are asked for."""
        written = {table: sorted({code for code in codes if code}) for table, codes in wanted.items()}
        found: dict[str, Found] = {table: REGISTERS[table](session, written[table]) for table in REGISTERS if table in written}
        if mapped := {table: codes for table, codes in written.items() if table not in REGISTERS}:
            found |= self._mapped(session, source_of(session, sender), mapped)
        return found

    def _mapped(self, session: Session, source: str, written: Mapping[str, list[str]]) -> dict[str, Found]:
        found = _translated(session, source, written)
        for table, targets in found.items():
            if unknown := [Seen(code, 0) for code, target in targets.items() if target is None]:
                report_codes(session, source, table, unknown)
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


def _translated(session: Session, source: str, written: Mapping[str, list[str]]) -> dict[str, Found]:
    mapper: CodeMapper = code_mapper(session, source)
    standards = tables_in_force(session, [table for table in written if table not in mapper.tables])
    found: dict[str, Found] = {}
    for table, codes in written.items():
        if table in mapper.tables:
            targets = mapper.table(table).targets
            found[table] = {code: targets.get(code) for code in codes}
        else:
            standard = standards[table]
            found[table] = {code: code if code in standard or not standard else None for code in codes}
    return found


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


REGISTERS: Final[Mapping[str, Callable[[Session, list[str]], Found]]] = {
    "division": _known_divisions,
    "institution": _known_institutions,
}
"""Tables that are registers of their own: their codes are looked up, never mapped."""
