"""The mapper the pipeline uses: built from the confirmed mappings of a source once per mapping version."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.standards.lookup import CodeMapper, TableMap
from registry.standards.mapping import source
from registry.standards.models import CONFIRMED, Adoption, CodeSystem, LocalCode, SystemVersion
from registry.standards.shelf import Shelf
from registry.standards.systems import current_terms
from registry.standards.terms import State

_MAPPERS: Shelf[tuple[tuple[int, frozenset[int]], CodeMapper]] = Shelf(256)


def code_mapper(session: Session, source_code: str) -> CodeMapper:
    """The mappings of a source as plain dictionaries.

    Kept in memory until the source's mapping version or a standard it sends unmapped changes: two short queries per call,
    nothing per code. The caller works under a scope that covers the source.

    Raises:
        NotFound: the source system is unknown.
    """
    owner = source(session, source_code)
    adopted = _adopted(session, owner.id)
    stamp = (owner.mapping_version, frozenset(adopted.values()))
    kept, mapper = _MAPPERS.get(owner.id, lambda: (stamp, _build(session, source_code, adopted)))
    if kept != stamp:
        mapper = _build(session, source_code, adopted)
        _MAPPERS.put(owner.id, (stamp, mapper))
    return mapper


def _adopted(session: Session, source_id: int) -> dict[str, int]:
    """The code systems a source sends itself, with the content in force."""
    query = (
        select(Adoption.system_code, SystemVersion.content)
        .join(CodeSystem, CodeSystem.code == Adoption.system_code)
        .join(SystemVersion, SystemVersion.system_id == CodeSystem.id)
        .where(Adoption.source_id == source_id, SystemVersion.state == State.PUBLISHED.value)
    )
    return dict(session.execute(query).all())


def _build(session: Session, source_code: str, adopted: dict[str, int]) -> CodeMapper:
    owner = source(session, source_code)
    labels = _labels(session)
    targets: dict[str, dict[str, str]] = {
        code: {term.code: term.code for term in current_terms(session, code)} for code in adopted
    }
    query = select(LocalCode.system_code, LocalCode.code, LocalCode.target)
    confirmed = query.where(LocalCode.source_id == owner.id, LocalCode.state == CONFIRMED)
    for system_code, local, target in session.execute(confirmed):
        targets.setdefault(system_code, {})[local] = str(target)
    tables = {code: TableMap(code, labels.get(code, ""), pairs) for code, pairs in targets.items()}
    return CodeMapper(owner.code, owner.mapping_version, tables)


def _labels(session: Session) -> dict[str, str]:
    query = select(CodeSystem.code, SystemVersion.label).join(SystemVersion, SystemVersion.system_id == CodeSystem.id)
    return dict(session.execute(query.where(SystemVersion.state == State.PUBLISHED.value)).all())
