"""Changes of divisions: counties submit what lies in their own part, the city decides (ADR 90), the map follows on the day."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal, scope_of
from registry.definitions.problems import parts, told
from registry.divisions.answering import deciding_division
from registry.divisions.atlas import Atlas, Change, ChangeKind, Division, Outcome, Step, apply, faults, subtree
from registry.divisions.codes import common_parent
from registry.divisions.models import DivisionChange, DivisionLink, DivisionRow, DivisionYear
from registry.divisions.reading import atlas_on, last_day, valid_on
from registry.events import DivisionChanged
from registry.paging import Paged, ordering, paged
from registry.standards.pinyin import initials

_SORTS = {
    "kind": DivisionChange.kind,
    "document": DivisionChange.document,
    "effective_on": DivisionChange.effective_on,
    "state": DivisionChange.state,
    "submitted_by": DivisionChange.submitted_by,
    "submitted_at": DivisionChange.submitted_at,
}


_CHILDREN = ("child_unknown", "child_code", "children_collide")
_SOURCES = ("source_unknown", "sources_count", "no_common_parent")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change somebody asks for, with the number of the document that orders it."""

    change: Change
    document: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do: divisions that go, that come, and that only change their name or kind."""

    gone: tuple[Division, ...]
    new: tuple[Division, ...]
    altered: tuple[Division, ...]
    links: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes to list; ``text`` looks in the document's number and the reason."""

    state: str | None = None
    kind: str | None = None
    text: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


def preview(session: Session, change: Change) -> Effect:
    """What a change would do to the map of its day.

    Raises:
        Invalid: ``division.change`` with every fault.
        Conflict: the year is closed, or a later change touches the same divisions.
    """
    atlas, outcome = _outcome(session, change)
    codes = {code for code in (*atlas, *outcome.atlas) if atlas.get(code) != outcome.atlas.get(code)}
    return Effect(
        gone=tuple(atlas[code] for code in sorted(codes) if code not in outcome.atlas),
        new=tuple(outcome.atlas[code] for code in sorted(codes) if code not in atlas),
        altered=tuple(outcome.atlas[code] for code in sorted(codes) if code in atlas and code in outcome.atlas),
        links=outcome.step.links,
    )


def submit(session: Session, principal: Principal, proposal: Proposal) -> DivisionChange:
    """Hand in a change for approval.

    Raises:
        NotFound: the change touches divisions outside the caller's part.
        Invalid: the change is not possible; see ``preview``.
    """
    change = proposal.change
    container = container_of(change)
    if not scope_of(session).covers_division(container):
        raise NotFound("scope.outside", kind="division", division=container, field="sources" if change.sources else "targets")
    preview(session, change)
    row = DivisionChange(
        kind=change.kind.value,
        effective_on=change.effective,
        state="submitted",
        payload=_payload(change),
        document=proposal.document,
        reason=proposal.reason,
        submitted_by=principal.name,
        submitted_at=clock.now(),
        division_code=container,
    )
    session.add(row)
    session.flush()
    return row


def approve(session: Session, principal: Principal, change_id: int, note: str = "") -> DivisionChange:
    """Decide for a change and redraw the map from its day on.

    Raises:
        Denied: the caller does not answer for the division that decides; see ``deciding_division``.
        Conflict: the change was decided before, or no longer fits the map.
    """
    row = _open_change(session, change_id)
    must_decide(session, row)
    change = change_of(row)
    atlas, outcome = _outcome(session, change)
    _redraw(session, change.effective, atlas, outcome)
    _write_links(session, row.id, outcome.step)
    _decide(row, "approved", principal, note)
    publish(session, DivisionChanged(row.id, change.effective.isoformat()))
    return row


def reject(session: Session, principal: Principal, change_id: int, note: str) -> DivisionChange:
    """Decide against a change; the note tells the county why.

    Raises:
        Denied: the caller does not answer for the division that decides; see ``deciding_division``.
        Invalid: no reason is given.
    """
    row = _open_change(session, change_id)
    must_decide(session, row)
    if not note.strip():
        raise Invalid("division.note_missing")
    _decide(row, "rejected", principal, note)
    return row


def withdraw(session: Session, principal: Principal, change_id: int) -> DivisionChange:
    """Take a submitted change back."""
    row = _open_change(session, change_id)
    _decide(row, "withdrawn", principal, "")
    return row


def changes(session: Session, state: str | None = None) -> list[DivisionChange]:
    """The changes the caller may see, newest first."""
    return found_changes(session, ChangeFilter(state=state, size=100_000)).rows


def found_changes(session: Session, wanted: ChangeFilter) -> Paged[DivisionChange]:
    """One page of the changes the caller may see, newest first."""
    query = select(DivisionChange)
    if wanted.state:
        query = query.where(DivisionChange.state == wanted.state)
    if wanted.kind:
        query = query.where(DivisionChange.kind == wanted.kind)
    if text := wanted.text.strip():
        columns = (DivisionChange.document, DivisionChange.reason)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    default = (DivisionChange.submitted_at.desc(), DivisionChange.id.desc())
    return paged(session, query.order_by(*ordering(wanted.sort, _SORTS, default)), wanted.page, wanted.size)


