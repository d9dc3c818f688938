"""Registers the launch: endpoints, the authenticator of frame tokens, and the clean-up job."""

from __future__ import annotations

from datetime import timedelta

from flask import Request
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Unauthenticated
from health_platform.kernel.http import Blueprint
from health_platform.kernel.platform import Capability, Job, Platform
from health_platform.kernel.scope import Principal, system_scope
from health_platform.launch import routes, service
from health_platform.launch.definitions import TOKEN_PREFIX
from health_platform.launch.oauth import routes as smart_routes
from health_platform.launch.oauth.callers import Origins
from health_platform.launch.oauth.callers import recognise as recognise_app
from health_platform.launch.oauth.tokens import forget_old as forget_old_tokens


def install(platform: Platform) -> None:
    platform.blueprint(routes.blp)
    platform.blueprint(smart_routes.blp)
    platform.blueprint(_origins(platform))
    platform.authenticator(recognise, first=True)
    platform.authenticator(recognise_app, first=True)
    platform.schedule(Job("launch.forget", timedelta(minutes=10), _forget, "清理过期的启动凭证"))
    platform.capability(
        Capability(("A07", "C10"), "health_platform/launch", "working", "工作站启动：一次性凭证；SMART App Launch")
    )


def _origins(platform: Platform) -> Blueprint:
    """The header that lets the pages of registered apps call; a blueprint of its own for every platform."""
    made = Blueprint("smart_origins", __name__, description="")
    made.after_app_request(Origins(platform).allow)
    return made


def recognise(session: Session, request: Request) -> Principal | None:
    """The frame behind an ``Authorization: Bearer hpf_…`` header; other bearers are left to other authenticators.

    Raises:
        Unauthenticated: a frame token that is over; a cookie of the same browser must not stand in for it.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token.startswith(TOKEN_PREFIX):
        return None
    if principal := service.recognise(session, token, clock.now()):
        return principal
    raise Unauthenticated("launch.ticket")


def _forget(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("launch.forget")) as session:
        service.forget_old(session, clock.now())
        forget_old_tokens(session, clock.now() - timedelta(days=1))
