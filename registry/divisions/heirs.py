"""Where the records of a changed division go, and which other migrations stand before or behind."""

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import groupby

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict
from registry.divisions.atlas import Step, forward
from registry.divisions.changing import change_row
from registry.divisions.followers import ColumnFollower, Follower
from registry.divisions.models import DivisionChange, DivisionLink, Migration, MigrationMove
from registry.divisions.reading import step_of

_STANDING = ("ordered", "done")


def heirs_of(session: Session, change_id: int) -> dict[str, tuple[str, ...]]:
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


def codes_of(heirs: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
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


def earlier_owner(session: Session, change: DivisionChange, codes: Collection[str]) -> DivisionChange | None:
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


def moved_on(session: Session, row: Migration) -> bool:
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


def reachable_of(follower: Follower, heirs: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """The part of the map a register follows: all of it, or for records that stand for a division what stays undivided."""
    if not follower.sole:
        return heirs
    joining = Counter(heir for codes in heirs.values() for heir in codes)
    return {code: codes for code, codes in heirs.items() if len(codes) == 1 and joining[codes[0]] == 1}
