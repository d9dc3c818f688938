"""Signed requests of an institution's system, with retries that repeat the same message id."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3

from health_platform.kernel.crypto import hmac_sm3, sm3

ATTEMPTS = 6


class Refused(RuntimeError):
    """The platform answered that the request itself is wrong; sending it again would not help."""


@dataclass(frozen=True)
class Credentials:
    """A registered system: its code and shared secret."""

    client: str
    secret: str


@dataclass
class Caller:
    """One system's connection to the platform. ``timeout`` is seconds per attempt."""

    base: str
    credentials: Credentials
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=4, retries=False))
    timeout: float = 120.0
    attempts: int = ATTEMPTS

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Send one request until it is answered; returns the decoded JSON answer.

        Raises:
            Refused: a 4xx answer. ConnectionError: no answer after several attempts.
        """
        for attempt in range(self.attempts):
            try:
                answer = self.pool.request(
                    method,
                    self.base + path,
                    body=body,
                    headers={**headers, **self.signed(method, path, body)},
                    timeout=self.timeout,
                )
            except urllib3.exceptions.HTTPError:
                time.sleep(0.3 * 2**attempt)
                continue
            if answer.status < 400:
                return json.loads(answer.data or b"null")
            if answer.status < 500 and answer.status != 429:
                raise Refused(f"{method} {path}: {answer.status} {answer.data[:500]!r}")
            time.sleep(0.3 * 2**attempt)
        raise ConnectionError(f"{method} {path}: no answer after {self.attempts} attempts")

    def signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """What docs/guides/hospital-engineer.md tells every sender to sign."""
        parts, moment, nonce = urlsplit(path), str(int(time.time())), secrets.token_hex(16)
        content = (method, parts.path, parts.query, sm3(body).hex(), moment, nonce, self.credentials.client)
        proof = base64.b64encode(hmac_sm3(self.credentials.secret.encode(), "\n".join(content).encode())).decode()
        return {
            "X-HP-Client": self.credentials.client,
            "X-HP-Timestamp": moment,
            "X-HP-Nonce": nonce,
            "X-HP-Signature": f"HMAC-SM3 {proof}",
        }
