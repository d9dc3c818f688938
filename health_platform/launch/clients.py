"""Registered hospital systems: their keys and the origins that may frame the record browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Invalid, NotFound, Unauthenticated
from health_platform.launch.models import LaunchClient
from health_platform.launch.ports import PatientFinder

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class NewClient:
    """A hospital system to register."""

    client_key: str
    name: str
    institution_id: int
    institution_name: str
    division_code: str
    origins: tuple[str, ...]
    keys: dict[str, Any]


def register_client(session: Session, new: NewClient) -> LaunchClient:
    """Register a hospital system.

    Raises:
        Conflict: the client key is taken.
        Invalid: an origin is not an exact origin, or the keys are not public keys.
    """
    if find_client(session, new.client_key):
        raise Conflict("launch.client_exists", client_key=new.client_key)
    client = LaunchClient(
        client_key=new.client_key, name=new.name, institution_id=new.institution_id,
        institution_name=new.institution_name, division_code=new.division_code,
        origins=[exact_origin(origin) for origin in new.origins], keys=public_keys(new.keys),
        active=True, created_at=clock.now(),
    )  # fmt: skip
    session.add(client)
    session.flush()
    return client


def find_client(session: Session, client_key: str) -> LaunchClient | None:
    return session.scalar(select(LaunchClient).where(LaunchClient.client_key == client_key))


def signed_by(session: Session, client_key: str) -> LaunchClient:
    """The system in whose name a request is signed; its signature is checked next.

    Raises:
        Unauthenticated: unknown or switched off. The same answer as for a bad signature: the register is not public.
    """
    client = find_client(session, client_key)
    if client is None or not client.active:
        raise Unauthenticated("launch.signature")
    return client


def patient_of(session: Session, finder: PatientFinder, client: LaunchClient, local_id: str) -> int:
    """The person of a system's own patient number.

    Raises:
        Invalid: the platform has never heard of this patient.
    """
    person_id = finder(session, client.institution_id, local_id)
    if person_id is None:
        raise Invalid("launch.patient", patient=local_id)
    return person_id


def list_clients(session: Session) -> list[LaunchClient]:
    """The hospital systems of the caller's jurisdiction."""
    return list(session.scalars(select(LaunchClient).order_by(LaunchClient.name)))


def switch_client(session: Session, client_id: int) -> LaunchClient:
    """Switch a hospital system off or on. While it is off its open frames are not recognised.

    Raises:
        NotFound: unknown, or outside the caller's jurisdiction.
    """
    client = session.scalar(select(LaunchClient).where(LaunchClient.id == client_id))
    if client is None:
        raise NotFound("request.not_found")
    client.active = not client.active
    return client


def exact_origin(text: str) -> str:
    """The origin, normalised. Plain HTTP only on the machine itself; no wildcard, path, user or query.

    Raises:
        Invalid: ``launch.origin``.
    """
    parts = urlsplit(text.strip())
    host = parts.netloc.lower()
    bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    named = bool(parts.hostname) and "@" not in host and "*" not in host and not any(c in host for c in " ;,'\"")
    secure = parts.scheme == "https" or (parts.scheme == "http" and host.split(":")[0] in _LOOPBACK)
    if not (bare and named and secure):
        raise Invalid("launch.origin", origin=text)
    return f"{parts.scheme}://{host}"


def public_keys(keys: dict[str, Any]) -> dict[str, Any]:
    """The key set, when it holds public asymmetric keys only.

    Raises:
        Invalid: ``launch.keys``.
    """
    listed = keys.get("keys")
    if not isinstance(listed, list) or not listed or any(_PRIVATE_MEMBERS & set(key) for key in listed):
        raise Invalid("launch.keys")
    try:
        KeySet.import_key_set(cast("Any", keys))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Invalid("launch.keys") from error
    return keys
