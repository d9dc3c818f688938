"""``/api/v1/access/session``: signing in and out, who am I, running sessions."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from health_platform.access.accounts.models import User
from health_platform.access.policy import access_policy
from health_platform.access.signin import login, sessions, totp, web
from health_platform.access.signin.authenticate import AccountAuthenticator
from health_platform.access.signin.certificates import client_certificate
from health_platform.access.signin.models import UserSession
from health_platform.access.signin.schemas import (
    CallerOut,
    DutyIn,
    LoginIn,
    NewPasswordIn,
    OneTimeCodeIn,
    OwnPasswordIn,
    SessionOut,
)
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, PlatformError, register_messages
from health_platform.kernel.http import Blueprint, Call, endpoint, keep
from health_platform.kernel.scope import Principal

register_messages(
    {
        "access.password.again": "两次输入的口令不一致",
        "access.totp.present": "动态口令已启用，更换设备请联系管理员重置",
        "access.duty.unknown": "没有该岗位",
        "access.duty.fixed": "当前会话不能切换岗位",
    }
)

blp = Blueprint("access_session", __name__, url_prefix="/api/v1/access/session", description="登录与会话")
running = Blueprint("access_sessions", __name__, url_prefix="/api/v1/access/sessions", description="在线会话")
BLUEPRINTS = (blp, running)


def note_login(call: Call, user: User | None, **facts: Any) -> None:
    """Tell the audit log who signed in; what was typed is never written down."""
    known = user and Principal(
        user.id,
        "user",
        user.real_name,
        institution_id=user.institution_id,
        institution_name=user.institution_name or "",
        division_code=user.division_code or "",
    )
    call.audit(kind="login", object_kind="user", object_id=user.id if user else None, **facts)
    if known:
        call.audit(principal=known)


def attempt_login(call: Call, login_name: str, password: str) -> tuple[UserSession, User, str]:
    """A password login with its audit facts."""
    agent = request.user_agent.string
    try:
        row, user, token = login.sign_in(call.session, login.Attempt(login_name, password, call.address, agent))
    except PlatformError as error:
        note_login(call, _named(call, error), error=error.code)
        raise
    settled(call, row, user)
    note_login(call, user, pending=row.pending)
    return row, user, token


def _named(call: Call, error: PlatformError) -> User | None:
    user_id = getattr(error, "user_id", None)
    return call.session.get(User, user_id) if user_id else None


def settled(call: Call, row: UserSession, user: User) -> str | None:
    """The step that is left, now that the account's rights are known."""
    authenticator: AccountAuthenticator = call.platform.service(AccountAuthenticator)
    duties = authenticator.authority(call.session, user).duties
    return login.settle(call.session, row, user, duties, access_policy(call.session))


def same_twice(body: dict[str, Any]) -> str:
    """The new password, typed alike twice."""
    if body["password"] != body["again"]:
        raise Invalid("access.password.again")
    return str(body["password"])


def _answer(call: Call, row: UserSession, token: str, status: int = 200) -> Response:
    answer = jsonify({"pending": row.pending, "csrf_token": sessions.csrf_of(token)})
    answer.status_code = status
    return web.set_cookie(call, answer, token)


@endpoint(
    blp,
    "POST",
    "",
    permission="public",
    label="登录",
    body=LoginIn,
    scope="system",
    audit="login",
    csrf=False,
    status=201,
)
def create(call: Call, body: dict[str, Any]) -> Response:
    """Signs in by password; ``pending`` names the step that is left."""
    row, _, token = attempt_login(call, body["login_name"], body["password"])
    return _answer(call, row, token, 201)


@endpoint(
    blp,
    "POST",
    "/certificate",
    permission="public",
    label="证书登录",
    scope="system",
    audit="login.certificate",
    csrf=False,
)
def by_certificate(call: Call) -> Response:
    """Signs in by the certificate the TLS proxy checked."""
    row, _, token = attempt_certificate(call)
    return _answer(call, row, token)


def attempt_certificate(call: Call) -> tuple[UserSession, User, str]:
    """A certificate login with its audit facts."""
    certificate = client_certificate(request.environ, call.settings.trusted_proxies, clock.now())
    agent = request.user_agent.string
    try:
        row, user, token = login.sign_in_by_certificate(call.session, certificate, call.address, agent)
    except PlatformError as error:
        note_login(call, None, error=error.code)
        raise
    settled(call, row, user)
    note_login(call, user, subject=certificate.subject if certificate else "")
    return row, user, token


@endpoint(
    blp,
    "POST",
    "/code",
    permission="public",
    label="登录动态口令",
    body=OneTimeCodeIn,
    scope="system",
    audit="login.code",
    csrf=False,
)
def code(call: Call, body: dict[str, Any]) -> Response:
    """Takes the one-time-code step."""
    row, user, _ = web.session_at_step(call, login.CODE, posted=True)
    note_login(call, user)
    token = login.show_code(call.session, row, user, body["code"])
    settled(call, row, user)
    return _answer(call, row, token)


@endpoint(
    blp,
    "POST",
    "/password",
    permission="public",
    label="首次登录改口令",
    body=NewPasswordIn,
    scope="system",
    audit="login.password",
    csrf=False,
)
def first_password(call: Call, body: dict[str, Any]) -> Response:
    """Takes the new-password step."""
    row, user, _ = web.session_at_step(call, login.PASSWORD, posted=True)
    note_login(call, user)
    token = login.choose_password(call.session, row, user, same_twice(body))
    settled(call, row, user)
    return _answer(call, row, token)


