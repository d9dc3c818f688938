"""From the header of a message to the institution that speaks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.api import Sender
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.message import Message
from exchange.hl7v2.models import Hl7Sender
from exchange.hl7v2.server import Peer
from health_platform.kernel.scope import Scope


@dataclass(frozen=True, slots=True)
class KnownSender:
    """A registered sender; empty address or fingerprint = any."""

    sender: Sender
    address: str
    fingerprint: str
    query_division: str

    @property
    def scope(self) -> Scope:
        """Whose persons it may ask for."""
        return Scope(divisions=(self.query_division or self.sender.division_code,))


@dataclass(frozen=True, slots=True)
class Senders:
    """All active senders by facility and application ("" = any application of the facility)."""

    known: Mapping[tuple[str, str], KnownSender]

    def of(self, message: Message, peer: Peer) -> KnownSender | Fault:
        """The institution in whose name a message comes, or why it is not believed."""
        facility, application = message.header.text(4), message.header.text(3)
        found = self.known.get((facility, application)) or self.known.get((facility, ""))
        where = Location("MSH", 4)
        if found is None:
            detail = f"{facility[:60]!r} (application {application[:60]!r}) is not a registered sender"
            return Fault(Reason.UNKNOWN_KEY, detail, where)
        if found.address and found.address != peer.address:
            return Fault(Reason.UNKNOWN_KEY, "this sender is registered with another address", where)
        if found.fingerprint and found.fingerprint != peer.fingerprint:
            return Fault(Reason.UNKNOWN_KEY, "this sender is registered with another certificate", where)
        return found


def load_senders(session: Session) -> Senders:
    """Active senders as registered now."""
    rows = session.scalars(select(Hl7Sender).where(Hl7Sender.active.is_(True)))
    return Senders({(row.facility or "", row.application or ""): _known(row) for row in rows})


def _known(row: Hl7Sender) -> KnownSender:
    sender = Sender(row.institution_id, row.division_code or "")
    return KnownSender(sender, row.address or "", (row.fingerprint or "").lower(), row.query_division or "")
