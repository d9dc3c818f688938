"""The mapper the pipeline uses: built from the confirmed mappings of a source once per mapping version."""

from datetime import datetime
from functools import cache

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from registry.standards.lookup import CodeMapper, TableMap
from registry.standards.models import CONFIRMED, IGNORED, Adoption, CodeSystem, LocalCode, SourceSystem, SystemVersion
from registry.standards.shelf import Shelf
from registry.standards.sources import source
from registry.standards.systems import codes_in_force, current_terms
from registry.standards.terms import State

_Stamp = tuple[int, int, datetime | None]
_MAPPERS: Shelf[tuple[_Stamp, CodeMapper]] = Shelf(256)


def code_mapper(session: Session, source_code: str) -> CodeMapper:
    """The mappings of a source as plain dictionaries.

    Kept in memory until the source's mapping version or any standard in force changes: two short queries per call,
    nothing per code. The caller works under a scope that covers the source.

    Raises:
        NotFound: the source system is unknown.
    """
    owner = source(session, source_code)
    stamp = (owner.mapping_version, *_in_force(session))
    kept, mapper = _MAPPERS.get(owner.id, lambda: (stamp, _build(session, owner)))
    if kept != stamp:
        mapper = _build(session, owner)
        _MAPPERS.put(owner.id, (stamp, mapper))
    return mapper


def _in_force(session: Session) -> tuple[int, datetime | None]:
    """What changes with every publishing and retiring of a version."""
    published = func.sum(case((SystemVersion.state == State.PUBLISHED.value, 1), else_=0))
    count, decided = session.execute(select(published, func.max(SystemVersion.decided_at))).one()
    return int(count or 0), decided


def _build(session: Session, owner: SourceSystem) -> CodeMapper:
    """Decisions win over declared standard codes. A target that is no longer in force maps nothing, and a code that was
    deliberately left out stays out although the standard may have one of that name."""
    adoptions = select(Adoption.system_code).where(Adoption.source_id == owner.id)
    targets: dict[str, dict[str, str]] = {
        code: {term.code: term.code for term in current_terms(session, code)} for code in session.scalars(adoptions)
    }
    known = cache(lambda code: codes_in_force(session, code))
    query = select(LocalCode.system_code, LocalCode.code, LocalCode.target)
    decided = query.where(LocalCode.source_id == owner.id, LocalCode.state.in_((CONFIRMED, IGNORED)))
    for system_code, local, target in session.execute(decided):
        pairs = targets.setdefault(system_code, {})
        pairs.pop(local, None)
        if target is not None and target in known(system_code):
            pairs[local] = target
    labels = _labels(session)
    tables = {code: TableMap(code, labels.get(code, ""), pairs) for code, pairs in targets.items()}
    return CodeMapper(owner.code, owner.mapping_version, tables)


def _labels(session: Session) -> dict[str, str]:
    query = select(CodeSystem.code, SystemVersion.label).join(SystemVersion, SystemVersion.system_id == CodeSystem.id)
    return dict(session.execute(query.where(SystemVersion.state == State.PUBLISHED.value)).all())
