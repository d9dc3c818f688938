"""Code systems and their versions: draft, import with a preview, review, publish, retire; search in what is in force."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.cache import cacheable
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal
from registry.definitions.problems import finding
from registry.divisions.answering import must_answer_for_region
from registry.events import VersionPublished
from registry.paging import Paged, ordering, paged
from registry.standards import shelf
from registry.standards.models import CodeSystem, CodeTerm, PackedTerms, SystemVersion
from registry.standards.packing import Columns, pack
from registry.standards.pinyin import initials
from registry.standards.terms import MOVES, Difference, State, Term, compare, faults

MARKS = ("standard", "local", "unconfirmed")

_SORTS = {"title": CodeSystem.title, "code": CodeSystem.code, "source": CodeSystem.source, "mark": CodeSystem.mark}


@dataclass(frozen=True, slots=True)
class SystemDraft:
    """A code system as it is filled in; ``source`` names the standard it is taken from."""

    code: str
    title: str
    mark: str
    source: str | None = None
    oid: str | None = None
    hierarchical: bool = False


@dataclass(frozen=True, slots=True)
class SystemFilter:
    """Which code systems to list."""

    text: str = ""
    mark: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do to the version in force, and of how many terms."""

    difference: Difference
    total: int


def create_system(session: Session, draft: SystemDraft) -> CodeSystem:
    """Add a code system.

    Raises:
        Denied: the caller does not answer for the region, whose institutions all use it.
        Invalid: code, title or mark do not hold.
        Conflict: the code is taken.
    """
    must_answer_for_region(session)
    if not draft.code.strip() or not draft.title.strip() or draft.mark not in MARKS:
        raise Invalid("standard.invalid", findings=[finding("code", "code_title_mark_needed")])
    if find_system(session, draft.code) is not None:
        raise Conflict("standard.system_exists", system=draft.code)
    row = CodeSystem(**asdict(draft), initials=initials(draft.title)[:128])
    session.add(row)
    session.flush()
    return row


def change_system(session: Session, code: str, draft: SystemDraft) -> CodeSystem:
    """Change what is said of a code system; its code stays, and so do its versions.

    Raises:
        Denied: see ``create_system``.
        NotFound: the code system is unknown.
        Invalid: title or mark do not hold, or the code differs.
    """
    must_answer_for_region(session)
    row = system(session, code)
    if draft.code != code:
        raise Invalid("standard.invalid", findings=[finding("code", "fixed")])
    if not draft.title.strip() or draft.mark not in MARKS:
        raise Invalid("standard.invalid", findings=[finding("title", "code_title_mark_needed")])
    for name, value in asdict(draft).items():
        setattr(row, name, value)
    row.initials = initials(draft.title)[:128]
    session.flush()
    return row


def draft_of(row: CodeSystem) -> SystemDraft:
    """What is said of a code system now."""
    return SystemDraft(**{name: getattr(row, name) for name in SystemDraft.__dataclass_fields__})


def in_force(session: Session, system_ids: Sequence[int]) -> dict[int, SystemVersion]:
    """The published version of each of some code systems that has one."""
    found: dict[int, SystemVersion] = {}
    for start in range(0, len(system_ids), 500):
        chosen = SystemVersion.system_id.in_(system_ids[start : start + 500])
        rows = session.scalars(select(SystemVersion).where(chosen, SystemVersion.state == State.PUBLISHED.value))
        found.update((row.system_id, row) for row in rows)
    return found


def titles(session: Session, codes: Collection[str]) -> dict[str, str]:
    """The titles of some code systems, by code."""
    wanted = sorted(set(codes))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        query = select(CodeSystem.code, CodeSystem.title).where(CodeSystem.code.in_(wanted[start : start + 500]))
        found.update((code, title) for code, title in session.execute(query))
    return found


def find_system(session: Session, code: str) -> CodeSystem | None:
    """A code system by its code."""
    return session.scalar(select(CodeSystem).where(CodeSystem.code == code))


def system(session: Session, code: str) -> CodeSystem:
    """A code system by its code.

    Raises:
        NotFound: ``standard.system_unknown``.
    """
    row = find_system(session, code)
    if row is None:
        raise NotFound("standard.system_unknown", system=code, field="system")
    return row


def systems(session: Session, wanted: SystemFilter) -> Paged[CodeSystem]:
    """Code systems by code; ``text`` looks in code, title, initials and source."""
    query = select(CodeSystem)
    if wanted.mark:
        query = query.where(CodeSystem.mark == wanted.mark)
    if text := wanted.text.strip():
        query = query.where(
            or_(
                CodeSystem.code.contains(text, autoescape=True),
                CodeSystem.title.contains(text, autoescape=True),
                CodeSystem.initials.contains(text.lower(), autoescape=True),
                CodeSystem.source.contains(text, autoescape=True),
            )
        )
    ordered = query.order_by(*ordering(wanted.sort, _SORTS, (CodeSystem.code,)))
    return paged(session, ordered, wanted.page, wanted.size)


def versions(session: Session, system_code: str) -> list[SystemVersion]:
    """All versions of a code system, the latest edited first."""
    query = select(SystemVersion).where(SystemVersion.system_id == system(session, system_code).id)
    return list(session.scalars(query.order_by(SystemVersion.edited_at.desc(), SystemVersion.id.desc())))


def version(session: Session, system_code: str, label: str) -> SystemVersion:
    """One version.

    Raises:
        NotFound: ``standard.version_unknown``.
    """
    query = select(SystemVersion).where(SystemVersion.system_id == system(session, system_code).id, SystemVersion.label == label)
    row = session.scalar(query)
    if row is None:
        raise NotFound("standard.version_unknown", system=system_code, version=label)
    return row


