"""Registering institutions' systems and the systems people sign in to."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.clients.models import Client
from health_platform.access.clients.tokens import revoke_tokens_of_client
from health_platform.access.units import Unit
from health_platform.kernel import clock
from health_platform.kernel.crypto import KeyInvalid, sm2
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound, register_messages

register_messages(
    {
        "access.client.unknown": "未找到该接入系统",
        "access.client.code": "系统代码须为 3 至 48 位小写字母、数字或 . _ -",
        "access.client.taken": "系统代码已被使用",
        "access.client.certificate": "该证书已绑定其他接入系统",
        "access.client.address": "地址须为完整的 https 地址(本机可用 http),不含通配符、片段和用户名",
        "access.client.keys": "公钥集无效:只接受 RSA(2048 位以上)或 P-384 公钥,且须有 kid",
    }
)

_CODE = re.compile(r"[a-z][a-z0-9._-]{2,47}")
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class NewClient:
    """A system to register. ``keys`` is a JWK set (``keys``) and, or, an SM2 public key in base64 (``sm2``); ``certificate`` the
    SHA-256 fingerprint of its client certificate in lower-case hexadecimal."""

    code: str
    name: str
    division_code: str
    unit: Unit | None = None
    keys: dict[str, Any] | None = None
    with_secret: bool = False
    redirect_uris: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    backchannel_uri: str | None = None
    certificate: str | None = None


def create_client(session: Session, new: NewClient, created_by: int) -> tuple[Client, str | None]:
    """Register a system; returns it with its shared secret (shown once) when one was asked for."""
    if not _CODE.fullmatch(new.code):
        raise Invalid("access.client.code")
    with widened(session, "unique client"):
        if session.scalar(select(Client.id).where(Client.code == new.code)):
            raise Conflict("access.client.taken")
    secret = secrets.token_urlsafe(32) if new.with_secret else None
    row = Client(
        code=new.code,
        name=new.name,
        institution_id=new.unit.id if new.unit else None,
        institution_name=new.unit.name if new.unit else None,
        keys=_checked_keys(new.keys),
        certificate=_free(session, new.certificate),
        secret=secret,
        division_code=new.unit.division_code if new.unit else new.division_code,
        redirect_uris=[exact_address(uri) for uri in new.redirect_uris],
        logout_uris=[exact_address(uri) for uri in new.logout_uris],
        backchannel_uri=exact_address(new.backchannel_uri) if new.backchannel_uri else None,
        created_at=clock.now(),
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    return row, secret


def find_clients(session: Session) -> list[Client]:
    """The systems in scope, by code."""
    return list(session.scalars(select(Client).order_by(Client.code)))


def get_client(session: Session, client_id: int) -> Client:
    """
    Raises:
        NotFound: no such system in scope.
    """
    row = session.scalar(select(Client).where(Client.id == client_id))
    if row is None:
        raise NotFound("access.client.unknown", client_id=str(client_id))
    return row


def switch_client(session: Session, client_id: int, active: bool) -> Client:
    """Let a system act or stop it at once; its tokens end when it is stopped."""
    row = get_client(session, client_id)
    row.status = "active" if active else "stopped"
    if not active:
        revoke_tokens_of_client(session, row.id)
    session.flush()
    return row


def bind_certificate(session: Session, client_id: int, fingerprint: str | None) -> Client:
    """Know a system by another client certificate from now on, or by none; the one before is void at once.

    Raises:
        NotFound: no such system in scope. Conflict: another system is known by this certificate.
    """
    row = get_client(session, client_id)
    if fingerprint != row.certificate:
        row.certificate = _free(session, fingerprint)
    session.flush()
    return row


def renew_secret(session: Session, client_id: int) -> tuple[Client, str]:
    """Give a system a new shared secret; the old one is void at once."""
    row = get_client(session, client_id)
    row.secret = secrets.token_urlsafe(32)
    session.flush()
    return row, row.secret


def _free(session: Session, fingerprint: str | None) -> str | None:
    """A certificate that no other system, in scope or out of it, is known by."""
    if not fingerprint:
        return None
    with widened(session, "unique certificate"):
        if session.scalar(select(Client.id).where(Client.certificate == fingerprint)):
            raise Conflict("access.client.certificate")
    return fingerprint


def exact_address(uri: str) -> str:
    """An address that is compared character by character later on.

    Raises:
        Invalid: not absolute, not https (loopback may be http), with wildcard, fragment or user name.
    """
    parts = urlsplit(uri.strip())
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if not secure or not parts.hostname or parts.fragment or "@" in parts.netloc or "*" in uri or "\\" in uri:
        raise Invalid("access.client.address", address=uri)
    return uri.strip()


def _checked_keys(keys: dict[str, Any] | None) -> dict[str, Any] | None:
    if not keys:
        return None
    listed = keys.get("keys", [])
    try:
        if any(_PRIVATE & set(key) or not key.get("kid") or not _strong(key) for key in listed):
            raise Invalid("access.client.keys")
        if listed or "sm2" not in keys:
            KeySet.import_key_set(cast("Any", {"keys": listed}))
        if "sm2" in keys:
            sm2.public_key(base64.b64decode(keys["sm2"]))
    except (JoseError, KeyInvalid, ValueError, TypeError, AttributeError) as error:
        raise Invalid("access.client.keys") from error
    return {name: keys[name] for name in ("keys", "sm2") if name in keys}


def _strong(key: dict[str, Any]) -> bool:
    """RSA keys of 2048 bits and more, and P-384."""
    if key.get("kty") == "RSA":
        return len(base64.urlsafe_b64decode(key["n"] + "==")) >= 256
    return key.get("kty") == "EC" and key.get("crv") == "P-384"
