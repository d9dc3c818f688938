"""Opening, locking and reviving accounts. The session's scope decides which accounts the caller reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, undefer
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from health_platform.access.accounts import passwords
from health_platform.access.accounts.models import ACTIVE, DISABLED, LOCKED, RESIDENT, STAFF, User
from health_platform.access.policy import access_policy
from health_platform.access.signin.sessions import end_sessions_of
from health_platform.access.units import Unit
from health_platform.kernel import clock
from health_platform.kernel.crypto import normalised
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal

register_messages(
    {
        "access.user.unknown": "未找到该账号",
        "access.user.id_no": "身份证号无效",
        "access.user.id_no_taken": "该身份证号已开设账号",
        "access.user.login_name": "登录名须为 3 至 40 位小写字母、数字或 . _ -,且以字母开头",
        "access.user.login_taken": "登录名已被使用",
        "access.user.real_name": "请填写真实姓名",
        "access.user.expiry": "有效期应晚于现在",
        "access.user.self": "不能对自己的账号执行此操作",
        "access.user.reason": "请填写原因",
    }
)

_ID_NO = re.compile(r"[1-9][0-9]{16}[0-9X]")
_LOGIN_NAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")
_REAL_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]{2,40}|[A-Za-z][A-Za-z .'-]{1,39}")


@dataclass(frozen=True)
class NewUser:
    """An account to be opened. ``unit`` is where the person works; none for platform administrators.

    ``post_account`` is one of the three first administrators, whose holder enters name and national id later.
    """

    login_name: str
    real_name: str
    id_no: str
    division_code: str
    unit: Unit | None = None
    phone: str | None = None
    title: str | None = None
    staff_ref: str | None = None
    resident_ref: int | None = None
    expires_at: datetime | None = None
    kind: str = STAFF
    post_account: bool = False


def valid_id_no(text: str) -> str:
    """The normal form of a resident id number.

    The division is not looked up: the code is that of the first registration, which may be later than the birth, so the
    library's "division at birth" refuses real people.

    Raises:
        Invalid: form, birth date or check character are wrong (GB 11643-1999).
    """
    number = normalised(text, "user.id_no")
    if not _ID_NO.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        raise Invalid("access.user.id_no")
    try:
        born = ric.get_birth_date(number)
    except ValidationError as error:
        raise Invalid("access.user.id_no") from error
    if not date(1850, 1, 1) < born <= clock.today():
        raise Invalid("access.user.id_no")
    return number


def create_user(session: Session, new: NewUser, created_by: int, password: str | None = None) -> tuple[User, str]:
    """Open an account and return it with its first password, which must be changed at the first login.

    Raises:
        Invalid: name, login name or id number are not acceptable.
        Conflict: the person or the login name has an account already.
        NotFound: the unit or division lies outside the caller's scope.
    """
    login_name, id_no = new.login_name.strip().lower(), None if new.post_account else valid_id_no(new.id_no)
    _check_names(login_name, new.real_name)
    if new.expires_at and new.expires_at <= clock.now():
        raise Invalid("access.user.expiry")
    with widened(session, "unique account"):
        _refuse_duplicates(session, login_name, id_no)
    user = User(
        kind=new.kind,
        login_name=login_name,
        real_name=new.real_name.strip(),
        id_no=id_no,
        id_no_index=id_no,
        phone=new.phone,
        title=new.title,
        staff_ref=new.staff_ref,
        resident_ref=new.resident_ref,
        institution_id=new.unit.id if new.unit else None,
        institution_name=new.unit.name if new.unit else None,
        division_code=new.unit.division_code if new.unit else new.division_code,
        expires_at=new.expires_at,
        status=ACTIVE,
        created_at=clock.now(),
        created_by=created_by,
    )
    session.add(user)
    session.flush()
    first = password or passwords.generated_password()
    passwords.set_password(session, user, first, must_change=True)
    return user, first


def _check_names(login_name: str, real_name: str) -> None:
    if not _LOGIN_NAME.fullmatch(login_name):
        raise Invalid("access.user.login_name")
    if not _REAL_NAME.fullmatch(real_name.strip()):
        raise Invalid("access.user.real_name")


def _refuse_duplicates(session: Session, login_name: str, id_no: str | None) -> None:
    if session.scalar(select(User.id).where(User.login_name == login_name)):
        raise Conflict("access.user.login_taken")
    if id_no and session.scalar(select(User.id).where(User.id_no_index == id_no)):
        raise Conflict("access.user.id_no_taken")


def get_user(session: Session, user_id: int, secrets: bool = False) -> User:
    """
    Raises:
        NotFound: no such account within the session's scope.
    """
    query = select(User).where(User.id == user_id)
    if secrets:
        query = query.options(undefer(User.id_no), undefer(User.phone)).execution_options(populate_existing=True)
    user = session.scalar(query)
    if user is None:
        raise NotFound("access.user.unknown", user_id=str(user_id))
    return user


@dataclass(frozen=True)
class UserSearch:
    """What the account list is narrowed by; empty parts do not narrow."""

    text: str = ""
    status: str = ""
    institution_id: int | None = None
    kind: str = STAFF


def find_users(session: Session, search: UserSearch, offset: int = 0, limit: int = 50) -> tuple[list[User], int]:
    """One page of accounts in scope by login name, and their total. Text matches name, login name, unit or id number."""
    query = select(User).where(User.kind == search.kind)
    if search.status:
        query = query.where(User.status == search.status)
    if search.institution_id is not None:
        query = query.where(User.institution_id == search.institution_id)
    if text := search.text.strip():
        like = f"%{_escaped(text)}%"
        query = query.where(
            or_(
                User.real_name.like(like, escape="\\"),
                User.login_name.like(like, escape="\\"),
                User.institution_name.like(like, escape="\\"),
                User.id_no_index == text,
            )
        )
    total = session.scalar(query.with_only_columns(func.count(User.id))) or 0
    rows = session.scalars(query.order_by(User.login_name).offset(offset).limit(limit)).all()
    return list(rows), total


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def lock(session: Session, principal: Principal, user_id: int, reason: str) -> User:
    """Stop an account at once: its sessions end with it."""
    user = _others_account(session, principal, user_id)
    if len(reason.strip()) < 2:
        raise Invalid("access.user.reason")
    user.status, user.status_reason = LOCKED, reason.strip()
    end_sessions_of(session, user.id, "locked")
    return touched(session, user)


def unlock(session: Session, principal: Principal, user_id: int) -> User:
    """Let an account sign in again, and forget its failed attempts."""
    user = _others_account(session, principal, user_id)
    user.status, user.status_reason = ACTIVE, None
    user.last_login_at = clock.now()  # idleness counts from now, or the nightly job would disable it again
    return touched(session, user)


def reset_password(session: Session, principal: Principal, user_id: int) -> tuple[User, str]:
    """Give an account a new generated first password; returns it once."""
    user = _others_account(session, principal, user_id)
    first = passwords.generated_password()
    passwords.set_password(session, user, first, must_change=True)
    end_sessions_of(session, user.id, "password")
    return touched(session, user), first


def reset_second_factor(session: Session, principal: Principal, user_id: int) -> User:
    """Forget the one-time-code device of an account (lost phone); it must enrol again."""
    user = _others_account(session, principal, user_id)
    user.totp_secret, user.totp_since, user.totp_step = None, None, None
    end_sessions_of(session, user.id, "factor")
    return touched(session, user)


@dataclass(frozen=True)
class UserChange:
    """What an administrator may correct; the national id is not among it."""

    real_name: str
    phone: str | None = None
    title: str | None = None
    expires_at: datetime | None = None
    certificate: str | None = None


def change_user(session: Session, principal: Principal, user_id: int, change: UserChange) -> User:
    """Correct an account. ``certificate`` is the SHA-256 fingerprint of the client certificate."""
    user = _others_account(session, principal, user_id)
    _check_names(user.login_name, change.real_name)
    user.real_name, user.phone, user.title = change.real_name.strip(), change.phone, change.title
    user.expires_at, user.certificate = change.expires_at, change.certificate
    return touched(session, user)


def disable_idle(session: Session) -> int:
    """Disable staff accounts that nobody used for ``idle_days``; returns how many."""
    before = clock.now() - timedelta(days=access_policy(session).idle_days)
    last_use = or_(User.last_login_at < before, User.last_login_at.is_(None) & (User.created_at < before))
    found = session.scalars(select(User).where(User.status == ACTIVE, User.kind == STAFF, last_use)).all()
    for user in found:
        user.status, user.status_reason = DISABLED, "长期未使用"
        end_sessions_of(session, user.id, "idle")
        touched(session, user)
    return len(found)


def name_post_holder(session: Session, user_id: int, real_name: str, id_no: str) -> User:
    """Enter who holds a first administrator's account; a national id, once entered, is not changed.

    Raises:
        Conflict: the account has a national id, or another account has this one.
    """
    user = get_user(session, user_id)
    number = valid_id_no(id_no)
    _check_names(user.login_name, real_name)
    if user.id_no_index:
        raise Conflict("access.user.id_no_taken")
    with widened(session, "unique account"):
        _refuse_duplicates(session, "", number)
    user.real_name, user.id_no, user.id_no_index = real_name.strip(), number, number
    return touched(session, user)


def touched(session: Session, user: User) -> User:
    """Make every process drop what it compiled for this account."""
    user.epoch += 1
    session.flush()
    return user


def touch(session: Session, user_id: int) -> None:
    """:func:`touched` for an account that need not be in scope."""
    with widened(session, "epoch"):
        session.execute(update(User).where(User.id == user_id).values(epoch=User.epoch + 1))


def _others_account(session: Session, principal: Principal, user_id: int) -> User:
    if user_id == principal.id:
        raise Denied("access.user.self")
    return get_user(session, user_id)


def usable(user: User, now: datetime) -> bool:
    """Whether the account may sign in and act."""
    return user.status == ACTIVE and (user.expires_at is None or user.expires_at > now)


__all__ = ["ACTIVE", "DISABLED", "LOCKED", "RESIDENT", "STAFF", "NewUser", "UserChange", "UserSearch"]
