"""Requests signed by an institution's system, for senders that cannot do OAuth: HMAC-SM3, or SM2 for non-repudiation.

Signed are method, path, query, SM3 of the body, time, nonce and client, each on its own line. A request counts within five
minutes of its time and once.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from flask import Request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, undefer
from werkzeug.datastructures import Headers

from health_platform.access.clients.models import Client
from health_platform.access.clients.once import UsedBefore, spend
from health_platform.kernel import clock
from health_platform.kernel.crypto import KeyInvalid, hmac_sm3, same, sm2, sm3
from health_platform.kernel.db import afterwards
from health_platform.kernel.errors import Unauthenticated, register_messages
from health_platform.kernel.platform import Platform

register_messages({"access.client.signature": "请求签名无效、过期或已使用"})

CLIENT, TIME, NONCE, SIGNATURE = "X-HP-Client", "X-HP-Timestamp", "X-HP-Nonce", "X-HP-Signature"
WINDOW = timedelta(seconds=300)


@dataclass(frozen=True)
class Signed:
    """The parts of a request that are signed. ``timestamp`` is in seconds since 1970, as text."""

    method: str
    path: str
    query: str
    body: bytes
    timestamp: str
    nonce: str
    client: str

    def content(self) -> bytes:
        """The exact bytes that are signed."""
        parts = (self.method, self.path, self.query, sm3(self.body).hex(), self.timestamp, self.nonce, self.client)
        return "\n".join(parts).encode()


def is_signed(headers: Headers) -> bool:
    return CLIENT in headers and SIGNATURE in headers


def hmac_header(signed: Signed, secret: str) -> str:
    """The value of the signature header for a shared secret."""
    return "HMAC-SM3 " + base64.b64encode(hmac_sm3(secret.encode(), signed.content())).decode()


def sm2_header(signed: Signed, key: sm2.Key) -> str:
    """The value of the signature header for an SM2 private key."""
    return "SM2-SM3 " + base64.b64encode(sm2.sign(key, signed.content())).decode()


_SIGNER = (
    select(Client)
    .where(Client.code == bindparam("code"), Client.status == "active")
    .options(undefer(Client.secret))
    .execution_options(populate_existing=True)
)


def signer(session: Session, platform: Platform, request: Request) -> Client:
    """The client that signed a request.

    Raises:
        Unauthenticated: unknown client, wrong signature, outside the time window, or a second use.
    """
    signed = _signed(request)
    client = session.scalar(_SIGNER, {"code": signed.client})
    if client is None or not _fresh(signed.timestamp) or not _genuine(client, signed, request.headers[SIGNATURE]):
        raise Unauthenticated("access.client.signature")
    afterwards(session, partial(_spend, client.id, signed.nonce))  # a read is answered only once this is written
    return client


def _spend(client_id: int, nonce: str, session: Session) -> None:
    try:
        spend(session, client_id, "nonce", nonce, clock.now() + 2 * WINDOW)
    except UsedBefore as error:
        raise Unauthenticated("access.client.signature") from error


def _signed(request: Request) -> Signed:
    headers = request.headers
    return Signed(
        request.method,
        request.path,
        request.query_string.decode("latin-1"),
        request.get_data(cache=True),
        headers.get(TIME, ""),
        headers.get(NONCE, ""),
        headers.get(CLIENT, ""),
    )


def _fresh(timestamp: str) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 11:
        return False
    return abs(clock.now() - datetime.fromtimestamp(int(timestamp), UTC)) <= WINDOW


def _genuine(client: Client, signed: Signed, header: str) -> bool:
    scheme, _, encoded = header.partition(" ")
    try:
        proof = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    if scheme == "HMAC-SM3" and client.secret:
        return same(hmac_sm3(client.secret.encode(), signed.content()), proof)
    public = (client.keys or {}).get("sm2")
    if scheme == "SM2-SM3" and isinstance(public, str):
        return _sm2_genuine(public, signed, proof)
    return False


def _sm2_genuine(public: str, signed: Signed, proof: bytes) -> bool:
    try:
        return sm2.verify(sm2.public_key(base64.b64decode(public)), signed.content(), proof)
    except (KeyInvalid, ValueError):
        return False
