"""After a change of divisions, the records that carry a division code follow: previewed, reviewed, journalled, undone.

Each register that holds such records adds a ``Follower``. A record whose old division has one successor goes there. After a
split, a record that knows only the divided division goes to the heir and is counted as needing review; the reviewer may
send single records elsewhere with overrides. What belongs to an institution is never reviewed: it goes where its
institution is sent. Migrations need not follow the order of their changes: records that arrive
where a later migration has already been go on with it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final, Protocol

from sqlalchemy import and_, exists, insert, null, or_, select, update
from sqlalchemy.orm import Session, aliased

from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal
from registry.divisions.atlas import Step, forward
from registry.divisions.changing import change_row, must_decide
from registry.divisions.models import DivisionChange, DivisionLink, Migration, MigrationMove
from registry.divisions.reading import step_of
from registry.events import MigrationOrdered

_CHUNK = 500
_STANDING = ("ordered", "done")
INSTITUTIONS: Final = "registry.institution"
"""The follower other records follow when they belong to an institution."""


@dataclass(frozen=True, slots=True)
class Item:
    """A record that carries a division code; ``unit`` is the institution it goes along with."""

    id: int
    code: str
    label: str = ""
    unit: int | None = None


class Follower(Protocol):
    """A register whose records follow changes of divisions."""

    @property
    def name(self) -> str:
        """Stable name in the journal, like ``empi.person``."""

    @property
    def label(self) -> str:
        """Chinese name of the records."""

    @property
    def sole(self) -> bool:
        """Whether a record only follows to a division that no other one joins, because it stands for the whole of it."""

    def items(self, session: Session, codes: Collection[str]) -> Iterable[Item]:
        """All records whose division is one of ``codes``."""

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        """Give records another division."""


@dataclass(frozen=True, slots=True)
class ColumnFollower:
    """A follower for any model with ``id`` and a column of division codes; ``title`` is the column to show.

    ``unit`` is the column of the institution whose records these are, if they go along with it.
    """

    name: str
    label: str
    model: Any
    column: str = "division_code"
    title: str = ""
    sole: bool = False
    unit: str = ""

    def items(self, session: Session, codes: Collection[str]) -> Iterator[Item]:
        code = getattr(self.model, self.column)
        title = getattr(self.model, self.title) if self.title else code
        unit = getattr(self.model, self.unit) if self.unit else null()
        for chunk in self.chunks(codes):
            rows = session.execute(select(self.model.id, code, title, unit).where(code.in_(chunk)).order_by(self.model.id))
            yield from (Item(item_id, current, str(shown or ""), owner) for item_id, current, shown, owner in rows)

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        rows = [{"id": item_id, self.column: code} for item_id, code in moves.items()]
        if rows:
            session.execute(update(self.model), rows)

    @staticmethod
    def chunks(values: Collection[Any]) -> Iterator[list[Any]]:
        """``values`` in order, in lists short enough for one statement."""
        ordered = sorted(values)
        return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


@dataclass(frozen=True, slots=True)
class ChunkedFollower(ColumnFollower):
    """A follower whose register moves records with a function of its own, some hundreds at a time."""

    move: Callable[[Session, Mapping[int, str]], None] | None = None

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        for chunk in self.chunks(moves):
            self.move(session, {item_id: moves[item_id] for item_id in chunk})  # type: ignore[misc]


@dataclass
class DivisionFollowers:
    """The followers of this platform; bound as a service, so that every component can add its own."""

    found: dict[str, Follower] = field(default_factory=dict)

    def add(self, follower: Follower) -> None:
        """Let the records of a register follow changes of divisions."""
        self.found[follower.name] = follower

    def __iter__(self) -> Iterator[Follower]:
        return iter(self.found.values())


@dataclass(frozen=True, slots=True)
class Move:
    """What happens to the records of one register in one division. ``unsure`` records go to the heir of a split."""

    follower: str
    label: str
    from_code: str
    to_code: str
    count: int
    unsure: bool


@dataclass(frozen=True, slots=True)
class MigrationPreview:
    """What a migration would do, without doing it; ``samples`` are some of the records that need review."""

    moves: tuple[Move, ...]
    samples: tuple[Item, ...]

    @property
    def total(self) -> int:
        return sum(move.count for move in self.moves)


def preview_migration(session: Session, change_id: int, followers: DivisionFollowers) -> MigrationPreview:
    """How many records would move where.

    Raises:
        Denied: the caller does not decide about the change.
        Conflict: the change is not approved.
    """
    must_decide(session, change_row(session, change_id))
    heirs = _heirs(session, change_id)
    moves, samples = [], []
    with widened(session, "preview of a division migration"):
        for follower in followers:
            reachable = _reachable(follower, heirs)
            items = list(follower.items(session, reachable))
            to_review = list(_open(items, reachable))
            counts, undecided = Counter(item.code for item in items), {item.code for item in to_review}
            for code, count in sorted(counts.items()):
                if heirs[code][0] != code or len(heirs[code]) > 1:
                    moves.append(Move(follower.name, follower.label, code, heirs[code][0], count, code in undecided))
            samples += to_review[:20]
    return MigrationPreview(tuple(moves), tuple(samples))


def order_migration(
    session: Session, principal: Principal, change_id: int, overrides: Mapping[str, Mapping[str, str]]
) -> Migration:
    """Order the reviewed migration of an approved change; a worker carries it out.

    ``overrides`` sends single records elsewhere: follower name to (record id as text to division code).

    Raises:
        Denied: the caller does not decide about the change.
        Conflict: the change is not approved, takes effect later, or was migrated and not undone; or an earlier change took
            the same code from other records, which have to go first.
        Invalid: an override names a division that is none of the successors.
    """
    change = change_row(session, change_id, to_change=True)
    must_decide(session, change)
    heirs = _heirs(session, change_id)
    if change.effective_on > clock.today():
        raise Conflict("division.not_effective", effective=change.effective_on.isoformat())
    done = select(Migration).where(Migration.change_id == change_id, Migration.state != "undone")
    if session.scalar(done) is not None:
        raise Conflict("division.migrated")
    if first := _earlier_owner(session, change, heirs):
        raise Conflict("division.earlier_first", document=first.document or first.reason or str(first.id))
    if wrong := sorted({code for items in overrides.values() for code in items.values()} - _codes(heirs)):
        raise Invalid("division.override", divisions=wrong)
    row = Migration(
        change_id=change_id,
        state="ordered",
        overrides={name: dict(items) for name, items in overrides.items()},
        counts={},
        ordered_by=principal.name,
        ordered_at=clock.now(),
        division_code=change.division_code,
    )
    session.add(row)
    session.flush()
    publish(session, MigrationOrdered(row.id))
    return row


def places_after(session: Session, change_id: int) -> frozenset[str]:
    """The divisions to which a change sends records.

    Raises:
        Conflict: the change is not approved.
    """
    return _codes(_heirs(session, change_id))


def order_undo(session: Session, migration_id: int) -> Migration:
    """Order that a finished migration is taken back; a worker carries it out.

    Raises:
        Denied: the caller does not decide about the change.
        Conflict: it is not done, or a later migration moved records on.
    """
    row = migration(session, migration_id)
    must_decide(session, change_row(session, row.change_id))
    if row.state != "done":
        raise Conflict("division.migration_state", state=row.state)
    if _moved_on(session, row):
        raise Conflict("division.moved_on")
    row.state = "undoing"
    publish(session, MigrationOrdered(row.id, undo=True))
    return row


def carry_out(session: Session, migration_id: int, followers: DivisionFollowers) -> None:
    """Move the records of an ordered migration and write the journal. Repeating it changes nothing."""
    row = session.get(Migration, migration_id)
    if row is None or row.state != "ordered":
        return
    heirs = _heirs(session, row.change_id)
    counts, units = {}, row.overrides.get(INSTITUTIONS, {})
    for follower in followers:
        reachable = _reachable(follower, heirs)
        sent = Sent(row.overrides.get(follower.name, {}), units)
        moves = _planned(follower.items(session, reachable), reachable, sent)
        _journal(session, row, follower.name, moves)
        follower.assign(session, {item.id: code for item, code in moves})
        counts[follower.name] = len(moves)
    row.state, row.counts, row.finished_at = "done", counts, clock.now()


def take_back(session: Session, migration_id: int, followers: DivisionFollowers) -> None:
    """Put every journalled record back that still is where the migration put it. Repeating it changes nothing."""
    row = session.get(Migration, migration_id)
    if row is None or row.state != "undoing":
        return
    kept = {}
    for follower in followers:
        journal = select(MigrationMove).where(MigrationMove.migration_id == migration_id, MigrationMove.follower == follower.name)
        moves = {move.item_id: move for move in session.scalars(journal)}
        now = {item.id: item.code for item in follower.items(session, {move.to_code for move in moves.values()})}
        back = {item: move.from_code for item, move in moves.items() if now.get(item) == move.to_code}
        follower.assign(session, back)
        kept[follower.name] = len(moves) - len(back)
    row.state, row.finished_at = "undone", clock.now()
    row.counts = {"moved": row.counts, "left": kept}


def migration(session: Session, migration_id: int) -> Migration:
    """One migration.

    Raises:
        NotFound: it does not exist or lies outside the caller's part.
    """
    row = session.scalar(select(Migration).where(Migration.id == migration_id))
    if row is None:
        raise NotFound("division.migration_unknown", migration_id=str(migration_id))
    return row


def migrations(session: Session, change_id: int | None = None) -> list[Migration]:
    """Migrations the caller may see, newest first."""
    query = select(Migration).order_by(Migration.ordered_at.desc())
    return list(session.scalars(query.where(Migration.change_id == change_id) if change_id else query))


def moved_since(session: Session, follower: str, day: date) -> dict[int, str]:
    """Where records were on ``day`` that a change which took effect later has moved: record id to division code.

    With the present division for all others this is the register "as it was then", although its records have moved.
    """
    query = (
        select(MigrationMove.item_id, MigrationMove.from_code)
        .join(Migration, Migration.id == MigrationMove.migration_id)
        .join(DivisionChange, DivisionChange.id == Migration.change_id)
        .where(MigrationMove.follower == follower, Migration.state == "done", DivisionChange.effective_on > day)
        .order_by(DivisionChange.effective_on.desc(), DivisionChange.id.desc())
    )
    with widened(session, "read the journal of division migrations"):
        return dict(session.execute(query).all())


def unsure(session: Session, change_id: int, followers: DivisionFollowers) -> list[tuple[Follower, Item, tuple[str, ...]]]:
    """Every record for which the change leaves open where it belongs, with the divisions it may go to, the heir first."""
    heirs, found = _heirs(session, change_id), []
    with widened(session, "list the records to review"):
        for follower in followers:
            reachable = _reachable(follower, heirs)
            items = _open(follower.items(session, reachable), reachable)
            found += [(follower, item, reachable[item.code]) for item in items]
    return found


def _open(items: Iterable[Item], heirs: Mapping[str, tuple[str, ...]]) -> Iterator[Item]:
    """Records somebody has to decide about: of a divided division, and not going along with an institution."""
    return (item for item in items if item.unit is None and len(heirs[item.code]) > 1)


def _heirs(session: Session, change_id: int) -> dict[str, tuple[str, ...]]:
    """Where the records of each changed division go: with the change, and on with later ones that were migrated before."""
    row = change_row(session, change_id)
    if row.state != "approved":
        raise Conflict("division.not_approved", state=row.state)
    query = select(DivisionLink).where(DivisionLink.change_id == change_id).order_by(DivisionLink.position)
    links = list(session.scalars(query))
    if not links:
        return {}
    later = _migrated_after(session, row)
    return {code: forward(code, (step_of(links), *later)) for code in {link.predecessor for link in links if link.predecessor}}


def _codes(heirs: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(code for codes in heirs.values() for code in codes)


def _migrated_after(session: Session, change: DivisionChange) -> list[Step]:
    links = (
        select(DivisionLink)
        .join(Migration, Migration.change_id == DivisionLink.change_id)
        .where(
            Migration.state.in_(_STANDING),
            or_(
                DivisionLink.effective_on > change.effective_on,
                and_(DivisionLink.effective_on == change.effective_on, DivisionLink.change_id > change.id),
            ),
        )
        .order_by(DivisionLink.effective_on, DivisionLink.change_id, DivisionLink.position)
    )
    with widened(session, "find migrations of later changes"):
        groups = groupby(session.scalars(links), key=lambda link: link.change_id)
        return [step_of(list(group)) for _, group in groups]


def _earlier_owner(session: Session, change: DivisionChange, codes: Collection[str]) -> DivisionChange | None:
    """An earlier change that took one of ``codes`` away and was not migrated: records under the code may be meant by it.

    A code can be given to another division later; who migrates in the wrong order would take old records for new ones.
    """
    earlier = or_(
        DivisionChange.effective_on < change.effective_on,
        and_(DivisionChange.effective_on == change.effective_on, DivisionChange.id < change.id),
    )
    migrated = exists().where(Migration.change_id == DivisionChange.id, Migration.state != "undone")
    query = (
        select(DivisionChange)
        .join(DivisionLink, DivisionLink.change_id == DivisionChange.id)
        .where(DivisionChange.state == "approved", earlier, ~migrated, DivisionLink.predecessor != DivisionLink.successor)
        .order_by(DivisionChange.effective_on, DivisionChange.id)
    )
    with widened(session, "find earlier changes of the same codes"):
        for chunk in ColumnFollower.chunks(codes):
            if found := session.scalars(query.where(DivisionLink.predecessor.in_(chunk))).first():
                return found
    return None


def _moved_on(session: Session, row: Migration) -> bool:
    """Whether a migration that came after this one moved some of its records on."""
    mine, other, later = aliased(MigrationMove), aliased(MigrationMove), aliased(Migration)
    query = select(
        exists()
        .where(mine.migration_id == row.id, other.item_id == mine.item_id, other.follower == mine.follower)
        .where(other.from_code == mine.to_code, later.id == other.migration_id, later.id > row.id)
        .where(later.state.in_((*_STANDING, "undoing")))
    )
    with widened(session, "find migrations that moved records on"):
        return bool(session.scalar(query))


def _reachable(follower: Follower, heirs: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """The part of the map a register follows: all of it, or for records that stand for a division what stays undivided."""
    if not follower.sole:
        return heirs
    joining = Counter(heir for codes in heirs.values() for heir in codes)
    return {code: codes for code, codes in heirs.items() if len(codes) == 1 and joining[codes[0]] == 1}


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the reviewer sends records of one register, and institutions with all that belongs to them."""

    items: Mapping[str, str]
    units: Mapping[str, str]

    def target(self, item: Item, heirs: tuple[str, ...]) -> str:
        """The division of a record after the change. It follows its institution only into a successor of its own division."""
        unit = self.units.get(str(item.unit))
        return self.items.get(str(item.id)) or (unit if unit in heirs else heirs[0])


def _planned(items: Iterable[Item], heirs: Mapping[str, tuple[str, ...]], sent: Sent) -> list[tuple[Item, str]]:
    targets = ((item, sent.target(item, heirs[item.code])) for item in items)
    return [(item, code) for item, code in targets if code != item.code]


def _journal(session: Session, row: Migration, follower: str, moves: list[tuple[Item, str]]) -> None:
    rows = [
        {
            "id": new_id(),
            "migration_id": row.id,
            "follower": follower,
            "item_id": item.id,
            "from_code": item.code,
            "to_code": code,
            "division_code": row.division_code,
        }
        for item, code in moves
    ]
    if rows:
        session.execute(insert(MigrationMove), rows)
