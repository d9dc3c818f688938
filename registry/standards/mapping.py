"""Local codes of source systems: what arrives unmapped, suggestions, decisions in bulk, coverage, and the mapper.

A mapping applies to data that arrives later; ``reapply`` asks the pipeline to map what is stored again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import SYSTEM, Principal
from registry.events import MappingChanged, VersionPublished
from registry.paging import Paged, ordering, paged
from registry.standards import shelf
from registry.standards.models import CONFIRMED, IGNORED, UNMAPPED, Adoption, LocalCode, MappingLog, SourceSystem
from registry.standards.suggest import Candidates, Suggester, Suggestion, normalise
from registry.standards.suggest import LocalCode as Wanted
from registry.standards.systems import codes_in_force, current, system

BULK = 200
"""Codes that are proposed and confirmed together: as many as a person can look over."""

_SORTS = {
    "code": LocalCode.code,
    "name": LocalCode.name,
    "system_code": LocalCode.system_code,
    "rows_seen": LocalCode.rows_seen,
    "state": LocalCode.state,
}


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A source system as it is filled in; its place is that of its institution."""

    code: str
    name: str
    division_code: str
    institution_id: int | None = None
    line_code: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A local code in a batch: how many rows carry it, and the name sent beside it."""

    code: str
    rows: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a local code maps to; no target: it is deliberately left unmapped."""

    local_id: int
    target: str | None
    reason: str = "manual"
    score: float | None = None


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


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """Suggestions good enough to confirm together, and the local codes that need a person."""

    proposed: tuple[tuple[LocalCode, Suggestion], ...] = ()
    open: tuple[LocalCode, ...] = field(default=())


def put_source(session: Session, draft: SourceDraft) -> SourceSystem:
    """Add a source system, or change the name and place of the one with this code."""
    row = session.scalar(select(SourceSystem).where(SourceSystem.code == draft.code))
    if row is None:
        row = SourceSystem(code=draft.code, mapping_version=new_id())
        session.add(row)
    row.name, row.institution_id = draft.name, draft.institution_id
    row.division_code, row.line_code = draft.division_code, draft.line_code
    session.flush()
    return row


def source(session: Session, code: str) -> SourceSystem:
    """A source system the caller may see.

    Raises:
        NotFound: ``mapping.source_unknown``.
    """
    row = session.scalar(select(SourceSystem).where(SourceSystem.code == code))
    if row is None:
        raise NotFound("mapping.source_unknown", source=code)
    return row


def sources(session: Session) -> list[SourceSystem]:
    """The source systems the caller may see, by code."""
    return list(session.scalars(select(SourceSystem).order_by(SourceSystem.code)))


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
    known = {row.code: row for row in _rows_of(session, owner.id, system_code, list(given))}
    now = clock.now()
    for code, one in given.items():
        row = known.get(code)
        if row is None:
            row = LocalCode(
                source_id=owner.id,
                institution_id=owner.institution_id,
                division_code=owner.division_code,
                line_code=owner.line_code,
                system_code=system_code,
                code=code,
                rows_seen=0,
                first_seen=now,
                state=UNMAPPED,
            )
            session.add(row)
        row.rows_seen += one.rows
        row.name, row.last_seen = one.name[:255] or row.name, now
    session.flush()
    return len(given) - len(known)


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


def suggestions(session: Session, local_id: int) -> list[Suggestion]:
    """The best targets for a local code, each with its reason."""
    row = local_code(session, local_id)
    return _suggester(session, row.system_code).suggest(Wanted(row.code, row.name or ""))


def bulk_plan(session: Session, source_code: str, system_code: str, from_score: float = 0.95) -> BulkPlan:
    """For the ``BULK`` unmapped codes that most rows carry: suggestions of at least ``from_score``, and the rest."""
    owner = source(session, source_code)
    query = select(LocalCode).where(
        LocalCode.source_id == owner.id, LocalCode.system_code == system_code, LocalCode.state == UNMAPPED
    )
    suggester = _suggester(session, system_code)
    proposed, left = [], []
    for row in session.scalars(query.order_by(LocalCode.rows_seen.desc(), LocalCode.code).limit(BULK)):
        best = suggester.suggest(Wanted(row.code, row.name or ""), 1)
        if best and best[0].score >= from_score:
            proposed.append((row, best[0]))
        else:
            left.append(row)
    return BulkPlan(tuple(proposed), tuple(left))


