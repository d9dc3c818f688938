"""Institutions follow changes of divisions, and their entries are kept by whoever keeps those of the new place."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from registry.divisions.codes import pad, prefix_of
from registry.divisions.followers import ColumnFollower
from registry.institutions.models import Institution


class InstitutionFollower(ColumnFollower):
    """A keeper that does not contain the new place gives way to the division of its level that does, and comes back so."""

    __slots__ = ()

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        super().assign(session, moves)
        ids = sorted(moves)
        for start in range(0, len(ids), 500):
            query = select(Institution.id, Institution.manager_code).where(Institution.id.in_(ids[start : start + 500]))
            keepers = ((unit, prefix_of(keeper)) for unit, keeper in session.execute(query))
            strangers = [(unit, len(prefix)) for unit, prefix in keepers if not moves[unit].startswith(prefix)]
            rows = [{"id": unit, "manager_code": pad(moves[unit][:reach])} for unit, reach in strangers]
            if rows:
                session.execute(update(Institution), rows)
