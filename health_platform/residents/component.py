"""Registers the resident portal: API, authenticator, capability."""

from __future__ import annotations

from flask import Request
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Unauthenticated
from health_platform.kernel.platform import Capability, Platform
from health_platform.kernel.scope import Principal
from health_platform.records.filing.api import HidingWishes
from health_platform.residents import app_routes, news_routes, reading_routes, routes, signin
from health_platform.residents.definitions import COOKIE, PATHS, TOKEN_PREFIX
from health_platform.residents.privacy import CounterWishes


def install(platform: Platform) -> None:
    platform.bind(HidingWishes, CounterWishes())
    platform.blueprint(routes.blp)
    platform.blueprint(reading_routes.blp)
    platform.blueprint(app_routes.blp)
    platform.blueprint(news_routes.blp)
    platform.authenticator(recognise, first=True)
    platform.capability(
        Capability(
            ("I01",),
            "health_platform/residents, browser_ui/pages/resident.py",
            "working",
            "本人档案、报告、用药、费用、谁看过我、家庭成员、隐私、健康资讯；人脸与公安核验由运营方接入",
        )
    )


def recognise(session: Session, request: Request) -> Principal | None:
    """The resident behind a bearer token or, on the resident's own pages only, behind the cookie.

    Raises:
        Unauthenticated: a resident token that is over.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and token.startswith(TOKEN_PREFIX):
        if principal := signin.recognise(session, token, False, clock.now()):
            return principal
        raise Unauthenticated("resident.session")
    cookie = request.cookies.get(COOKIE, "")
    if cookie.startswith(TOKEN_PREFIX) and request.path.startswith(PATHS):
        return signin.recognise(session, cookie, True, clock.now())
    return None
