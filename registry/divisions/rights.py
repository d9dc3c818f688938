"""Which rights follow a change of divisions.

Rights within one unit go where the unit goes. Rights over a whole division follow only where no other division joins: a
merge must not make the administrator of one county the administrator of two.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.api import Grant, move_grants
from registry.divisions.followers import ChunkedFollower, Item


@dataclass(frozen=True, slots=True)
class GrantFollower(ChunkedFollower):
    """Running grants of one kind: those bound to a unit, or those over a division (``sole``)."""

    def items(self, session: Session, codes: Collection[str]) -> Iterator[Item]:
        bound = Grant.institution_id.is_(None) if self.sole else Grant.institution_id.is_not(None)
        query = (
            select(Grant.id, Grant.division_code, Grant.institution_id)
            .where(Grant.revoked_at.is_(None), bound)
            .order_by(Grant.id)
        )
        for chunk in self.chunks(codes):
            rows = session.execute(query.where(Grant.division_code.in_(chunk)))
            yield from (Item(grant_id, str(code), unit=unit) for grant_id, code, unit in rows)


UNIT_RIGHTS = GrantFollower("access.unit_grant", "单位内授权", Grant, move=move_grants)
DIVISION_RIGHTS = GrantFollower("access.division_grant", "区划内授权", Grant, sole=True, move=move_grants)
