"""``health-platform user``: accounts from the command line, for the first run and for emergencies."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts import service
from health_platform.access.accounts.models import User
from health_platform.access.authority.definitions.roles import BY_CODE
from health_platform.access.authority.grants import grants_of
from health_platform.access.provision import NewAccount, open_account
from health_platform.access.setup import ensure_first_administrators, install_definitions
from health_platform.access.units import directory_of
from health_platform.kernel.audit import AuditFact, record
from health_platform.kernel.errors import NotFound
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope


@click.group("user")
def user() -> None:
    """Accounts of people.

    Example: health-platform user list
    """


@user.command("first")
@click.pass_obj
def first(platform: Platform) -> None:
    """Create the three administrators of a new platform and print their passwords once.

    Example: health-platform user first
    """
    with platform.database.unit_of_work(system_scope("user first")) as session:
        made = ensure_first_administrators(session, platform)
        for account in made:
            _note(session, "user.first", account.login_name)
    if not made:
        click.echo("accounts exist already; nothing was created")
    for account in made:
        click.echo(f"{account.login_name:<12} {account.password}   {account.real_name}")


@user.command("list")
@click.option("--text", default="", help="part of name, login name or unit")
@click.pass_obj
def list_users(platform: Platform, text: str) -> None:
    """List accounts.

    Example: health-platform user list --text 平桥
    """
    with platform.database.unit_of_work(system_scope("user list")) as session:
        rows, total = service.find_users(session, service.UserSearch(text), limit=500)
        for row in rows:
            held = ",".join(role.name if role else "*" for grant, role in grants_of(session, row.id) if grant.may_use)
            unit = row.institution_name or row.division_code
            click.echo(f"{row.login_name:<20} {row.status:<8} {row.real_name} {unit} {held}")
    click.echo(f"{total} accounts")


@user.command("create")
@click.argument("login_name")
@click.option("--name", required=True, help="real name")
@click.option("--id-no", required=True, help="resident id number")
@click.option("--role", required=True, type=click.Choice(sorted(BY_CODE)), help="predefined role")
@click.option("--division", help="12-digit division code; default: that of the unit or the region")
@click.option("--unit", type=int, help="institution id")
@click.pass_obj
def create(platform: Platform, login_name: str, name: str, id_no: str, role: str, division: str | None, unit: int | None) -> None:
    """Create an account with a role and print its first password.

    Example: health-platform user create zhangsan --name 张三 --id-no 11010519491231002X --role physician --unit 12
    """
    with platform.database.unit_of_work(system_scope("user create")) as session:
        install_definitions(session, platform)
        found = directory_of(platform).unit(session, unit) if unit else None
        if unit and found is None:
            raise NotFound("access.unit.unknown", unit_id=str(unit))
        code = division or (found.division_code if found else platform.settings.city_division)
        made, password = open_account(session, NewAccount(login_name, name, id_no, role, code, found))
        _note(session, "user.create", str(made.id))
    click.echo(f"{made.login_name} {password}")


@user.command("reset-password")
@click.argument("login_name")
@click.pass_obj
def reset_password(platform: Platform, login_name: str) -> None:
    """Give an account a new first password and print it.

    Example: health-platform user reset-password zhangsan
    """
    with platform.database.unit_of_work(system_scope("user reset-password")) as session:
        row, password = service.reset_password(session, SYSTEM, _find(session, login_name).id)
        _note(session, "user.reset_password", str(row.id))
    click.echo(f"{row.login_name} {password}")


@user.command("lock")
@click.argument("login_name")
@click.option("--reason", required=True)
@click.pass_obj
def lock(platform: Platform, login_name: str, reason: str) -> None:
    """Lock an account; its sessions end.

    Example: health-platform user lock zhangsan --reason 离职
    """
    with platform.database.unit_of_work(system_scope("user lock")) as session:
        row = service.lock(session, SYSTEM, _find(session, login_name).id, reason)
        _note(session, "user.lock", str(row.id))
    click.echo(f"{login_name} locked")


@user.command("unlock")
@click.argument("login_name")
@click.pass_obj
def unlock(platform: Platform, login_name: str) -> None:
    """Unlock an account.

    Example: health-platform user unlock zhangsan
    """
    with platform.database.unit_of_work(system_scope("user unlock")) as session:
        row = service.unlock(session, SYSTEM, _find(session, login_name).id)
        _note(session, "user.unlock", str(row.id))
    click.echo(f"{login_name} unlocked")


def _find(session: Session, login_name: str) -> User:
    row = session.scalar(select(User).where(User.login_name == login_name.strip().lower()))
    if row is None:
        raise NotFound("access.user.unknown", login_name=login_name)
    return row


def _note(session: Session, action: str, object_id: str) -> None:
    record(session, AuditFact(action, "users", object_id, detail={"by": "command line"}))
