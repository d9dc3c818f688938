"""Identities follow changes of divisions, so that whoever answers for a place keeps seeing the people of that place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from empi.models import GoldenRow, IdentityRow, PersonRow
from empi.querying import chunks
from empi.storing import known
from registry.api import Item


class IdentityFollower:
    """The identities of the index as a register whose records carry division codes."""

    name = "empi.identity"
    label = "主索引身份记录"
    sole = False

    def items(self, session: Session, codes: Collection[str]) -> Iterator[Item]:
        """All identities whose division is one of ``codes``; labelled by institution, never by a name."""
        ordered = sorted(codes)
        for start in range(0, len(ordered), 500):
            statement = select(IdentityRow.patient_key, IdentityRow.division_code, IdentityRow.institution)
            rows = session.execute(
                statement.where(IdentityRow.division_code.in_(ordered[start : start + 500])).order_by(IdentityRow.patient_key)
            )
            yield from (Item(key, str(code), institution) for key, code, institution in rows)

    def assign(self, session: Session, moves: Mapping[int, str]) -> None:
        """Give identities another division; their persons' golden records follow the newest identity."""
        if not moves:
            return
        before = known(session, moves)
        session.execute(update(IdentityRow), [{"patient_key": key, "division_code": code} for key, code in moves.items()])
        persons = {row.person_id for row in before.values() if row.person_id is not None}
        homes = _homes(session, persons)
        for model in (GoldenRow, PersonRow):
            session.execute(update(model), [{"person_id": person, "division_code": code} for person, code in homes.items()])


def _homes(session: Session, persons: Collection[int]) -> dict[int, str | None]:
    """The division of each person's newest identity, as golden records have it."""
    newest: dict[int, tuple[str, int, str | None]] = {}
    columns = (IdentityRow.person_id, IdentityRow.source_time, IdentityRow.patient_key, IdentityRow.division_code)
    for some in chunks(persons):
        for person, time, key, code in session.execute(select(*columns).where(IdentityRow.person_id.in_(some))):
            candidate = (time or "", -key, code)
            if person is not None and (person not in newest or candidate[:2] > newest[person][:2]):
                newest[person] = candidate
    return {person: code for person, (_, _, code) in newest.items()}
