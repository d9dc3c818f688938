"""Hospitals sending over real sockets, which remember what was acknowledged and send again what was not."""

from __future__ import annotations

import itertools
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import urllib3

from demonstration.city.courses import basics
from demonstration.city.identities import Registered, register
from demonstration.city.people import Resident
from demonstration.city.rows import regional, stamp
from demonstration.packing import encode
from demonstration.sending.batches import Parcel, by_batch, by_data_api, by_fhir
from demonstration.sending.fhir import bundle
from demonstration.sending.files import await_taken, put_down
from demonstration.sending.hl7 import Interface, registration
from demonstration.sending.http import Caller, Refused
from demonstration.setup import Placed
from health_platform.kernel import clock
from tests.faults.ground import Ground

WAYS = ("batch", "data_api", "hl7", "fhir", "csv")
STATES = (*WAYS, "reading")
ROWS = 20
SHORT = 5.0  # seconds until a hospital gives up waiting for an answer and sends again
GIVE_UP = 90.0


@dataclass(frozen=True)
class Message:
    """One message: how it is sent, and the rows (dataset, key) of its institution that must be there once afterwards."""

    way: str
    sender: Placed
    number: str
    keys: tuple[tuple[str, str], ...]
    send: Callable[[], object] = field(compare=False)


class Hospital:
    """Makes messages of one way and keeps count of what the platform acknowledged."""

    def __init__(self, ground: Ground, way: str, seed: int) -> None:
        self.ground, self.way = ground, way
        self.placed = ground.by_way(way)
        self.chance = random.Random(seed)
        self.run = secrets.token_hex(4)
        self.residents = [one for members in ground.city.families() for one in members]
        self.acknowledged: list[Message] = []
        self.unanswered: list[Message] = []
        self._numbers = itertools.count(1)

    def caller(self) -> Caller:
        """A connection of its own."""
        base = self.ground.addresses.data_api if self.way == "data_api" else self.ground.addresses.web
        return Caller(base, self.placed.credentials, urllib3.PoolManager(retries=False), timeout=SHORT, attempts=1)

    def message(self) -> Message:
        """The next message."""
        number = f"{self.run}{next(self._numbers):05d}"
        return _MESSAGES[self.way](self, number, [self.registered() for _ in range(ROWS)])

    def registered(self) -> tuple[Resident, Registered]:
        """Some resident and her registration here."""
        resident = self.chance.choice(self.residents)
        return resident, register(resident, self.placed.unit, 1, {})

    def deliver(self, message: Message) -> bool:
        """Send once; says whether it was acknowledged."""
        try:
            message.send()
        except (OSError, Refused, urllib3.exceptions.HTTPError):
            return False
        self.acknowledged.append(message)
        return True

    def work(self, stopped: threading.Event) -> None:
        """Send message after message until told to stop."""
        while not stopped.is_set():
            message = self.message()
            if not self.deliver(message):
                self.unanswered.append(message)
                time.sleep(0.1)

    def send_again(self) -> None:
        """Repeat what was not answered until it is.

        Raises:
            AssertionError: the platform never answers.
        """
        deadline = time.monotonic() + GIVE_UP
        while self.unanswered and time.monotonic() < deadline:
            self.unanswered = [message for message in self.unanswered if not self.deliver(message)]
            time.sleep(0.2 if self.unanswered else 0)
        assert not self.unanswered, f"{len(self.unanswered)} messages are never acknowledged"


class Reader(Hospital):
    """A system that asks for patients; what it was answered must stand in the audit log."""

    def __init__(self, ground: Ground, seed: int) -> None:
        super().__init__(ground, "fhir", seed)
        self.answered: list[str] = []

    def work(self, stopped: threading.Event) -> None:
        """Ask until told to stop."""
        caller = self.caller()
        while not stopped.is_set():
            resident = self.chance.choice(self.residents)
            request = f"faults-{secrets.token_hex(8)}"
            path = f"/fhir/R4/Patient?identifier=urn:oid:2.16.156.10011.1.3%7C{resident.id_number}"
            try:
                caller.send("GET", path, b"", {"X-Request-Id": request, "Accept": "application/fhir+json"})
                self.answered.append(request)
            except (OSError, Refused):
                time.sleep(0.1)


