"""Registered apps, and the handle by which a physician's session opens one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from health_platform.access.api import NewClient, create_client, exact_address
from health_platform.kernel import clock
from health_platform.kernel.errors import Gone, Invalid, NotFound
from health_platform.launch.oauth.definitions import HANDLE_LIFE
from health_platform.launch.oauth.models import DelegatedApp, LaunchHandle
from health_platform.launch.oauth.scopes import known


@dataclass(frozen=True)
class NewApp:
    """An app to register. A ``confidential`` one gets a shared secret, told once; the others prove themselves by PKCE only."""

    client: NewClient
    kind: str
    scopes: tuple[str, ...]
    launch_uri: str | None = None


@dataclass(frozen=True)
class Subject:
    """For whom an app acts: whose record, and who lets it read. Kept as JSON in handles, codes and tokens."""

    person_id: str
    actor_id: str
    name: str
    kind: str
    institution_id: int | None = None
    institution_name: str = ""
    division_code: str = ""
    purpose: str = ""
    visit: str = ""
    visit_no: str = ""
    doctor_no: str = ""
    department: str = ""
    encounter: str = ""


def digest(secret: str) -> str:
    """What is stored of a 256-bit random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def register_app(session: Session, new: NewApp, created_by: int) -> tuple[DelegatedApp, str | None]:
    """Register an app; returns it with its shared secret, when it has one.

    Raises:
        Invalid: an unknown scope, no launch address for a SMART app, or an address that is not exact. Conflict: code taken.
    """
    if unknown := [scope for scope in new.scopes if not known(new.kind, scope)]:
        raise Invalid("oauth.scope_unknown", scope=unknown[0])
    if new.kind == "smart" and not new.launch_uri:
        raise Invalid("oauth.launch_uri")
    client, secret = create_client(session, new.client, created_by)
    app = DelegatedApp(
        client_id=client.id, code=client.code, name=client.name, kind=new.kind, scopes=list(new.scopes),
        launch_uri=exact_address(new.launch_uri) if new.launch_uri else None, active=True, created_at=clock.now(),
        origins=sorted({_origin(address) for address in client.redirect_uris}), division_code=client.division_code,
    )  # fmt: skip
    session.add(app)
    session.flush()
    return app, secret


def find_app(session: Session, code: str, kind: str) -> DelegatedApp:
    """
    Raises:
        NotFound: no such app in use.
    """
    found = session.scalar(select(DelegatedApp).where(DelegatedApp.code == code, DelegatedApp.kind == kind))
    if found is None or not found.active:
        raise NotFound("oauth.app")
    return found


def apps_of(session: Session, kind: str | None = None) -> Sequence[DelegatedApp]:
    """Registered apps of the session's scope, by name."""
    statement = select(DelegatedApp).order_by(DelegatedApp.name)
    return session.scalars(statement.where(DelegatedApp.kind == kind) if kind else statement).all()


def switch_app(session: Session, app_id: int) -> DelegatedApp:
    """Switch an app off, which ends its tokens' force, or on again.

    Raises:
        NotFound: outside the caller's jurisdiction.
    """
    found = session.scalar(select(DelegatedApp).where(DelegatedApp.id == app_id))
    if found is None:
        raise NotFound("oauth.app")
    found.active = not found.active
    return found


def open_app(session: Session, app: DelegatedApp, subject: Subject, issuer: str, at: datetime) -> str:
    """The address that launches an app for one person; good once, for five minutes."""
    secret = secrets.token_urlsafe(32)
    handle = LaunchHandle(
        person_id=int(subject.person_id), division_code=subject.division_code or None, digest=digest(secret), app_id=app.id,
        subject=asdict(subject), visit=subject.visit or None, expires_at=at + HANDLE_LIFE,
    )  # fmt: skip
    session.add(handle)
    session.flush()
    separator = "&" if "?" in (app.launch_uri or "") else "?"
    return f"{app.launch_uri}{separator}{urlencode({'iss': issuer, 'launch': secret})}"


def take_handle(session: Session, app: DelegatedApp, secret: str, at: datetime) -> Subject:
    """Use a handle up; of any number of requests exactly one gets it.

    Raises:
        Gone: unknown, late, another app's, or used before.
    """
    mine = (LaunchHandle.digest == digest(secret), LaunchHandle.app_id == app.id)
    unused = (LaunchHandle.used_at.is_(None), LaunchHandle.expires_at > at)
    statement = update(LaunchHandle).where(*mine, *unused).values(used_at=at).execution_options(synchronize_session=False)
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != 1:
        raise Gone("oauth.launch")
    return Subject(**session.scalars(select(LaunchHandle.subject).where(*mine)).one())


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
