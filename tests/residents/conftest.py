"""A register of real persons and a phone that keeps what was sent to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import pytest

from health_platform.kernel.platform import Platform
from health_platform.residents.api import Custody, IdentityVerifier, PersonRegister, RealPerson
from tests.support.principals import CallerClient

PEOPLE = {
    "411502198001010011": RealPerson(81, "王芳", date(1980, 1, 1)),
    "411502195501010022": RealPerson(55, "王建国", date(1955, 1, 1)),
    "411502201806010033": RealPerson(18, "王小宝", date(2018, 6, 1)),
}


@dataclass
class Phones:
    """The verification service: remembers the last code of each phone."""

    codes: dict[str, str] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)

    def confirm(self, name: str, id_number: str, phone: str) -> bool:
        return phone != "13900000000"

    def guards(self, claim: Custody) -> bool:
        return claim.holder_name not in self.strangers

    def send(self, phone: str, code: str) -> None:
        self.codes[phone] = code


@pytest.fixture
def phones(platform: Platform) -> Phones:
    made = Phones()

    def register(session: object, name: str, id_number: str) -> RealPerson | None:
        found = PEOPLE.get(id_number)
        return found if found and found.name == name else None

    platform.services[IdentityVerifier.__qualname__] = made
    platform.services[PersonRegister.__qualname__] = register
    return made


@pytest.fixture
def signed_in(client: CallerClient, phones: Phones) -> Callable[[str], dict[str, str]]:
    """``signed_in(id_number)``: the bearer header of that resident."""

    def sign_in(id_number: str) -> dict[str, str]:
        phone = "138" + id_number[-8:]
        claim = {"name": PEOPLE[id_number].name, "id_number": id_number, "phone": phone}
        code_id = client.post("/api/v1/resident/codes", json=claim).json["code_id"]
        body = {"code_id": code_id, "code": phones.codes[phone]}
        answer = client.post("/api/v1/resident/sessions", json=body)
        assert answer.status_code == 201, answer.json
        return {"Authorization": f"Bearer {answer.json['token']}"}

    return sign_in