def decide(session: Session, principal: Principal, decisions: Sequence[Decision]) -> int:
    """Confirm or change mappings in bulk; returns how many changed. Each source's mapping version grows once.

    Raises:
        NotFound: a local code is outside the caller's scope.
        Invalid: a target is not a code in force; nothing is changed.
    """
    rows = {row.id: row for row in _locals(session, [one.local_id for one in decisions])}
    if missing := [str(one.local_id) for one in decisions if one.local_id not in rows]:
        raise NotFound("mapping.code_unknown", local_ids=missing[:20])
    _check_targets(session, [(rows[one.local_id].system_code, one.target) for one in decisions])
    touched: dict[tuple[int, str], SourceSystem] = {}
    stamp, changed = new_id(), 0
    for one in decisions:
        row = rows[one.local_id]
        state = CONFIRMED if one.target else IGNORED
        if (row.target, row.state) == (one.target, state):
            continue
        owner = session.get_one(SourceSystem, row.source_id)
        touched[owner.id, row.system_code] = owner
        _write(session, principal, row, one, stamp)
        row.state = state
        changed += 1
    _announce(session, touched, stamp)
    return changed


def decide_by_code(session: Session, principal: Principal, source_code: str, system_code: str, targets: Mapping[str, str]) -> int:
    """Confirm mappings that come with a file: local code to standard code; returns how many changed.

    Raises:
        Invalid: a target is not a code in force; nothing is changed.
    """
    rows = _rows_of(session, source(session, source_code).id, system_code, sorted(targets))
    return decide(session, principal, [Decision(row.id, targets[row.code]) for row in rows])


def on_version_published(session: Session, event: VersionPublished) -> None:
    """Confirmed mappings to codes that the version in force no longer has are gaps again, visible and logged."""
    known = codes_in_force(session, event.system)
    query = select(LocalCode).where(LocalCode.system_code == event.system, LocalCode.state == CONFIRMED)
    stamp = new_id()
    touched: dict[tuple[int, str], SourceSystem] = {}
    for row in session.scalars(query):
        if row.target not in known:
            _write(session, SYSTEM, row, Decision(row.id, None, "gone"), stamp)
            row.state = UNMAPPED
            touched[row.source_id, event.system] = session.get_one(SourceSystem, row.source_id)
    _announce(session, touched, stamp)


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
    _announce(session, {(owner.id, system_code): owner}, new_id())


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


def history(session: Session, local_id: int) -> list[MappingLog]:
    """Every decision about a local code, newest first."""
    local_code(session, local_id)
    query = select(MappingLog).where(MappingLog.local_id == local_id).order_by(MappingLog.at.desc())
    return list(session.scalars(query))


def _suggester(session: Session, system_code: str) -> Suggester:
    in_force = current(session, system_code)
    known = shelf.candidates(session, in_force) if in_force else Candidates(())
    return Suggester(known, _past(session, system_code))


def _past(session: Session, system_code: str) -> Mapping[str, tuple[str, int]]:
    query = (
        select(LocalCode.name, LocalCode.target, func.count(LocalCode.source_id.distinct()))
        .where(LocalCode.system_code == system_code, LocalCode.state == CONFIRMED, LocalCode.name.is_not(None))
        .group_by(LocalCode.name, LocalCode.target)
    )
    best: dict[str, tuple[str, int]] = {}
    for name, target, count in session.execute(query):
        key = normalise(str(name))
        if count > best.get(key, ("", 0))[1]:
            best[key] = (str(target), count)
    return best


def _check_targets(session: Session, pairs: Iterable[tuple[str, str | None]]) -> None:
    wanted: dict[str, set[str]] = {}
    for system_code, target in pairs:
        wanted.setdefault(system_code, set()).update({target} if target else ())
    unknown: list[str] = []
    for system_code, targets in wanted.items():
        unknown += targets - codes_in_force(session, system_code)
    if unknown:
        raise Invalid("mapping.target_unknown", targets=sorted(unknown)[:20])


def _write(session: Session, principal: Principal, row: LocalCode, decision: Decision, version: int) -> None:
    session.add(
        MappingLog(
            local_id=row.id,
            institution_id=row.institution_id,
            division_code=row.division_code,
            line_code=row.line_code,
            mapping_version=version,
            before=row.target,
            after=decision.target,
            by_name=principal.name,
            at=clock.now(),
        )
    )
    in_force = current(session, row.system_code)
    row.target, row.reason, row.score = decision.target, decision.reason, decision.score
    row.target_version = in_force.label if in_force else None
    row.decided_by, row.decided_at = principal.name, clock.now()


def _announce(session: Session, touched: Mapping[tuple[int, str], SourceSystem], stamp: int) -> None:
    for owner in touched.values():
        owner.mapping_version = stamp
    session.flush()
    for (_, system_code), owner in touched.items():
        publish(session, MappingChanged(owner.code, system_code, owner.mapping_version))


def _locals(session: Session, ids: Sequence[int]) -> list[LocalCode]:
    return [row for chunk in _chunks(ids) for row in session.scalars(select(LocalCode).where(LocalCode.id.in_(chunk)))]


def _rows_of(session: Session, source_id: int, system_code: str, codes: Sequence[str]) -> list[LocalCode]:
    base = select(LocalCode).where(LocalCode.source_id == source_id, LocalCode.system_code == system_code)
    return [row for chunk in _chunks(codes) for row in session.scalars(base.where(LocalCode.code.in_(chunk)))]


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + 500] for start in range(0, len(values), 500))