def handed_in(session: Session, change: Change) -> DivisionChange | None:
    """The latest change handed in before that says the same, whatever became of it."""
    query = select(DivisionChange).where(
        DivisionChange.kind == change.kind.value, DivisionChange.effective_on == change.effective
    )
    rows = session.scalars(query.order_by(DivisionChange.submitted_at.desc(), DivisionChange.id.desc()))
    return next((row for row in rows if change_of(row) == change), None)


def change_row(session: Session, change_id: int, to_change: bool = False) -> DivisionChange:
    """One change; ``to_change`` locks it until the end of the act, so that it is decided once.

    Raises:
        NotFound: it does not exist or lies outside the caller's part.
    """
    query = select(DivisionChange).where(DivisionChange.id == change_id)
    if to_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NotFound("division.change_unknown", change_id=str(change_id))
    return row


def change_of(row: DivisionChange) -> Change:
    """The change a row describes."""
    payload = row.payload
    return Change(
        ChangeKind(row.kind),
        row.effective_on,
        tuple(payload["sources"]),
        tuple(Division(**target) for target in payload["targets"]),
        dict(payload["children"]),
    )


def container_of(change: Change) -> str:
    """The lowest division that contains everything a change touches; who edits the change must answer for it."""
    touched = tuple({*change.sources, *(target.code for target in change.targets)})
    try:
        container = common_parent(touched)
    except (ValueError, IndexError):
        container = None
    if container is None:
        raise _impossible(["no_common_parent"])
    return container


def may_decide(session: Session, row: DivisionChange) -> bool:
    """Whether the caller answers for the division that decides about a change."""
    return scope_of(session).answers_for(deciding_division(session, row.division_code or ""))


def must_decide(session: Session, row: DivisionChange) -> None:
    """Refuse acts on a change to anyone who does not decide about it.

    Raises:
        Denied: ``division.not_the_region``.
    """
    if not may_decide(session, row):
        raise Denied("division.not_the_region", division=deciding_division(session, row.division_code or ""))


def _open_change(session: Session, change_id: int) -> DivisionChange:
    row = change_row(session, change_id, to_change=True)
    if row.state != "submitted":
        raise Conflict("division.decided", state=row.state)
    return row


def _decide(row: DivisionChange, state: str, principal: Principal, note: str) -> None:
    row.state, row.note = state, note
    row.decided_by, row.decided_at = principal.name, clock.now()


def _outcome(session: Session, change: Change) -> tuple[Atlas, Outcome]:
    closed = session.scalar(select(func.max(DivisionYear.year)))
    if closed is not None and change.effective <= last_day(closed):
        raise Conflict("division.year_closed", year=closed, field="effective")
    atlas = atlas_on(session, change.effective)
    if found := faults(atlas, change):
        raise _impossible(found)
    outcome = apply(atlas, change)
    touched = {code for source in change.sources for code in subtree(atlas, source)}
    touched |= {code for code in outcome.atlas if code not in atlas}
    _refuse_later(session, touched, change.effective)
    return atlas, outcome


def _impossible(found: Sequence[str]) -> Invalid:
    """What forbids a change, each fault beside the field it is about."""
    findings = [{"field": _field(rule), "rule": rule, "problem": told([fault])} for fault in found for rule in parts(fault)[:1]]
    return Invalid("division.change", faults=list(found), problems=told(found), findings=findings)


def _field(rule: str) -> str:
    return "sources" if rule in _SOURCES else "children" if rule in _CHILDREN else "targets"


def _refuse_later(session: Session, touched: set[str], effective: date) -> None:
    later = session.scalars(select(DivisionRow.code).where(DivisionRow.valid_from > effective))
    if codes := sorted(touched & set(later)):
        raise Conflict("division.later_change", codes=codes[:20], field="effective")


def _redraw(session: Session, day: date, atlas: Atlas, outcome: Outcome) -> None:
    changed = {code for code in (*atlas, *outcome.atlas) if atlas.get(code) != outcome.atlas.get(code)}
    for row in session.scalars(select(DivisionRow).where(valid_on(day))):
        if row.code in changed:
            row.valid_to = day
    session.flush()
    for code in sorted(changed & outcome.atlas.keys()):
        session.add(division_row(outcome.atlas[code], day))
    session.flush()


def division_row(one: Division, day: date) -> DivisionRow:
    """The row of a division that holds from ``day`` on."""
    return DivisionRow(
        code=one.code,
        name=one.name,
        initials=initials(one.name)[:64],
        kind=one.kind,
        area=one.area,
        area_unsure=one.area_unsure or None,
        valid_from=day,
    )


def _write_links(session: Session, change_id: int, step: Step) -> None:
    for old, heirs in step.links.items():
        for position, heir in enumerate(heirs):
            session.add(_link(change_id, step.effective, old, heir, position))
    for code in step.created:
        session.add(_link(change_id, step.effective, None, code, 0))


def _link(change_id: int, day: date, old: str | None, heir: str, position: int) -> DivisionLink:
    return DivisionLink(change_id=change_id, effective_on=day, predecessor=old, successor=heir, position=position)


def _payload(change: Change) -> dict[str, object]:
    return {
        "sources": list(change.sources),
        "targets": [asdict(target) for target in change.targets],
        "children": dict(change.children),
    }
