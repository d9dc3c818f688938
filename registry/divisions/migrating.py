"""After a change of divisions, the records that carry a division code follow: what would move, what was ordered, what is open.

Each register that holds such records adds a ``Follower``. A record whose old division has one successor goes there. After a
split, a record that knows only the divided division goes to the heir and is counted as needing review; the reviewer may
send single records elsewhere with overrides. What belongs to an institution is never reviewed: it goes where its
institution is sent. Migrations need not follow the order of their changes: records that arrive
where a later migration has already been go on with it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import Principal
from registry.divisions.changing import change_row, must_decide
from registry.divisions.followers import DivisionFollowers, Follower, Item
from registry.divisions.heirs import codes_of, earlier_owner, heirs_of, moved_on, reachable_of
from registry.divisions.models import DivisionChange, Migration, MigrationMove
from registry.events import MigrationOrdered


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
    heirs = heirs_of(session, change_id)
    moves, samples = [], []
    with widened(session, "preview of a division migration"):
        for follower in followers:
            reachable = reachable_of(follower, heirs)
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
    heirs = heirs_of(session, change_id)
    if change.effective_on > clock.today():
        raise Conflict("division.not_effective", effective=change.effective_on.isoformat())
    done = select(Migration).where(Migration.change_id == change_id, Migration.state != "undone")
    if session.scalar(done) is not None:
        raise Conflict("division.migrated")
    if first := earlier_owner(session, change, heirs):
        raise Conflict("division.earlier_first", document=first.document or first.reason or str(first.id))
    if wrong := sorted({code for items in overrides.values() for code in items.values()} - codes_of(heirs)):
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
    return codes_of(heirs_of(session, change_id))


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
    if moved_on(session, row):
        raise Conflict("division.moved_on")
    row.state = "undoing"
    publish(session, MigrationOrdered(row.id, undo=True))
    return row


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
    heirs, found = heirs_of(session, change_id), []
    with widened(session, "list the records to review"):
        for follower in followers:
            reachable = reachable_of(follower, heirs)
            items = _open(follower.items(session, reachable), reachable)
            found += [(follower, item, reachable[item.code]) for item in items]
    return found


def _open(items: Iterable[Item], heirs: Mapping[str, tuple[str, ...]]) -> Iterator[Item]:
    """Records somebody has to decide about: of a divided division, and not going along with an institution."""
    return (item for item in items if item.unit is None and len(heirs[item.code]) > 1)
