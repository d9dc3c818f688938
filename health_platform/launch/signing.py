"""Signed launch requests: a compact JWS (RFC 7515) whose payload names doctor, patient and visit.

The algorithm is fixed by the registered key, never by the request alone; ``none`` and symmetric algorithms are not
accepted at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from health_platform.kernel.errors import Invalid, Unauthenticated
from health_platform.launch.definitions import CLOCK_SKEW, PURPOSES, SIGNING_ALGORITHMS


@dataclass(frozen=True)
class LaunchRequest:
    """What a workstation asks for."""

    nonce: str
    doctor_no: str
    doctor_name: str
    patient: str
    visit_no: str
    purpose: str
    department: str = ""
    workstation: str = ""


def verify(token: str, keys: dict[str, Any], audience: str, at: datetime) -> LaunchRequest:
    """The request inside a signed token.

    Raises:
        Unauthenticated: bad signature, wrong audience, or a time more than two minutes off.
        Invalid: a claim is missing or not understood.
    """
    try:
        claims = jwt.decode(token, KeySet.import_key_set(cast("Any", keys)), algorithms=list(SIGNING_ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError) as error:
        raise Unauthenticated("launch.signature") from error
    if claims.get("aud") != audience:
        raise Unauthenticated("launch.signature")
    _check_time(claims.get("iat"), at)
    return _request(claims)


def _check_time(issued: Any, at: datetime) -> None:
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        raise Unauthenticated("launch.clock")
    if abs(datetime.fromtimestamp(issued, UTC) - at) > CLOCK_SKEW + timedelta(seconds=1):
        raise Unauthenticated("launch.clock")


def _request(claims: dict[str, Any]) -> LaunchRequest:
    names = {"jti": "nonce", "doctor_no": "doctor_no", "doctor_name": "doctor_name", "patient": "patient",
             "visit_no": "visit_no", "purpose": "purpose"}  # fmt: skip
    missing = [claim for claim in names if not isinstance(claims.get(claim), str) or not claims[claim].strip()]
    findings = [{"field": claim, "problem": "缺少此项或不是文本"} for claim in missing]
    if claims.get("purpose") not in PURPOSES and "purpose" not in missing:
        findings.append({"field": "purpose", "problem": f"须为 {'、'.join(PURPOSES)} 之一"})
    if findings:
        raise Invalid("request.invalid", where="request", findings=findings)
    optional = {name: str(claims.get(name) or "")[:64] for name in ("department", "workstation")}
    return LaunchRequest(**{name: claims[claim].strip()[:64] for claim, name in names.items()}, **optional)
