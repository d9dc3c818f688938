"""What a local code maps to: suggestions with their reason, and decisions, one or many at once. Every decision is logged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.scope import SYSTEM, Principal
from registry.events import VersionPublished
from registry.standards import shelf
from registry.standards.mapping import announce, local_code, write_codes
from registry.standards.models import CONFIRMED, IGNORED, UNMAPPED, LocalCode, MappingLog, SourceSystem
from registry.standards.packing import Columns
from registry.standards.sources import source
from registry.standards.suggest import Candidates, Suggester, Suggestion, normalise
from registry.standards.suggest import LocalCode as Wanted
from registry.standards.systems import codes_in_force, current

BULK = 200
"""Codes that are proposed and confirmed together on one page: as many as a person can look over."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a local code maps to; no target: it is deliberately left unmapped."""

    local_id: int
    target: str | None
    reason: str = "manual"
    score: float | None = None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """Suggestions sure enough to confirm together, and the local codes that need a person."""

    proposed: tuple[tuple[LocalCode, Suggestion], ...] = ()
    open: tuple[LocalCode, ...] = ()


@dataclass(frozen=True, slots=True)
class _Settled:
    """A decision with the row it is about, as it was before."""

    row: Any
    decision: Decision
    state: str


def suggestions(session: Session, local_id: int) -> list[Suggestion]:
    """The best targets for a local code, each with its reason."""
    row = local_code(session, local_id)
    return suggester(session, row.system_code).suggest(Wanted(row.code, row.name or ""))


def suggester(session: Session, system_code: str) -> Suggester:
    """What suggests targets in the version in force, knowing what other sources confirmed."""
    in_force = current(session, system_code)
    known = shelf.candidates(session, in_force) if in_force else Candidates(Columns((), (), (), (), ()))
    confirmed = _confirmed(session, system_code)
    best = {name: max(targets.items(), key=lambda one: (one[1], one[0])) for name, targets in confirmed.items()}
    return Suggester(known, best, {name for name, targets in confirmed.items() if len(targets) > 1})


def bulk_plan(session: Session, source_code: str, system_code: str, from_score: float = 0.95) -> BulkPlan:
    """For the ``BULK`` unmapped codes that most rows carry: sure suggestions of at least ``from_score``, and the rest."""
    owner, suggesting = source(session, source_code), suggester(session, system_code)
    query = select(LocalCode).where(
        LocalCode.source_id == owner.id, LocalCode.system_code == system_code, LocalCode.state == UNMAPPED
    )
    proposed, left = [], []
    for row in session.scalars(query.order_by(LocalCode.rows_seen.desc(), LocalCode.code).limit(BULK)):
        best = suggesting.sure(Wanted(row.code, row.name or ""))
        if best is not None and best.score >= from_score:
            proposed.append((row, best))
        else:
            left.append(row)
    return BulkPlan(tuple(proposed), tuple(left))


def decide(session: Session, principal: Principal, decisions: Sequence[Decision]) -> int:
    """Confirm or change mappings in bulk; returns how many changed. Each source's mapping version grows once.

    Raises:
        NotFound: a local code is outside the caller's scope.
        Invalid: a target is not a code in force; nothing is changed.
    """
    rows = _rows(session, [one.local_id for one in decisions])
    if missing := [str(one.local_id) for one in decisions if one.local_id not in rows]:
        raise NotFound("mapping.code_unknown", local_ids=missing[:20])
    _check_targets(session, [(rows[one.local_id].system_code, one.target) for one in decisions])
    settled = (_Settled(rows[one.local_id], one, CONFIRMED if one.target else IGNORED) for one in decisions)
    changed = {one.row.id: one for one in settled if (one.row.target, one.row.state) != (one.decision.target, one.state)}
    _write(session, principal, list(changed.values()))
    return len(changed)


def on_version_published(session: Session, event: VersionPublished) -> None:
    """Confirmed mappings to codes that the version in force no longer has are gaps again, visible and logged."""
    known = codes_in_force(session, event.system)
    confirmed = select(*_COLUMNS).where(LocalCode.system_code == event.system, LocalCode.state == CONFIRMED)
    lost = [row for row in session.execute(confirmed) if row.target not in known]
    _write(session, SYSTEM, [_Settled(row, Decision(row.id, None, "gone"), UNMAPPED) for row in lost])


def _write(session: Session, principal: Principal, settled: Sequence[_Settled]) -> None:
    """Log and write decisions, two statements for all of them, and announce each source and table once."""
    if not settled:
        return
    stamp, now = new_id(), clock.now()
    insert_rows(session, MappingLog, [_log(one, principal, stamp) | {"at": now} for one in settled])
    systems = {one.row.system_code for one in settled}
    labels = {code: version.label for code in systems if (version := current(session, code))}
    done = {"decided_by": principal.name, "decided_at": now}
    write_codes(
        session,
        [
            {
                "id": one.row.id,
                "target": one.decision.target,
                "target_version": labels.get(one.row.system_code),
                "reason": one.decision.reason,
                "score": one.decision.score,
                "state": one.state,
                **done,
            }
            for one in settled
        ],
    )
    pairs = {(one.row.source_id, one.row.system_code) for one in settled}
    announce(session, {pair: session.get_one(SourceSystem, pair[0]) for pair in sorted(pairs)}, stamp)


def _log(one: _Settled, principal: Principal, stamp: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "local_id": one.row.id,
        "institution_id": one.row.institution_id,
        "division_code": one.row.division_code,
        "line_code": one.row.line_code,
        "mapping_version": stamp,
        "before": one.row.target,
        "after": one.decision.target,
        "by_name": principal.name,
    }


_COLUMNS = (
    LocalCode.id,
    LocalCode.source_id,
    LocalCode.system_code,
    LocalCode.institution_id,
    LocalCode.division_code,
    LocalCode.line_code,
    LocalCode.target,
    LocalCode.state,
)


def _rows(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    chunks = (ids[start : start + 500] for start in range(0, len(ids), 500))
    return {row.id: row for chunk in chunks for row in session.execute(select(*_COLUMNS).where(LocalCode.id.in_(chunk)))}


def _check_targets(session: Session, pairs: Iterable[tuple[str, str | None]]) -> None:
    wanted: dict[str, set[str]] = {}
    for system_code, target in pairs:
        wanted.setdefault(system_code, set()).update({target} if target else ())
    unknown: list[str] = []
    for system_code, targets in wanted.items():
        unknown += targets - codes_in_force(session, system_code)
    if unknown:
        raise Invalid("mapping.target_unknown", targets=sorted(unknown)[:20])


def _confirmed(session: Session, system_code: str) -> dict[str, Counter[str]]:
    """Normalised local name to the targets confirmed for it, and how many sources did."""
    query = (
        select(LocalCode.name, LocalCode.target, func.count(LocalCode.source_id.distinct()))
        .where(LocalCode.system_code == system_code, LocalCode.state == CONFIRMED, LocalCode.name.is_not(None))
        .group_by(LocalCode.name, LocalCode.target)
    )
    found: dict[str, Counter[str]] = {}
    for name, target, count in session.execute(query):
        found.setdefault(normalise(str(name)), Counter())[str(target)] += int(count)
    return found
