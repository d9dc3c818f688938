"""A worker moves the records of an ordered migration and journals them, or puts them back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from registry.divisions.followers import INSTITUTIONS, DivisionFollowers, Item
from registry.divisions.heirs import heirs_of, reachable_of
from registry.divisions.models import Migration, MigrationMove


def carry_out(session: Session, migration_id: int, followers: DivisionFollowers) -> None:
    """Move the records of an ordered migration and write the journal. Repeating it changes nothing."""
    row = session.get(Migration, migration_id)
    if row is None or row.state != "ordered":
        return
    heirs = heirs_of(session, row.change_id)
    counts, units = {}, row.overrides.get(INSTITUTIONS, {})
    for follower in followers:
        reachable = reachable_of(follower, heirs)
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
