"""The verifiers that ship: one for demonstrations, and one that refuses until a real one is bound."""

from __future__ import annotations

import logging

from health_platform.kernel.errors import Unavailable
from health_platform.residents.ports import Custody

log = logging.getLogger(__name__)


class PrintedCodes:
    """For demonstrations only: believes every phone and every parent, and prints codes on the console of the server."""

    def confirm(self, name: str, id_number: str, phone: str) -> bool:
        return True

    def guards(self, claim: Custody) -> bool:
        return True

    def send(self, phone: str, code: str) -> None:
        print(f"resident login code for phone ending {phone[-4:]}: {code}", flush=True)


class NoVerifier:
    """Refuses: nobody may sign in before an operator has connected a verification service."""

    def confirm(self, name: str, id_number: str, phone: str) -> bool:
        raise Unavailable("resident.sender")

    def guards(self, claim: Custody) -> bool:
        raise Unavailable("resident.sender")

    def send(self, phone: str, code: str) -> None:
        raise Unavailable("resident.sender")
