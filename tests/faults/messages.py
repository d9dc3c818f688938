"""Faults of the messages themselves: repeated, out of order, cut off, dribbling, unread."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

from demonstration.city.courses import basics
from demonstration.sending.hl7 import START, Interface, registration
from tests.faults.ground import Ground
from tests.faults.traffic import SHORT, Hospital, now

COPIES, MESSAGES = 4, 6


def duplicated(ground: Ground, hospital: Hospital) -> None:
    """Every message is sent four times at once, over connections of their own."""
    for message in [hospital.message() for _ in range(MESSAGES)]:
        with ThreadPoolExecutor(COPIES) as pool:
            answers = list(pool.map(lambda _, one=message: hospital.deliver(one), range(COPIES)))
        if not any(answers):
            hospital.unanswered.append(message)


def reordered(ground: Ground, hospital: Hospital) -> None:
    """Messages arrive in reverse, several under way at once."""
    messages = [hospital.message() for _ in range(MESSAGES)][::-1]
    with ThreadPoolExecutor(COPIES) as pool:
        answers = list(pool.map(hospital.deliver, messages))
    hospital.unanswered += [message for message, done in zip(messages, answers, strict=True) if not done]


def truncated(ground: Ground, hospital: Hospital) -> None:
    """The connection breaks in the middle of a message, which is then sent whole."""
    for _ in range(MESSAGES):
        message = hospital.message()
        _CUT[hospital.way](ground, hospital)
        if not hospital.deliver(message):
            hospital.unanswered.append(message)


def slow(ground: Ground, hospital: Hospital) -> None:
    """A client takes its time with every byte while others go on sending."""
    _SLOW[hospital.way](ground, hospital)
    hospital.unanswered += [message for message in (hospital.message() for _ in range(MESSAGES)) if not hospital.deliver(message)]


def _request(ground: Ground, hospital: Hospital, length: int) -> tuple[socket.socket, bytes]:
    base = ground.addresses.data_api if hospital.way == "data_api" else ground.addresses.web
    path = {"batch": "/api/v1/uploads/visit", "data_api": "/hclient/emr/receive/emrExLab", "fhir": "/fhir/R4"}[hospital.way]
    body = b'{"visit_no": "never-complete"' + b" " * length
    caller = hospital.caller()
    headers = {
        **caller.signed("POST", path, body),
        "Host": urlsplit(base).netloc,
        "Content-Type": "application/x-ndjson",
        "X-Message-Id": "cut",
        "Content-Length": str(len(body)),
    }
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    place = urlsplit(base)
    return socket.create_connection((place.hostname, place.port), timeout=SHORT), head.encode() + body


def _cut_http(ground: Ground, hospital: Hospital) -> None:
    connection, content = _request(ground, hospital, 5000)
    with connection:
        connection.sendall(content[: len(content) // 2])


def _cut_hl7(ground: Ground, hospital: Hospital) -> None:
    with socket.create_connection(ground.addresses.mllp, timeout=SHORT) as connection:
        connection.sendall(START + b"MSH|^~\\&|HIS|UNIT-01|HP|XINYANG|20261120||ADT^A28^ADT_A05|cut|P|2.5.1\rPID|1||nev")


def _cut_file(ground: Ground, hospital: Hospital) -> None:
    """A file that is shorter than its manifest says goes to ``failed`` with the reason; nothing of it is loaded."""
    folder = ground.addresses.inbox / str(hospital.placed.institution_id)
    manifest = folder / f"cut-{time.monotonic_ns()}.csv.manifest.json"
    data = manifest.with_name(manifest.name.removesuffix(".manifest.json"))
    folder.mkdir(parents=True, exist_ok=True)
    data.write_text("visit_no,patient_id\nnever-comp", encoding="utf-8")
    manifest.write_text('{"message_id": "cut", "dataset": "visit", "sha256": "' + "0" * 64 + '"}', encoding="utf-8")


def _slow_http(ground: Ground, hospital: Hospital) -> None:
    connection, content = _request(ground, hospital, 300)
    with connection, suppress(OSError):
        for start in range(0, len(content), 40):
            connection.sendall(content[start : start + 40])
            time.sleep(0.05)


def _slow_hl7(ground: Ground, hospital: Hospital) -> None:
    """A peer that sends a hundred messages and reads no answer for a while; then it reads them all."""
    messages = []
    for number in range(100):
        resident, who = hospital.registered()
        row = {**basics(who, resident, now()), "id": f"S{hospital.run}{number}"}
        messages.append(registration(hospital.placed.unit.key.upper(), row, f"S{hospital.run}{number}").encode())
    interface = Interface(*ground.addresses.mllp, timeout=30.0)
    interface.send(messages, pause=2.0)
    interface.close()


_CUT: dict[str, Callable[[Ground, Hospital], None]] = {
    "batch": _cut_http, "data_api": _cut_http, "fhir": _cut_http, "hl7": _cut_hl7, "csv": _cut_file,
}  # fmt: skip
_SLOW: dict[str, Callable[[Ground, Hospital], None]] = {
    "batch": _slow_http, "data_api": _slow_http, "fhir": _slow_http, "hl7": _slow_hl7,
}  # fmt: skip
FAULTS = {"duplicated": duplicated, "out of order": reordered, "cut off": truncated, "slow": slow}
