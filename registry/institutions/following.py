"""Institutions follow changes of divisions, and their entries are kept by whoever keeps those of the new place."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry.divisions.codes import Level, pad, prefix_of
from registry.divisions.migrating import ColumnFollower
from registry.institutions.models import Institution


class InstitutionFollower(ColumnFollower):
    """A keeper that does not contain the new place gives way to the county of that place."""

    __slots__ = ()

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        super().assign(session, moves)
        ids = sorted(moves)
        for start in range(0, len(ids), 500):
            query = select(Institution.id, Institution.manager_code).where(Institution.id.in_(ids[start : start + 500]))
            strangers = [unit for unit, keeper in session.execute(query) if not moves[unit].startswith(prefix_of(keeper))]
            rows = [{"id": unit, "manager_code": pad(moves[unit][: Level.COUNTY])} for unit in strangers]
            if rows:
                session.execute(update(Institution), rows)
