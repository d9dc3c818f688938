"""Local codes of source systems: what arrives unmapped, what is declared standard, and how far it is mapped.

A mapping applies to data that arrives later; ``reapply`` asks the pipeline to map what is stored again. Decisions are made in
``deciding``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.errors import Conflict, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal
from registry.events import MappingChanged
from registry.paging import Paged, ordering, paged
from registry.standards.models import UNMAPPED, Adoption, LocalCode, MappingLog, SourceSystem
from registry.standards.sources import source
from registry.standards.systems import current, system

_SORTS = {
    "code": LocalCode.code,
    "name": LocalCode.name,
    "system_code": LocalCode.system_code,
    "rows_seen": LocalCode.rows_seen,
    "state": LocalCode.state,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A local code in a batch: how many rows carry it, and the name sent beside it."""

    code: str
    rows: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class LocalFilter:
    """Which local codes to list."""

    source: str | None = None
    system: str | None = None
    state: str | None = None
    text: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the codes of one source are mapped to one code system, by codes and by rows (0 to 1)."""

    source: str
    source_name: str
    institution_id: int | None
    system: str
    codes: int
    mapped: int
    rows: int
    rows_mapped: int

    @property
    def share(self) -> float:
        """Mapped rows over rows; 1 when nothing arrived yet."""
        return self.rows_mapped / self.rows if self.rows else 1.0

    @property
    def gap(self) -> int:
        """Rows that carry a code nobody decided about."""
        return self.rows - self.rows_mapped


@dataclass(frozen=True, slots=True)
class CoverageFilter:
    """Which lines of the coverage to show, and in which order; ``gaps``: only tables with undecided codes."""

    text: str = ""
    system: str = ""
    gaps: bool = False
    sort: str = ""


_COVERAGE_SORTS = ("source_name", "system", "codes", "mapped", "rows", "gap", "share")


def report_codes(session: Session, source_code: str, system_code: str, seen: Iterable[Seen]) -> int:
    """Count local codes of a batch, adding those never seen as unmapped; returns how many are new.

    The pipeline calls this for codes without a mapping; whoever knows a source's dictionary may call it with zero rows.
    """
    owner = source(session, source_code)
    given: dict[str, Seen] = {}
    for one in seen:
        if code := one.code[:64]:
            before = given.get(code, Seen(code, 0))
            given[code] = Seen(code, before.rows + one.rows, one.name or before.name)
    known, now = rows_of(session, owner.id, system_code, list(given)), clock.now()
    place = {"institution_id": owner.institution_id, "division_code": owner.division_code, "line_code": owner.line_code}
    fixed = {"source_id": owner.id, "system_code": system_code, "state": UNMAPPED, "first_seen": now, "last_seen": now, **place}
    new = [one for code, one in given.items() if code not in known]
    insert_rows(
        session,
        LocalCode,
        [{**fixed, "id": new_id(), "code": one.code, "name": one.name[:255], "rows_seen": one.rows} for one in new],
    )
    write_codes(
        session,
        [
            {
                "id": row.id,
                "rows_seen": row.rows_seen + given[code].rows,
                "name": given[code].name[:255] or row.name,
                "last_seen": now,
            }
            for code, row in known.items()
        ],
    )
    return len(new)


def local_codes(session: Session, wanted: LocalFilter) -> Paged[LocalCode]:
    """Local codes the caller may see; those that most rows carry come first."""
    query = select(LocalCode)
    if wanted.source:
        query = query.where(LocalCode.source_id == source(session, wanted.source).id)
    if wanted.system:
        query = query.where(LocalCode.system_code == wanted.system)
    if wanted.state:
        query = query.where(LocalCode.state == wanted.state)
    if text := wanted.text.strip():
        query = query.where(LocalCode.code.startswith(text, autoescape=True) | LocalCode.name.contains(text, autoescape=True))
    ordered = query.order_by(
        *ordering(wanted.sort, _SORTS, (LocalCode.rows_seen.desc(), LocalCode.system_code, LocalCode.code, LocalCode.id))
    )
    return paged(session, ordered, wanted.page, wanted.size)


def local_code(session: Session, local_id: int) -> LocalCode:
    """One local code the caller may see.

    Raises:
        NotFound: ``mapping.code_unknown``.
    """
    row = session.scalar(select(LocalCode).where(LocalCode.id == local_id))
    if row is None:
        raise NotFound("mapping.code_unknown", local_ids=[str(local_id)])
    return row


def adopt(session: Session, principal: Principal, source_code: str, system_code: str, standard: bool) -> None:
    """Record that a source sends the standard codes themselves, or that it does not after all."""
    owner = source(session, source_code)
    system(session, system_code)
    query = select(Adoption).where(Adoption.source_id == owner.id, Adoption.system_code == system_code)
    row = session.scalar(query)
    if (row is not None) == standard:
        return
    if row is not None:
        session.delete(row)
    else:
        session.add(
            Adoption(
                source_id=owner.id,
                institution_id=owner.institution_id,
                division_code=owner.division_code,
                line_code=owner.line_code,
                system_code=system_code,
                decided_by=principal.name,
                decided_at=clock.now(),
            )
        )
    announce(session, {(owner.id, system_code): owner}, new_id())


def adopted(session: Session) -> set[tuple[str, str]]:
    """The sources and code systems for which somebody declared that the standard codes themselves are sent."""
    query = select(SourceSystem.code, Adoption.system_code).join(SourceSystem, SourceSystem.id == Adoption.source_id)
    return {(source_code, system_code) for source_code, system_code in session.execute(query)}


def reapply(session: Session, source_code: str, system_code: str) -> None:
    """Ask the pipeline to map the stored rows of a source again."""
    owner = source(session, source_code)
    if current(session, system_code) is None:
        raise Conflict("standard.empty", system=system_code)
    publish(session, MappingChanged(owner.code, system_code, owner.mapping_version, reapply=True))


def coverage(session: Session, system_code: str | None = None) -> list[Coverage]:
    """Mapped and unmapped codes per source and code system, the most unmapped rows first."""
    settled = LocalCode.state != UNMAPPED
    query = (
        select(
            SourceSystem.code,
            SourceSystem.name,
            SourceSystem.institution_id,
            LocalCode.system_code,
            func.count(LocalCode.id),
            func.sum(case((settled, 1), else_=0)),
            func.sum(LocalCode.rows_seen),
            func.sum(case((settled, LocalCode.rows_seen), else_=0)),
        )
        .join(SourceSystem, SourceSystem.id == LocalCode.source_id)
        .group_by(SourceSystem.code, SourceSystem.name, SourceSystem.institution_id, LocalCode.system_code)
    )
    if system_code:
        query = query.where(LocalCode.system_code == system_code)
    found = [Coverage(*row[:4], *(int(number) for number in row[4:])) for row in session.execute(query)]
    return sorted(found, key=lambda one: (one.rows_mapped - one.rows, one.source, one.system))


def found_coverage(session: Session, wanted: CoverageFilter) -> list[Coverage]:
    """The coverage of some sources and tables, in a chosen order."""
    rows = [one for one in coverage(session, wanted.system or None) if wanted.text in f"{one.source_name} {one.source}"]
    kept = [one for one in rows if not wanted.gaps or one.mapped < one.codes]
    key = wanted.sort.removeprefix("-")
    if key in _COVERAGE_SORTS:
        kept.sort(key=lambda one: getattr(one, key), reverse=wanted.sort.startswith("-"))
    return kept


def history(session: Session, local_id: int) -> list[MappingLog]:
    """Every decision about a local code, newest first."""
    local_code(session, local_id)
    query = select(MappingLog).where(MappingLog.local_id == local_id).order_by(MappingLog.at.desc())
    return list(session.scalars(query))


def announce(session: Session, touched: Mapping[tuple[int, str], SourceSystem], stamp: int) -> None:
    """Give every source whose mappings changed its new version, and tell the platform, once per source and table."""
    for owner in touched.values():
        owner.mapping_version = stamp
    session.flush()
    for (_, system_code), owner in touched.items():
        publish(session, MappingChanged(owner.code, system_code, owner.mapping_version))


def rows_of(session: Session, source_id: int, system_code: str, codes: Sequence[str]) -> dict[str, Any]:
    """The known ones of some local codes, by code, as plain rows: a dictionary of 40,000 makes no objects."""
    columns = (LocalCode.id, LocalCode.code, LocalCode.name, LocalCode.rows_seen, LocalCode.state, LocalCode.target)
    base = select(*columns).where(LocalCode.source_id == source_id, LocalCode.system_code == system_code)
    chunks = (codes[start : start + 500] for start in range(0, len(codes), 500))
    return {row.code: row for chunk in chunks for row in session.execute(base.where(LocalCode.code.in_(chunk)))}


def write_codes(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Change local codes the caller was seen to reach, given by id with the columns to change, the same for all."""
    if not rows:
        return
    session.flush()
    session.execute(update(LocalCode), rows)
    for held in [one for one in session.identity_map.values() if isinstance(one, LocalCode)]:
        session.expire(held)
