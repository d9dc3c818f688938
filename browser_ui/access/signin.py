"""Login, its further steps, logout, one's own password and duty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, redirect, render_template, request

from browser_ui.access.forms import faults, posted
from browser_ui.forms import form_of
from health_platform.access.api import (
    LoginIn,
    NewPasswordIn,
    OneTimeCodeIn,
    OwnPasswordIn,
    signin,
)
from health_platform.kernel.errors import Denied, PlatformError
from health_platform.kernel.http import Blueprint, Call, endpoint

blp = Blueprint("pages_signin", __name__, description="登录页面")
CODE, PASSWORD, ENROL = signin.CODE, signin.PASSWORD, signin.ENROL
STEPS = {CODE: "/login/code", PASSWORD: "/login/password", ENROL: "/login/enrol"}


def _go(target: str) -> Response:
    answer: Response = redirect(target, 303)  # type: ignore[assignment]
    return answer


def _page(template: str, status: int = 200, **context: Any) -> Response:
    return Response(render_template(template, **context), status, mimetype="text/html")


def _onward(call: Call, pending: str | None, token: str, target: str) -> Response:
    """To the step that is left, else to where the login was asked for.

    A relying system is reached by a page that goes on by itself: a redirect chain that starts at a form may not leave
    the platform under ``form-action 'self'``.
    """
    if pending is not None:
        return signin.set_cookie(call, _go(f"{STEPS[pending]}?{signin.query_of(target)}"), token)
    inside = signin.safe_next(target)
    answer = _page("access/onward.html", target=inside) if inside.startswith("/oidc/") else _go(inside)
    return signin.set_cookie(call, answer, token)


@endpoint(blp, "GET", "/login", permission="public", label="登录页", scope="system", raw=True)
def login_page(call: Call) -> Response:
    """Asks for login name and password, or goes on where a login was left."""
    target = request.args.get("next", "")
    found = signin.session_of_cookie(call)
    if found and found[0].pending in STEPS:
        return _go(f"{STEPS[found[0].pending]}?{signin.query_of(target)}")
    return _login_form({"next": target}, {}, "")


def _login_form(values: dict[str, Any], errors: dict[str, str], problem: str, status: int = 200) -> Response:
    fields = form_of(LoginIn)
    return _page("access/login.html", status, fields=fields, values=values, errors=errors, problem=problem)


def _refuse_other_sites() -> None:
    """A form on another site must not sign its visitor in to somebody else's account.

    Raises:
        Denied: the browser says that the form came from another site.
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Denied("request.csrf")


@endpoint(blp, "POST", "/login", permission="public", label="登录", scope="system", raw=True, audit="login", csrf=False)
def log_in(call: Call) -> Response:
    """Signs in by password."""
    kept = {"next": request.form.get("next", ""), "login_name": request.form.get("login_name", "")}
    try:
        _refuse_other_sites()
        body = posted(LoginIn)
        row, _, token = signin.attempt_login(call, body["login_name"], body["password"])
    except PlatformError as error:
        call.audit(outcome="refused")
        return _login_form(kept, faults(error), error.message, error.status)
    return _onward(call, row.pending, token, body["next"])


@endpoint(
    blp,
    "GET",
    "/login/certificate",
    permission="public",
    label="证书登录",
    scope="system",
    raw=True,
    audit="login.certificate",
)
def by_certificate(call: Call) -> Response:
    """Signs in by the certificate the TLS proxy checked."""
    try:
        row, _, token = signin.attempt_certificate(call)
    except PlatformError as error:
        call.audit(outcome="refused")
        return _login_form({"next": request.args.get("next", "")}, {}, error.message, error.status)
    return _onward(call, row.pending, token, request.args.get("next", ""))


Take = Callable[[Call, dict[str, Any]], tuple[str | None, str]]