def current(session: Session, system_code: str) -> SystemVersion | None:
    """The published version, if there is one."""
    query = (
        select(SystemVersion)
        .join(CodeSystem, CodeSystem.id == SystemVersion.system_id)
        .where(CodeSystem.code == system_code, SystemVersion.state == State.PUBLISHED.value)
    )
    return session.scalar(query)


def terms_of(session: Session, row: SystemVersion) -> Sequence[Term]:
    """All terms of a version in its order."""
    return shelf.terms(session, row)


def current_terms(session: Session, system_code: str) -> Sequence[Term]:
    """The terms in force; none when nothing is published. Kept in memory per version."""
    row = current(session, system_code)
    return shelf.terms(session, row) if row else ()


def codes_in_force(session: Session, system_code: str) -> frozenset[str]:
    """The codes of the version in force; none when nothing is published. Kept in memory per version."""
    row = current(session, system_code)
    return shelf.index(session, row).codes if row else frozenset()


def tables_in_force(session: Session, system_codes: Collection[str]) -> dict[str, frozenset[str]]:
    """As :func:`codes_in_force` for several systems, asked for in one query."""
    published = (CodeSystem.code.in_(system_codes), SystemVersion.state == State.PUBLISHED.value)
    query = select(CodeSystem.code, SystemVersion).join(CodeSystem, CodeSystem.id == SystemVersion.system_id).where(*published)
    rows: dict[str, SystemVersion] = dict(session.execute(query).all())
    return {code: shelf.index(session, rows[code]).codes if code in rows else frozenset() for code in system_codes}


@cacheable("standards.search", "代码检索", ("system_code", "text", "limit"), for_everybody=True)
def search(session: Session, system_code: str, text: str, limit: int = 50) -> tuple[Term, ...]:
    """Terms in force by code, Chinese or pinyin initials, best first."""
    row = current(session, system_code)
    return tuple(shelf.index(session, row).search(text, limit)) if row else ()


def draft_terms(session: Session, system_code: str, label: str) -> Sequence[Term]:
    """The terms a version begins with when it is worked on: its own when it was begun, else those in force."""
    query = select(SystemVersion).where(SystemVersion.system_id == system(session, system_code).id, SystemVersion.label == label)
    row = session.scalar(query)
    return shelf.terms(session, row) if row else current_terms(session, system_code)


def preview_import(session: Session, system_code: str, terms: Sequence[Term]) -> ImportPreview:
    """What a list would change against the version in force."""
    difference = compare(current_terms(session, system_code), terms)
    return ImportPreview(difference, len(terms))


def save_draft(session: Session, principal: Principal, system_code: str, label: str, terms: Sequence[Term]) -> SystemVersion:
    """Write a whole list as the draft of a version, in place of what the draft held before.

    Raises:
        Denied: see ``create_system``.
        Invalid: ``standard.faults`` with the wrong terms and their places in the list; nothing is written.
        Conflict: the version is no draft any more.
    """
    must_answer_for_region(session)
    owner = system(session, system_code)
    if found := faults(terms):
        told = [{"row": fault.row, **finding(fault.field, fault.rule)} for fault in found[:100]]
        raise Invalid("standard.faults", findings=told, count=len(found))
    query = select(SystemVersion).where(SystemVersion.system_id == owner.id, SystemVersion.label == label)
    row = session.scalar(query)
    if row is None:
        row = SystemVersion(system_id=owner.id, label=label, state=State.DRAFT.value)
        session.add(row)
    if row.state != State.DRAFT.value:
        raise Conflict("standard.not_a_draft", state=row.state, field="label")
    row.size, row.content = len(terms), new_id()
    row.edited_by, row.edited_at = principal.name, clock.now()
    session.flush()
    _write_terms(session, row, Columns.of(terms))
    return row


def move(session: Session, principal: Principal, system_code: str, label: str, to: State) -> SystemVersion:
    """Hand a draft in for review, send it back, publish or retire it.

    Publishing retires the version in force the day before.

    Raises:
        Denied: see ``create_system``.
        Conflict: the step is not possible from the present state, or an empty version would be published.
    """
    must_answer_for_region(session)
    row = version(session, system_code, label)
    if to not in MOVES[State(row.state)]:
        raise Conflict("standard.state", state=row.state, to=to.value)
    row.decided_by, row.decided_at = principal.name, clock.now()
    if to is State.PUBLISHED:
        _publish(session, system_code, row)
    if to is State.RETIRED:
        row.valid_to = clock.today()
    row.state = to.value
    session.flush()
    return row


def count_terms(session: Session) -> int:
    """Number of terms over all versions."""
    return session.scalar(select(func.count(CodeTerm.id))) or 0


def _publish(session: Session, system_code: str, row: SystemVersion) -> None:
    if row.size == 0:
        raise Conflict("standard.empty", system=system_code)
    today: date = clock.today()
    if (before := current(session, system_code)) is not None:
        before.state, before.valid_to = State.RETIRED.value, today - timedelta(days=1)
        session.flush()
    row.valid_from = row.valid_from or today
    publish(session, VersionPublished(system_code, row.label))


def _write_terms(session: Session, row: SystemVersion, columns: Columns) -> None:
    for model in (CodeTerm, PackedTerms):
        session.execute(delete(model).where(model.version_id == row.id))
    names = ("code", "name", "initials", "parent", "note")
    entries = zip(columns.codes, columns.names, columns.letters, columns.parents, columns.notes, strict=True)
    rows = [
        {"id": new_id(), "version_id": row.id, "position": position, **dict(zip(names, entry, strict=True))}
        for position, entry in enumerate(entries)
    ]
    if rows:
        session.execute(insert(CodeTerm), rows)
    session.execute(insert(PackedTerms), [{"version_id": row.id, "content": row.content, "body": pack(columns)}])
