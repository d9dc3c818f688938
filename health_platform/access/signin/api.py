"""What login pages need: the steps of a login and the state of one's own account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from health_platform.access.accounts.models import User
from health_platform.access.signin import login, totp
from health_platform.access.signin.routes import (
    attempt_certificate,
    attempt_login,
    duties_of,
    end_own,
    note_login,
    require_person,
    same_twice,
    settled,
)
from health_platform.access.signin.schemas import LoginIn, NewPasswordIn, OneTimeCodeIn, OwnPasswordIn
from health_platform.access.signin.sessions import csrf_of
from health_platform.access.signin.web import drop_cookie, safe_next, session_at_step, session_of_cookie, set_cookie
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict
from health_platform.kernel.http import Call

CODE, PASSWORD, ENROL = login.CODE, login.PASSWORD, login.ENROL
Taken = tuple[str | None, str]


def query_of(target: str) -> str:
    """The query that carries where to go after the login."""
    return urlencode({"next": target}) if target else ""


def take_code(call: Call, body: dict[str, Any]) -> Taken:
    """The one-time-code step: what is left, and the new token."""
    row, user, _ = session_at_step(call, login.CODE, posted=True)
    note_login(call, user)
    token = login.show_code(call.session, row, user, body["code"])
    return settled(call, row, user), token


def take_password(call: Call, body: dict[str, Any]) -> Taken:
    """The new-password step."""
    row, user, _ = session_at_step(call, login.PASSWORD, posted=True)
    note_login(call, user)
    token = login.choose_password(call.session, row, user, same_twice(body))
    return settled(call, row, user), token


def take_enrolment(call: Call, body: dict[str, Any]) -> Taken:
    """The enrolment step."""
    row, user, _ = session_at_step(call, login.ENROL, posted=True)
    note_login(call, user)
    token = login.enrol_code(call.session, row, user, body["code"])
    return settled(call, row, user), token


def enrolment(call: Call, user: User) -> dict[str, Any]:
    """A secret waiting for its first code, with its QR code. Reloading the page keeps the secret."""
    secret = totp.waiting_secret(call.session, user) or totp.begin(call.session, user)
    return {"secret": secret, "picture": totp.picture(totp.address(user, secret, call.settings.title))}


def own_enrolment(call: Call) -> dict[str, Any]:
    """:func:`enrolment` for the signed-in caller.

    Raises:
        Conflict: an authenticator is in force; only an administrator can take it away.
    """
    require_person(call)
    user = call.session.get_one(User, call.principal.id)
    if user.totp_since is not None:
        raise Conflict("access.totp.present")
    return enrolment(call, user)


def duty_lines(call: Call) -> list[dict[str, Any]]:
    """The caller's duties for the page where one is chosen."""
    with widened(call.session, "own duties"):
        found = duties_of(call)
    current = call.principal.facts.get("duty")
    return [
        {
            "key": str(duty.key),
            "current": str(duty.key) == current,
            "permissions": len(duty.permissions),
            "divisions": "、".join(sorted(duty.divisions)),
            "lines": "全部" if duty.lines is None else "、".join(sorted(duty.lines)),
            "units": "全部" if duty.units is None else f"{len(duty.units)} 个机构",
        }
        for duty in found
    ]


def factors(call: Call) -> dict[str, Any]:
    """What the caller's account can prove itself by."""
    user = call.session.get(User, call.principal.id)
    if user is None:
        return {"password_set_at": None, "totp_since": None, "certificate": False}
    return {"password_set_at": user.password_set_at, "totp_since": user.totp_since, "certificate": bool(user.certificate)}


__all__ = [
    "CODE",
    "ENROL",
    "PASSWORD",
    "LoginIn",
    "NewPasswordIn",
    "OneTimeCodeIn",
    "OwnPasswordIn",
    "attempt_certificate",
    "attempt_login",
    "csrf_of",
    "drop_cookie",
    "duty_lines",
    "end_own",
    "enrolment",
    "factors",
    "own_enrolment",
    "query_of",
    "safe_next",
    "session_at_step",
    "session_of_cookie",
    "set_cookie",
    "take_code",
    "take_enrolment",
    "take_password",
]
