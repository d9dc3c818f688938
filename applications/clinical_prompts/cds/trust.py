"""Recognises CDS clients by the token they sign for each request."""

from __future__ import annotations

from typing import Any

from flask import Request, current_app
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Unauthenticated
from health_platform.kernel.scope import Principal
from health_platform.launch.api import bearer_client

BASE = "/cds-services"
PERMISSION = "prompts.cds"


def recognise(session: Session, request: Request) -> Principal | None:
    """The hospital system behind a call of a CDS service; other addresses are left to other authenticators.

    Raises:
        Unauthenticated: no token, or not a good one.
    """
    if not request.path.startswith(f"{BASE}/"):
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("prompts.bearer")
    client = bearer_client(session, token.strip(), base_url(request) + request.path, clock.now())
    return Principal(
        client.id, "client", client.name, client.institution_id, client.institution_name, client.division_code or "",
        permissions=frozenset({PERMISSION}), methods=frozenset({"certificate"}), facts={"client": client.client_key},
    )  # fmt: skip


def base_url(request: Request) -> str:
    """The public address of this platform, as clients name it in their tokens."""
    settings: Any = current_app.extensions["platform"].settings
    return str(settings.public_url or request.host_url).rstrip("/")
