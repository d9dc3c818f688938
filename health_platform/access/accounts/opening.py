"""What an administrator does when a colleague needs an account: account, unit and role in one act."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from health_platform.access.accounts.models import User
from health_platform.access.accounts.service import NewUser, create_user
from health_platform.access.authority.definitions.roles import BY_CODE
from health_platform.access.authority.evaluate import Cell
from health_platform.access.authority.grants import NewGrant, appoint
from health_platform.access.divisions import prefix_of
from health_platform.access.provision import cell_of
from health_platform.access.units import Unit, UnitDirectory
from health_platform.kernel.errors import Denied, Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal, Scope

register_messages(
    {
        "access.user.unit": "请选择本单位或下属机构",
        "access.unit.unknown": "未找到该机构",
        "access.user.division": "超出管辖的行政区划",
    }
)


def open_for(session: Session, principal: Principal, units: UnitDirectory, body: dict[str, Any]) -> tuple[User, str]:
    """Open an account inside the administrator's reach and give it a role the administrator may hand out.

    A unit administrator reaches the own unit and those run by it; a township hospital thereby registers its village
    clinics' staff.

    Raises:
        NotFound: the unit does not exist or lies out of reach.
        Denied: the division or the role is not the administrator's to give.
    """
    unit = reachable_unit(session, principal.scope, units, body.get("institution_id"))
    if unit is None and principal.scope.institutions is not None:
        raise Invalid("access.user.unit")
    division = unit.division_code if unit else body.get("division_code") or principal.division_code
    if not principal.scope.covers_division(division):
        raise Denied("access.user.division")
    wanted = ("login_name", "real_name", "id_no", "phone", "title", "expires_at")
    new = NewUser(division_code=division, unit=unit, **{name: body.get(name) for name in wanted})  # type: ignore[arg-type]
    user, password = create_user(session, new, created_by=principal.id)
    if role := body.get("role"):
        appoint(session, principal.id, NewGrant(user.id, role_cell(role, division, unit), role=role), units)
    return user, password


def role_cell(role: str, division: str, unit: Unit | None) -> Cell:
    """How far a role given to somebody of this unit reaches: as its definition says, own roles for the unit."""
    definition = BY_CODE.get(role)
    if definition:
        return cell_of(definition, division, unit)
    cell = Cell(prefix_of(division))
    return replace(cell, unit=unit.id) if unit else cell


def reachable_unit(session: Session, scope: Scope, units: UnitDirectory, unit_id: int | None) -> Unit | None:
    """The unit, when it lies in the scope; ``None`` when none was named.

    Raises:
        NotFound: no such unit in the scope.
    """
    if unit_id is None:
        return None
    unit = units.unit(session, unit_id)
    inside = unit is not None and scope.covers_division(unit.division_code) and scope.covers_institution(unit.id)
    if unit is None or not inside:
        raise NotFound("access.unit.unknown", unit_id=str(unit_id))
    return unit


def reachable_units(session: Session, principal: Principal, units: UnitDirectory) -> list[Unit]:
    """The units a unit administrator may open accounts for; empty when the reach is a whole division."""
    ids = sorted(principal.scope.institutions or ())
    found = [units.unit(session, unit_id) for unit_id in ids]
    return sorted((unit for unit in found if unit), key=lambda unit: (unit.id != principal.institution_id, unit.name))
