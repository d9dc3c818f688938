"""What accounts and health records ask about institutions (``UnitDirectory`` and ``InstitutionDirectory``)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from health_platform.access.units import Unit
from health_platform.kernel.db import widened
from registry.institutions.models import ACTIVE, Institution

# Records and pages ask for names all the time, so the statement is put together once.
_NAMES = select(Institution.id, Institution.name).where(Institution.id.in_(bindparam("ids", expanding=True)))


class InstitutionLookup:
    """Looks institutions up for other parts; sees every institution, the caller checks the reach."""

    def names(self, session: Session, institution_ids: Sequence[int]) -> dict[int, str]:
        """Institution id to Chinese name, for those that exist."""
        found: dict[int, str] = {}
        with widened(session, "name institutions"):
            for start in range(0, len(institution_ids), 500):
                chunk = institution_ids[start : start + 500]
                found.update(session.execute(_NAMES, {"ids": chunk}).all())
        return found

    def unit(self, session: Session, unit_id: int) -> Unit | None:
        """The institution, if it exists and is in service."""
        with widened(session, "look a unit up"):
            row = session.get(Institution, unit_id)
            return _unit(row) if row is not None and row.state == ACTIVE else None

    def below(self, session: Session, unit_id: int) -> tuple[Unit, ...]:
        """The active institutions run by this one, at any depth."""
        found: dict[int, Unit] = {}
        waiting = [unit_id]
        with widened(session, "look the units below up"):
            while waiting:
                query = select(Institution).where(Institution.parent_id.in_(waiting[:500]), Institution.state == ACTIVE)
                del waiting[:500]
                new = [row for row in session.scalars(query) if row.id not in found and row.id != unit_id]
                found.update((row.id, _unit(row)) for row in new)
                waiting += [row.id for row in new]
        return tuple(found.values())


def _unit(row: Institution) -> Unit:
    return Unit(row.id, row.name, row.division_code or "", row.line_code, row.parent_id)
