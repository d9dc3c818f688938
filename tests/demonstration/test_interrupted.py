"""Ending the demonstration while it loads: nothing is left running, and the same command goes on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from demonstration.remembered import recall

pytestmark = pytest.mark.system("A01", "A16")

START_SECONDS, END_SECONDS = 240.0, 60.0


class Demonstration:
    """``health-platform demo`` with a home and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        numbers = [probe.getsockname()[1] for probe in probes]
        for probe in probes:
            probe.close()
        ports = dict(zip(("HP_PORT", "HP_DATA_API_PORT", "HP_MLLP_PORT"), map(str, numbers), strict=True))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HP_")}
        self._environment = {**inherited, **ports, "HP_HOME": str(home)}
        self.web = numbers[0]

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "health_platform.cli", "demo", "--residents", "100", "--today", "2026-11-20", *options]
        self._said = self.home.with_suffix(".said").open("w+b")
        return subprocess.Popen(command, env=self._environment, stdout=self._said, stderr=subprocess.STDOUT)

    def said(self) -> str:
        return Path(self._said.name).read_text(encoding="utf-8", errors="replace")

    def await_word(self, process: subprocess.Popen[bytes], word: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while word not in self.said():
            assert process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def processes(self) -> dict[int, str]:
        """Everything alive that runs for this home, the warehouse endpoint among it."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"HP_HOME={self.home}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def left(self, endpoint: bool = True) -> dict[int, str]:
        """What still runs after a while of patience; ``endpoint`` says whether the warehouse endpoint counts."""
        deadline = time.monotonic() + END_SECONDS
        while True:
            found = {pid: name for pid, name in self.processes().items() if endpoint or "warehouse.endpoint" not in name}
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.2)


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    made = Demonstration(tmp_path / "home")
    yield made
    for pid in made.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_signal_ends_everything_and_a_killed_parent_leaves_no_child(demonstration: Demonstration) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = demonstration.start("--no-serve")
        demonstration.await_word(process, "sending")
        process.send_signal(number)
        assert process.wait(END_SECONDS) == 1
        assert "interrupted; the same command goes on from here" in demonstration.said()
        assert demonstration.left() == {}
    process = demonstration.start("--no-serve")
    demonstration.await_word(process, "sending")
    process.kill()
    assert demonstration.left(endpoint=False) == {}  # that one serves any process of the folder, and ends when nobody asks


def test_a_taken_port_is_named_before_anything_is_made(demonstration: Demonstration) -> None:
    with closing(socket.create_server(("127.0.0.1", demonstration.web))):
        process = demonstration.start("--no-serve")
        assert process.wait(START_SECONDS) == 1
    assert f"port {demonstration.web} is held" in demonstration.said()
    assert "set HP_PORT" in demonstration.said()
    assert recall(demonstration.home) is None


@pytest.mark.long
def test_what_was_interrupted_is_loaded_once_by_the_same_command(demonstration: Demonstration) -> None:
    process = demonstration.start("--no-serve")
    demonstration.await_word(process, "sending:  ")
    process.kill()
    assert demonstration.left(endpoint=False) == {}
    process = demonstration.start("--no-serve")
    assert process.wait(START_SECONDS) == 0, demonstration.said()
    city = recall(demonstration.home)
    assert city is not None and city.loaded
    assert [one.login for one in city.accounts].count("resident") == 1
    assert demonstration.left() == {}
