"""Client certificates checked by the TLS proxy in front of the platform (RSA, ECDSA or SM2; TLS or TLCP).

The proxy hands the result over in ``X-Client-Cert-*`` headers. They count only when the connection comes from a configured
proxy: from anybody else they are treated as absent, whatever they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hashes

VERIFIED, CERTIFICATE = "HTTP_X_CLIENT_CERT_VERIFY", "HTTP_X_CLIENT_CERT"
UNIX = "unix"  # in ``trusted_proxies``: connections over a Unix socket


@dataclass(frozen=True)
class ClientCertificate:
    """A verified certificate; ``fingerprint`` is the SHA-256 of its DER in hexadecimal."""

    fingerprint: str
    subject: str
    not_before: datetime
    not_after: datetime


def peer_of(environ: Mapping[str, Any]) -> str:
    """The address of the process that really connected, before any forwarding header was applied."""
    original = environ.get("werkzeug.proxy_fix.orig")
    return str((original or environ).get("REMOTE_ADDR") or "")


def trusted(peer: str, proxies: str) -> bool:
    """Whether a peer is one of the configured proxies (addresses, networks, or ``unix``)."""
    for entry in (part.strip() for part in proxies.split(",")):
        if entry == UNIX and not peer:
            return True
        if entry and entry != UNIX and peer and _inside(peer, entry):
            return True
    return False


def _inside(peer: str, entry: str) -> bool:
    try:
        return ip_address(peer) in ip_network(entry, strict=False)
    except ValueError:
        return False


def client_certificate(environ: Mapping[str, Any], proxies: str, now: datetime) -> ClientCertificate | None:
    """The verified, currently valid certificate of the caller; ``None`` when there is none that counts."""
    if not trusted(peer_of(environ), proxies) or environ.get(VERIFIED) != "SUCCESS":
        return None
    try:
        certificate = x509.load_pem_x509_certificate(unquote_to_bytes(str(environ.get(CERTIFICATE, ""))))
        found = ClientCertificate(
            certificate.fingerprint(hashes.SHA256()).hex(),
            certificate.subject.rfc4514_string(),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )
    except ValueError:
        return None
    return found if found.not_before <= now < found.not_after else None
