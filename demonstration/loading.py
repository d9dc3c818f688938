"""Sending the whole city: every institution's letters by its own way, several at once, with progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Protocol

from demonstration.packing import ADT, FHIR, ORU, REGISTRATIONS
from demonstration.sending.batches import Parcel, by_batch, by_data_api, by_fhir
from demonstration.sending.files import await_taken, put_down
from demonstration.sending.hl7 import Interface
from demonstration.sending.http import Caller
from demonstration.setup import Placed
from demonstration.spool import Spool
from health_platform.kernel.progress import Progress

FIRST = (REGISTRATIONS, ADT)
SENDERS = 4
FILES = ("csv", "xlsx")
PARCEL_ROWS, DATA_API_ROWS, FILE_ROWS, MESSAGES = 5000, 1000, 10_000, 100


@dataclass(frozen=True)
class Addresses:
    """Where the platform listens: web and data API as URLs, MLLP as host and port, the folder of files."""

    web: str
    data_api: str
    mllp: tuple[str, int]
    inbox: Path


class Letters(Protocol):
    """What one or more institutions have to send, by ``unit/kind``."""

    def names(self, folder: str) -> list[str]: ...

    def groups(self, name: str, size: int) -> Iterable[list[bytes]]: ...


Sent = Callable[[int], None]


@dataclass(frozen=True)
class Sender:
    """One institution's systems on their way to the platform. ``tag`` begins every message id."""

    placed: Placed
    letters: Letters
    addresses: Addresses
    tag: str
    sent: Sent

    def send(self, kinds: Iterable[str]) -> None:
        """Send everything of these kinds, each by the institution's way."""
        if self.placed.unit.way in FILES:
            self._files(kinds)
            return
        for kind in kinds:
            self._way(kind)(kind)

    def kinds(self, first: bool) -> list[str]:
        """The kinds there are: registrations, or everything after them."""
        return [kind for kind in self.letters.names(self._key) if (kind in FIRST) == first]

    @property
    def _key(self) -> str:
        return self.placed.unit.key

    def _way(self, kind: str) -> Callable[[str], None]:
        if kind in (ADT, ORU):
            return self._messages
        if kind == FHIR:
            return self._bundles
        by_api = self.placed.unit.way == "data_api" and kind.startswith("emr_")
        return self._data_api if by_api else self._batches

    def _parcels(self, kind: str, size: int) -> Iterable[Parcel]:
        for number, lines in enumerate(self.letters.groups(f"{self._key}/{kind}", size)):
            yield Parcel(kind, f"{self.tag}-{kind}-{number}", lines)

    def _batches(self, kind: str) -> None:
        caller = Caller(self.addresses.web, self.placed.credentials)
        for parcel in self._parcels(kind, PARCEL_ROWS):
            by_batch(caller, parcel)
            self.sent(len(parcel.lines))

    def _data_api(self, kind: str) -> None:
        caller = Caller(self.addresses.data_api, self.placed.credentials)
        for parcel in self._parcels(kind, DATA_API_ROWS):
            by_data_api(caller, parcel)
            self.sent(len(parcel.lines))

    def _files(self, kinds: Iterable[str]) -> None:
        """All files are put down before any is waited for: the platform looks into the folders every few seconds."""
        folder, way = self.addresses.inbox / str(self.placed.institution_id), self.placed.unit.way
        parcels = (parcel for kind in kinds for parcel in self._parcels(kind, FILE_ROWS))
        waiting = [(put_down(folder, parcel, way), len(parcel.lines)) for parcel in parcels]
        for manifest, rows in waiting:
            await_taken(manifest)
            self.sent(rows)

    def _bundles(self, kind: str) -> None:
        caller = Caller(self.addresses.web, self.placed.credentials)
        for group in self.letters.groups(f"{self._key}/{kind}", MESSAGES):
            for bundle in group:
                by_fhir(caller, bundle)
                self.sent(bundle.count(b'"resourceType":"Encounter"') + bundle.count(b'"resourceType":"Condition"'))

    def _messages(self, kind: str) -> None:
        interface = Interface(*self.addresses.mllp)
        for group in self.letters.groups(f"{self._key}/{kind}", MESSAGES):
            interface.send(group)
            self.sent(sum(1 + message.count(b"\rOBX|") for message in group))
        interface.close()


def deliver(placed: Iterable[Placed], spool: Spool, addresses: Addresses, seed: int) -> int:
    """Send everything; returns the number of rows sent. Registrations go first, then the rest."""
    progress = Progress(spool.weights.total(), "sending")
    senders = [Sender(one, spool, addresses, f"demo-{seed}-{one.unit.key}", progress.advance) for one in placed]
    for first in (True, False):
        # Not an executor: it would let every sender finish before an error or a signal could end the command.
        with ThreadPool(SENDERS) as pool:
            for _ in pool.imap_unordered(lambda sender: sender.send(sender.kinds(first)), senders):  # noqa: B023 - ends here
                pass
    return progress.done