@endpoint(
    blp,
    "POST",
    "/enrolment",
    permission="public",
    label="开始登记动态口令",
    scope="system",
    audit="login.enrol_begin",
    csrf=False,
)
def begin_enrolment(call: Call) -> dict[str, str]:
    """A new secret for the authenticator app, when the login asks for one; shown this once."""
    row, user, _ = web.session_at_step(call, login.ENROL, posted=True)
    note_login(call, user, session=str(row.id))
    secret = totp.begin(call.session, user)
    return {"secret": secret, "address": totp.address(user, secret, call.settings.title)}


@endpoint(
    blp,
    "POST",
    "/enrolment/code",
    permission="public",
    label="完成登记动态口令",
    body=OneTimeCodeIn,
    scope="system",
    audit="login.enrol",
    csrf=False,
)
def enrol(call: Call, body: dict[str, Any]) -> Response:
    """Takes the enrolment step by the first code of the device."""
    row, user, _ = web.session_at_step(call, login.ENROL, posted=True)
    note_login(call, user)
    token = login.enrol_code(call.session, row, user, body["code"])
    settled(call, row, user)
    return _answer(call, row, token)


@endpoint(blp, "GET", "", permission="session", label="当前用户", response=CallerOut, scope="self")
def me(call: Call) -> Principal:
    """Who the caller is and what the caller may do."""
    return call.principal


@endpoint(blp, "DELETE", "", permission="session", label="退出", scope="system", audit="logout")
def leave(call: Call) -> Response:
    """Ends the caller's session; systems that joined it by single sign-on are told."""
    return web.drop_cookie(call, end_own(call, Response(status=204)))


def end_own(call: Call, answer: Response) -> Response:
    """End the session of the request, if there is one."""
    call.audit(kind="login", object_kind="session", object_id=call.principal.session_id)
    if call.principal.session_id:
        sessions.end_session(call.session, int(call.principal.session_id), "logout")
    return answer


@endpoint(
    blp,
    "PUT",
    "/password",
    permission="session",
    label="修改本人口令",
    body=OwnPasswordIn,
    scope="system",
    audit="user.own_password",
)
def own_password(call: Call, body: dict[str, Any]) -> None:
    """Changes the caller's own password; other sessions of the account end."""
    change_own(call, body)


def change_own(call: Call, body: dict[str, Any]) -> None:
    """The caller's own password; the session at hand stays, all others end."""
    require_person(call)
    login.change_own_password(call.session, call.principal.id, body["old"], same_twice(body))
    for row, _ in sessions.running_sessions(call.session, call.principal.id):
        if str(row.id) != call.principal.session_id:
            sessions.end(call.session, row, "password")


def require_person(call: Call) -> None:
    """
    Raises:
        Denied: the caller is a system, or an embedded session.
    """
    who = call.principal
    embedded = who.kind == "user" and who.person_id is not None
    if who.kind not in ("user", "resident") or who.session_id is None or embedded:
        raise Denied("request.denied")


@endpoint(
    blp,
    "PUT",
    "/second-factor",
    permission="session",
    label="启用本人动态口令",
    body=OneTimeCodeIn,
    scope="system",
    audit="user.own_factor",
)
def own_second_factor(call: Call, body: dict[str, Any]) -> None:
    """Puts the caller's authenticator in force by its first code."""
    require_person(call)
    user = call.session.get_one(User, call.principal.id)
    if user.totp_since is not None:
        raise Conflict("access.totp.present")
    try:
        totp.confirm(call.session, user, body["code"])
    except PlatformError as error:
        raise keep(error) from None


@endpoint(blp, "PUT", "/duty", permission="session", label="切换岗位", body=DutyIn, scope="system", audit="session.duty")
def duty(call: Call, body: dict[str, Any]) -> None:
    """Acts in another of the caller's duties from the next request on."""
    switch_duty(call, int(body["duty"]))


def switch_duty(call: Call, key: int) -> None:
    """
    Raises:
        Invalid: the caller has no such duty.
        Denied: the session is frozen (embedded).
    """
    require_person(call)
    row = call.session.get_one(UserSession, int(call.principal.session_id or 0))
    if row.patient_id is not None:
        raise Denied("access.duty.fixed")
    if key not in {one.key for one in duties_of(call)}:
        raise Invalid("access.duty.unknown")
    row.duty = str(key)


def duties_of(call: Call) -> tuple[Any, ...]:
    """The duties of the signed-in person. The session must be under the platform's scope."""
    user = call.session.get(User, call.principal.id)
    authenticator: AccountAuthenticator = call.platform.service(AccountAuthenticator)
    return authenticator.authority(call.session, user).duties if user else ()


@endpoint(running, "GET", "", permission="access.session.read", label="在线会话", response=SessionOut, many=True)
def online(call: Call) -> list[dict[str, Any]]:
    """Running sessions of accounts in the caller's reach."""
    return [session_line(row, user) for row, user in sessions.running_sessions(call.session)]


def session_line(row: UserSession, user: User) -> dict[str, Any]:
    """A session for people to read."""
    names = ("id", "user_id", "kind", "methods", "address", "agent", "created_at", "seen_at", "expires_at")
    return {**{name: getattr(row, name) for name in names}, "real_name": user.real_name}


@endpoint(running, "DELETE", "/<int:session_id>", permission="access.session.end", label="结束会话", audit="session.end")
def kill(call: Call, session_id: int) -> None:
    """Ends somebody's session at once."""
    row = sessions.end_session(call.session, session_id, "ended by administrator")
    call.audit(object_kind="session", user_id=str(row.user_id))