def _step(call: Call, step: str, schema: Any, take: Take) -> Response:
    """One posted step of the login: taken, or shown again with what is wrong."""
    target = request.form.get("next", "")
    try:
        signin.session_at_step(call, step, posted=True)
        pending, token = take(call, posted(schema))
    except PlatformError as error:
        call.audit(outcome="refused")
        if error.status in (401, 403):
            return _go(f"/login?{signin.query_of(target)}")
        return _step_form(call, step, schema, faults(error), error.message, error.status)
    return _onward(call, pending, token, target)


def _step_form(call: Call, step: str, schema: Any, errors: dict[str, str], problem: str, status: int = 200) -> Response:
    try:
        _, user, token = signin.session_at_step(call, step, posted=False)
    except PlatformError:
        return _go("/login")
    values = {"next": request.values.get("next", "")}
    context = {"fields": form_of(schema), "values": values, "errors": errors, "problem": problem, "step": step}
    if step == ENROL:
        context |= signin.enrolment(call, user)
    return _page("access/step.html", status, csrf_token=signin.csrf_of(token), **context)


@endpoint(blp, "GET", "/login/code", permission="public", label="动态口令页", scope="system", raw=True)
def code_page(call: Call) -> Response:
    """Asks for the one-time code."""
    return _step_form(call, CODE, OneTimeCodeIn, {}, "")


@endpoint(
    blp,
    "POST",
    "/login/code",
    permission="public",
    label="动态口令",
    scope="system",
    raw=True,
    audit="login.code",
    csrf=False,
)
def show_code(call: Call) -> Response:
    """Takes the one-time-code step."""
    return _step(call, CODE, OneTimeCodeIn, signin.take_code)


@endpoint(blp, "GET", "/login/password", permission="public", label="首次改口令页", scope="system", raw=True)
def password_page(call: Call) -> Response:
    """Asks for a password of one's own."""
    return _step_form(call, PASSWORD, NewPasswordIn, {}, "")


@endpoint(
    blp,
    "POST",
    "/login/password",
    permission="public",
    label="首次改口令",
    scope="system",
    raw=True,
    audit="login.password",
    csrf=False,
)
def choose_password(call: Call) -> Response:
    """Takes the new-password step."""
    return _step(call, PASSWORD, NewPasswordIn, signin.take_password)


@endpoint(blp, "GET", "/login/enrol", permission="public", label="登记动态口令页", scope="system", raw=True)
def enrol_page(call: Call) -> Response:
    """Shows the QR code of a new authenticator."""
    return _step_form(call, ENROL, OneTimeCodeIn, {}, "")


@endpoint(
    blp,
    "POST",
    "/login/enrol",
    permission="public",
    label="登记动态口令",
    scope="system",
    raw=True,
    audit="login.enrol",
    csrf=False,
)
def enrol(call: Call) -> Response:
    """Takes the enrolment step."""
    return _step(call, ENROL, OneTimeCodeIn, signin.take_enrolment)


@endpoint(blp, "GET", "/login/again", permission="public", label="重新登录", scope="system", raw=True)
def again(call: Call) -> Response:
    """Leaves an unfinished login."""
    return signin.drop_cookie(call, _go("/login"))


@endpoint(blp, "POST", "/logout", permission="public", label="退出", scope="system", raw=True, audit="logout")
def log_out(call: Call) -> Response:
    """Ends the session; systems that joined it by single sign-on are told."""
    return signin.drop_cookie(call, signin.end_own(call, _go("/login")))


@endpoint(blp, "GET", "/console/me", permission="session", label="我的账号", template="access/me.html", scope="system")
def me_page(call: Call) -> dict[str, Any]:
    """Password, second factor and duties of the caller."""
    return {"fields": form_of(OwnPasswordIn), "duties": signin.duty_lines(call), "factors": signin.factors(call)}


@endpoint(
    blp,
    "GET",
    "/console/me/second-factor",
    permission="session",
    label="启用动态口令",
    scope="system",
    template="access/second_factor.html",
)
def second_factor_page(call: Call) -> dict[str, Any]:
    """Enrols the caller's authenticator of one's own accord."""
    return {"fields": form_of(OneTimeCodeIn), **signin.own_enrolment(call)}
