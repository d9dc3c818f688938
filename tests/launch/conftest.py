"""A hospital system with a real key pair, and a platform that knows one of its patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.launch.api import NewClient, PatientFinder, register_client

AUDIENCE = "http://localhost/api/v1/launch"


@dataclass(frozen=True)
class Hospital:
    """The hospital's side: its code and its private key."""

    client_key: str
    key: ECKey

    def request(self, **changes: Any) -> dict[str, str]:
        """The body of a launch request, signed now; ``changes`` replace claims."""
        claims = {
            "aud": AUDIENCE, "iat": int(clock.now().timestamp()), "jti": uuid4().hex, "doctor_no": "6021",
            "doctor_name": "陈医生", "department": "心内科", "patient": "P001", "visit_no": "MZ20261120-0417",
            "purpose": "TREAT", "workstation": "W7", **changes,
        }  # fmt: skip
        return {"client": self.client_key, "request": jwt.encode({"alg": "ES256"}, claims, self.key)}


@pytest.fixture
def patients(platform: Platform) -> dict[tuple[int, str], int]:
    """(institution, local patient id) -> person id, as a registered master index would answer."""
    known = {(1, "P001"): 7001, (1, "P002"): 7002}
    platform.services[PatientFinder.__qualname__] = lambda session, unit, local: known.get((unit, local))
    return known


@pytest.fixture
def add_hospital(platform: Platform, patients: dict[tuple[int, str], int]) -> Callable[..., Hospital]:
    def add(client_key: str = "gushi-his", institution_id: int = 1, origin: str = "https://his.example.org") -> Hospital:
        key = ECKey.generate_key("P-256")
        public = {"keys": [key.as_dict(private=False)]}
        new = NewClient(client_key, "门诊工作站", institution_id, "县人民医院", "411525000000", (origin,), public)
        with platform.database.unit_of_work(system_scope("test")) as session:
            register_client(session, new)
        return Hospital(client_key, key)

    return add


@pytest.fixture
def hospital(add_hospital: Callable[..., Hospital]) -> Hospital:
    return add_hospital()
