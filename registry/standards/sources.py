"""Source systems: who sends data with codes of its own, and to which institution it belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from registry.definitions.problems import finding
from registry.divisions.codes import pad
from registry.institutions.service import institution
from registry.paging import Paged, ordering, paged
from registry.standards.models import UNMAPPED, Adoption, LocalCode, MappingLog, SourceSystem

_SORTS = {"code": SourceSystem.code, "name": SourceSystem.name, "division_code": SourceSystem.division_code}


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A source system as it is filled in; one of an institution lies where the institution lies."""

    code: str
    name: str
    division_code: str | None = None
    institution_id: int | None = None
    line_code: str | None = None


@dataclass(frozen=True, slots=True)
class SourceFilter:
    """Which source systems to list; ``text`` looks in code and name."""

    text: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How many local codes of a source were seen, and how many of them nobody decided about."""

    codes: int = 0
    unmapped: int = 0


def register_source(session: Session, draft: SourceDraft) -> SourceSystem:
    """Add a source system somebody fills in, or change the name and place of the one with this code.

    Raises:
        NotFound: the institution is not the caller's.
        Invalid: neither an institution nor a division is given.
        Conflict: the code belongs to a source outside the caller's part.
    """
    division, line = _place(session, draft)
    if find_source(session, draft.code) is None:
        _must_be_free(session, draft.code)
    return put_source(session, replace(draft, division_code=division, line_code=line))


def put_source(session: Session, draft: SourceDraft) -> SourceSystem:
    """Write a source system; what belongs to one that moves goes along."""
    row = find_source(session, draft.code)
    before = draft_of(row) if row else draft
    if row is None:
        row = SourceSystem(code=draft.code, mapping_version=new_id())
        session.add(row)
    row.name, row.institution_id = draft.name, draft.institution_id
    row.division_code, row.line_code = draft.division_code, draft.line_code
    session.flush()
    if replace(before, name=draft.name) != draft:
        _take_along(session, row)
    return row


def find_source(session: Session, code: str) -> SourceSystem | None:
    """A source system the caller may see, by its code."""
    return session.scalar(select(SourceSystem).where(SourceSystem.code == code))


def source(session: Session, code: str) -> SourceSystem:
    """A source system the caller may see.

    Raises:
        NotFound: ``mapping.source_unknown``.
    """
    row = find_source(session, code)
    if row is None:
        raise NotFound("mapping.source_unknown", source=code)
    return row


def sources(session: Session) -> list[SourceSystem]:
    """The source systems the caller may see, by code."""
    return list(session.scalars(select(SourceSystem).order_by(SourceSystem.code)))


def found_sources(session: Session, wanted: SourceFilter) -> Paged[SourceSystem]:
    """One page of the source systems the caller may see, by code."""
    query = select(SourceSystem)
    if text := wanted.text.strip():
        columns = (SourceSystem.code, SourceSystem.name)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    return paged(session, query.order_by(*ordering(wanted.sort, _SORTS, (SourceSystem.code,))), wanted.page, wanted.size)


def standings(session: Session, source_ids: Sequence[int]) -> Mapping[int, Standing]:
    """The standing of some sources, by id."""
    query = select(LocalCode.source_id, func.count(LocalCode.id), func.sum(case((LocalCode.state == UNMAPPED, 1), else_=0)))
    chosen = query.where(LocalCode.source_id.in_(source_ids)).group_by(LocalCode.source_id)
    return {source_id: Standing(codes, int(unmapped)) for source_id, codes, unmapped in session.execute(chosen)}


def draft_of(row: SourceSystem) -> SourceDraft:
    """The source as it is now."""
    return SourceDraft(row.code, row.name, row.division_code, row.institution_id, row.line_code)


def _place(session: Session, draft: SourceDraft) -> tuple[str, str | None]:
    if draft.institution_id is not None:
        unit = institution(session, draft.institution_id)
        return unit.division_code or "", unit.line_code
    if not draft.division_code:
        raise Invalid("mapping.source", findings=[finding("division_code", "place_needed")])
    return pad(draft.division_code), draft.line_code


def _must_be_free(session: Session, code: str) -> None:
    with widened(session, "one source system per code"):
        taken = find_source(session, code) is not None
    if taken:
        raise Conflict("mapping.source_taken", source=code, field="code")


def _take_along(session: Session, row: SourceSystem) -> None:
    """What belongs to a source lies where the source lies, or whoever keeps it there would not see it."""
    place = {"division_code": row.division_code, "line_code": row.line_code, "institution_id": row.institution_id}
    own = select(LocalCode.id).where(LocalCode.source_id == row.id)
    session.execute(update(MappingLog).where(MappingLog.local_id.in_(own)).values(place))
    for model in (LocalCode, Adoption):
        session.execute(update(model).where(model.source_id == row.id).values(place))
