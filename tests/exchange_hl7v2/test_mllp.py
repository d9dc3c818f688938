"""The listener over real sockets: order, durability of acknowledgements, faults, limits, TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hl7.client import MLLPClient
from sqlalchemy import func, select

from exchange.callers import limits
from exchange.hl7v2.commands import tls_context
from exchange.hl7v2.framing import frame
from exchange.hl7v2.message import read
from exchange.hl7v2.models import Hl7Message
from exchange.hl7v2.receive import Receiver
from exchange.hl7v2.server import Arrival, Handler, MllpServer, Replies, ServerOptions, fingerprint
from health_platform.kernel import parameters
from health_platform.kernel.platform import Platform
from tests.exchange_hl7v2.conftest import Facility, register
from tests.exchange_hl7v2.samples import adt

pytestmark = pytest.mark.system("A11")


@contextmanager
def listening(handler: Handler, **changes: object) -> Iterator[int]:
    """A server in a thread of its own; the port."""
    ready: list[int] = []
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with MllpServer(ServerOptions(port=0, **changes), handler).running() as server:  # type: ignore[arg-type]
            ready.append(server.port)
            started.set()
            while not stop.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(10)
    try:
        yield ready[0]
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def echo(arrivals: Sequence[Arrival]) -> list[Replies]:
    return [Replies([b"got " + arrival.content if not arrival.fault else arrival.fault.encode()]) for arrival in arrivals]


def received(connection: socket.socket, count: int) -> list[bytes]:
    """``count`` answers, or fewer when the server closes."""
    data = b""
    connection.settimeout(10)
    while data.count(b"\x1c\r") < count and (part := connection.recv(65536)):
        data += part
    return [part.removeprefix(b"\x0b") for part in data.split(b"\x1c\r") if part]


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10)


def test_answers_come_in_the_order_of_the_messages() -> None:
    with listening(echo, window=8, group=5) as port, connect(port) as one, connect(port) as two:
        for connection in (one, two):
            connection.sendall(b"".join(frame(b"%d" % number) for number in range(100)))
        for connection in (one, two):
            assert received(connection, 100) == [b"got %d" % number for number in range(100)]


def test_an_unstored_message_is_never_acknowledged() -> None:
    def fail(arrivals: Sequence[Arrival]) -> list[Replies]:
        raise OSError("disk full")

    with listening(fail) as port, connect(port) as connection:
        connection.sendall(frame(b"MSH"))
        assert received(connection, 1) == []


def test_framing_faults_are_answered_and_the_line_goes_on() -> None:
    with listening(echo) as port, connect(port) as connection:
        connection.sendall(b"noise\x0bbroken\x0b\x0bwhole\x1c\r")
        assert received(connection, 2) == [b"restarted", b"got whole"]


def test_a_message_over_the_limit_ends_the_connection() -> None:
    with listening(echo, frame_limit=1000) as port, connect(port) as connection:
        connection.sendall(b"\x0b" + b"x" * 5000)
        assert received(connection, 2) == [b"too_large"]
        assert connection.recv(10) == b""


def test_silence_ends_the_connection() -> None:
    with listening(echo, idle_seconds=0.2, frame_seconds=0.1) as port:
        with connect(port) as idle:
            assert idle.recv(10) == b""
        with connect(port) as halfway:
            halfway.sendall(b"\x0bMSH|")
            assert halfway.recv(10) == b""


def test_too_many_connections_are_refused() -> None:
    with listening(echo, connections_per_peer=2) as port, connect(port) as one, connect(port) as two:
        one.sendall(frame(b"1"))
        two.sendall(frame(b"2"))
        assert received(one, 1) + received(two, 1) == [b"got 1", b"got 2"]
        with connect(port) as third:
            assert third.recv(10) == b""


def test_messages_under_way_are_answered_when_the_server_stops() -> None:
    with listening(echo) as port:
        connection = connect(port)
        connection.sendall(frame(b"last"))
        answers = received(connection, 1)
    assert answers == [b"got last"]
    connection.close()


def test_a_real_client_feeds_the_platform(facility: Facility) -> None:
    """The MLLP client of the ``hl7`` package."""
    with listening(Receiver(facility.platform)) as port, MLLPClient("127.0.0.1", port) as client:
        answer = read(client.send_message(adt(facility=facility.name).decode()).strip(b"\x0b\x1c\r"))
        again = read(client.send_message(adt(facility=facility.name).decode()).strip(b"\x0b\x1c\r"))
    assert (answer.value("MSA-1"), answer.value("MSA-2"), again.value("MSA-1")) == ("AA", "C1", "AA")
    facility.work()
    assert facility.rows("emr_patient_info", "id", "patient_name") == [("P1", "张三")]


def test_a_sender_over_its_limit_waits_and_loses_nothing(exchange_platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fourth message is stored as the first three were, but answered only after a rest; others need not wait for it."""
    monkeypatch.setattr(limits, "PAUSE", 0.5)
    fast, other = register(exchange_platform, "411521000000"), register(exchange_platform)
    with fast.unit() as session:
        parameters.set_value(session, exchange_platform, limits.MESSAGES_PER_MINUTE.key, 2, "test", "411521")
    sent, answered, answers = [], [], []
    with listening(Receiver(exchange_platform)) as port, connect(port) as one, connect(port) as two:
        for number in range(4):
            sent.append(time.monotonic())
            one.sendall(frame(adt(facility=fast.name, control=f"C{number}")))
            two.sendall(frame(adt(facility=other.name, control=f"D{number}")))
            assert b"MSA|AA|" in received(two, 1)[0]
            answers += received(one, 1)
            answered.append(time.monotonic())
    assert [b"MSA|AA|C%d" % number in answer for number, answer in enumerate(answers)] == [True] * 4
    assert answered[3] - sent[2] >= 0.5
    fast.work()
    assert len(fast.rows("emr_patient_info", "id")) == 1
    with fast.unit() as session:
        stored = select(func.count()).select_from(Hl7Message).where(Hl7Message.institution_id == fast.institution_id)
        assert session.scalar(stored) == 4
        parameters.set_value(session, exchange_platform, limits.MESSAGES_PER_MINUTE.key, None, "test", "411521")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority, and a server and a client certified by it."""
    folder = tmp_path_factory.mktemp("tls")
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
    for name in ("server", "client"):
        subject = [f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", f"{folder / name}.key", "-out", f"{folder / name}.pem"]
        subprocess.run([*new, *subject, *files], check=True, capture_output=True)
    return folder


def test_a_sender_is_known_by_its_certificate(facility: Facility, certificates: Path) -> None:
    tls = tls_context(*(str(certificates / name) for name in ("server.pem", "server.key", "client.pem")))
    der = ssl.PEM_cert_to_DER_cert((certificates / "client.pem").read_text())
    bound = register(facility.platform, fingerprint=fingerprint(der))
    other = register(facility.platform, fingerprint="0" * 64)
    mine = ssl.create_default_context(cafile=certificates / "server.pem")
    mine.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    with listening(Receiver(facility.platform), tls=tls) as port:
        with mine.wrap_socket(connect(port), server_hostname="127.0.0.1") as connection:
            connection.sendall(frame(adt(facility=bound.name)) + frame(adt(facility=other.name)))
            first, second = (read(answer) for answer in received(connection, 2))
        plain = ssl.create_default_context(cafile=certificates / "server.pem")
        with suppress(OSError), plain.wrap_socket(connect(port), server_hostname="127.0.0.1") as unknown:
            unknown.sendall(frame(adt("C9", facility=bound.name)))
            assert unknown.recv(10) == b""
    assert (first.value("MSA-1"), second.value("MSA-1"), second.value("ERR-3")) == ("AA", "AR", "204")
