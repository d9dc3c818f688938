"""The cookie side of signing in: how a session's token travels, and where a login goes on."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from health_platform.access.accounts.models import User
from health_platform.access.signin.authenticate import cookie_name
from health_platform.access.signin.login import LoginRefused
from health_platform.access.signin.models import UserSession
from health_platform.access.signin.sessions import csrf_of, live_session
from health_platform.kernel.crypto import same
from health_platform.kernel.errors import Denied
from health_platform.kernel.http import Call


def set_cookie(call: Call, answer: Response, token: str) -> Response:
    """Hand the token to the browser: not readable by scripts, not sent along from other sites' forms."""
    answer.set_cookie(
        cookie_name(call.platform),
        token,
        httponly=True,
        samesite="Lax",
        path="/",
        secure=call.platform.settings.secure_cookies,
    )
    return answer


def drop_cookie(call: Call, answer: Response) -> Response:
    answer.delete_cookie(
        cookie_name(call.platform),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=call.platform.settings.secure_cookies,
    )
    return answer


def session_of_cookie(call: Call) -> tuple[UserSession, User, str] | None:
    """The running session of the cookie, finished or not, with its token."""
    token = request.cookies.get(cookie_name(call.platform))
    found = live_session(call.session, token) if token else None
    return (*found, token) if found and token else None


def session_at_step(call: Call, step: str, posted: bool) -> tuple[UserSession, User, str]:
    """The unfinished session of the cookie, waiting at ``step``.

    Raises:
        LoginRefused: there is none.
        Denied: a form was posted without the token of this session.
    """
    found = session_of_cookie(call)
    if found is None or found[0].pending != step:
        raise LoginRefused("access.login.step")
    given = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token", "")
    if posted and not same(given.encode(), csrf_of(found[2]).encode()):
        raise Denied("request.csrf")
    return found


def safe_next(target: str) -> str:
    """Where to go after the login: a path of this platform, nothing else."""
    parts = urlsplit(target.replace("\\", "/"))
    inside = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")
    printable = all(31 < ord(letter) < 127 for letter in target)
    return target if inside and printable and "\\" not in target else "/console"