def _visits(number: str, people: Iterable[tuple[Resident, Registered]], at: datetime) -> Iterator[dict[str, str]]:
    for place, (_, who) in enumerate(people):
        fields = {"visit_no": f"{number}-{place}", "visit_kind": "1", "started_at": stamp(at), "diagnosis_text": "上呼吸道感染"}
        yield regional("visit", who, at, fields).fields


def now() -> datetime:
    """The local time, as a hospital's system writes it."""
    return clock.local(clock.now()).replace(microsecond=0, tzinfo=None)


def _by_batch(hospital: Hospital, number: str, people: list[tuple[Resident, Registered]]) -> Message:
    rows = list(_visits(number, people, now()))
    parcel = Parcel("visit", f"faults-{number}", [encode(row) for row in rows])
    keys = tuple(("visit", row["visit_no"]) for row in rows)
    return Message("batch", hospital.placed, number, keys, lambda: by_batch(hospital.caller(), parcel))


def _by_data_api(hospital: Hospital, number: str, people: list[tuple[Resident, Registered]]) -> Message:
    at = stamp(now())
    rows = [
        {"id": f"{number}-{place}", "patientId": who.local_id, "patientName": who.name, "idCardTypeCode": "01",
         "idCard": who.id_number, "serialNumber": f"V{number}", "examinationReportDate": at, "operationTime": at}
        for place, (_, who) in enumerate(people)
    ]  # fmt: skip
    parcel = Parcel("emr_ex_lab", f"faults-{number}", [encode(row) for row in rows])
    keys = tuple(("emr_ex_lab", row["id"]) for row in rows)
    return Message("data_api", hospital.placed, number, keys, lambda: by_data_api(hospital.caller(), parcel))


def _by_hl7(hospital: Hospital, number: str, people: list[tuple[Resident, Registered]]) -> Message:
    resident, who = people[0]
    row = {**basics(who, resident, now()), "id": f"H{number}"}  # a new number of the hospital for a known resident
    text = registration(hospital.placed.unit.key.upper(), row, f"F{number}").encode()

    def send() -> None:
        interface = Interface(*hospital.ground.addresses.mllp, timeout=SHORT)
        try:
            interface.send([text])
        finally:
            interface.close()

    return Message("hl7", hospital.placed, number, (("emr_patient_info", f"H{number}"),), send)


def _by_fhir(hospital: Hospital, number: str, people: list[tuple[Resident, Registered]]) -> Message:
    rows = list(_visits(number, people[:1], now()))
    content = encode(bundle(rows, []))
    keys = tuple(("visit", row["visit_no"]) for row in rows)
    return Message("fhir", hospital.placed, number, keys, lambda: by_fhir(hospital.caller(), content))


def _by_file(hospital: Hospital, number: str, people: list[tuple[Resident, Registered]]) -> Message:
    rows = list(_visits(number, people, now()))
    parcel = Parcel("visit", f"faults-{number}", [encode(row) for row in rows])
    folder = hospital.ground.addresses.inbox / str(hospital.placed.institution_id)
    put: list[object] = []

    def send() -> None:
        if not put:
            put.append(put_down(folder, parcel, "csv"))
        await_taken(put[0], patience=GIVE_UP)  # type: ignore[arg-type]

    return Message("csv", hospital.placed, number, tuple(("visit", row["visit_no"]) for row in rows), send)


_MESSAGES = {"batch": _by_batch, "data_api": _by_data_api, "hl7": _by_hl7, "fhir": _by_fhir, "csv": _by_file}


def hospital_for(ground: Ground, state: str, seed: int) -> Hospital:
    """Whoever keeps the platform in a state."""
    return Reader(ground, seed) if state == "reading" else Hospital(ground, state, seed)


@contextmanager
def busy(hospital: Hospital) -> Iterator[None]:
    """Traffic for the time of the block; everything unanswered is sent again afterwards."""
    stopped = threading.Event()
    thread = threading.Thread(target=hospital.work, args=(stopped,))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
