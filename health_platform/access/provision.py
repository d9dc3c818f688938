"""Opening an account with its role in one step, by the platform itself (commands, demonstration data)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from health_platform.access.accounts import passwords
from health_platform.access.accounts.models import RESIDENT, STAFF, User
from health_platform.access.accounts.service import NewUser, create_user
from health_platform.access.authority.definitions.roles import BY_CODE, RoleDefinition
from health_platform.access.authority.evaluate import MAX_DEPTH, Cell
from health_platform.access.authority.grants import NewGrant, root_grant
from health_platform.access.divisions import prefix_of
from health_platform.access.units import Unit
from health_platform.kernel.errors import NotFound, register_messages

register_messages({"access.unit.unknown": "未找到该机构"})


@dataclass(frozen=True)
class NewAccount:
    """An account and the predefined role it is for.

    ``resident_ref`` is the person id of a resident's account. ``phone`` and ``title`` are optional.
    """

    login_name: str
    real_name: str
    id_no: str
    role: str
    division_code: str
    unit: Unit | None = None
    phone: str | None = None
    title: str | None = None
    staff_ref: str | None = None
    resident_ref: int | None = None


def open_account(session: Session, new: NewAccount, password: str | None = None) -> tuple[User, str]:
    """Open an account with its role (and, for administrators, the roles they may hand on), granted by the platform.

    With a ``password`` the account may sign in with it at once; without one a first password is generated and returned,
    which must be changed at the first login. ``install_definitions`` must have run.

    Raises:
        NotFound: no such predefined role.
    """
    definition = BY_CODE.get(new.role)
    if definition is None:
        raise NotFound("access.role.unknown", role=new.role)
    user, first = create_user(session, _user_of(new), created_by=0, password=password)
    if password is not None:
        user.must_change = False
    grant_by_platform(session, user.id, definition, cell_of(definition, new.division_code, new.unit))
    return user, first


def _user_of(new: NewAccount) -> NewUser:
    return NewUser(
        new.login_name,
        new.real_name,
        new.id_no,
        new.division_code,
        new.unit,
        new.phone,
        new.title,
        new.staff_ref,
        new.resident_ref,
        kind=RESIDENT if new.resident_ref is not None else STAFF,
    )


def cell_of(definition: RoleDefinition, division_code: str, unit: Unit | None) -> Cell:
    """How far a predefined role reaches for somebody of this division and unit."""
    if unit is None or definition.reach == "division":
        return Cell(prefix_of(division_code))
    return Cell(prefix_of(unit.division_code), unit=unit.id, below=definition.reach == "unit_and_below")


def grant_by_platform(session: Session, account_id: int, definition: RoleDefinition, cell: Cell) -> None:
    """Grant a predefined role to an account or client, with the right to hand on what the role delegates."""
    root_grant(session, NewGrant(account_id, cell, role=definition.code))
    for code in definition.delegates:
        passed = NewGrant(account_id, replace(cell, line=None), role=code, may_use=False, may_grant=True)
        root_grant(session, replace(passed, depth=MAX_DEPTH - 2 if BY_CODE[code].delegates else 2))


def generated_password() -> str:
    """A random password that satisfies the policy."""
    return passwords.generated_password()
