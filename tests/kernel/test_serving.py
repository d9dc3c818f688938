"""All processes under one parent: they come up, and none is left whichever way the parent ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from health_platform.app import create_platform
from health_platform.kernel import schema
from health_platform.settings import Settings

pytestmark = pytest.mark.system("A01")
PATIENCE = 90


@contextmanager
def served(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """``health-platform serve`` on a port of its own, answering."""
    schema.upgrade(create_platform(Settings(home=home, components="")))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "HP_HOME": str(home), "HP_PORT": str(port), "HP_COMPONENTS": "", "HP_WORKERS": "1"}
    parent = subprocess.Popen([sys.executable, "-m", "health_platform.cli", "serve", *arguments], env=environment)
    try:
        assert until(lambda: answers(port)), "nothing answers"
        yield parent, port
    finally:
        for process in of_home(home):
            os.kill(process, signal.SIGKILL)
        parent.wait()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def of_home(home: Path) -> list[int]:
    """Processes of the platform whose data lie in ``home``, by the environment they were started with."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"HP_HOME={home}\0".encode() in (place / "environ").read_bytes() and _runs(place):
                found.append(int(place.name))
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def _runs(place: Path) -> bool:
    return (place / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_no_process_outlives_the_parent(number: signal.Signals, tmp_path: Path) -> None:
    with served(tmp_path / "home", "--all") as (parent, port):
        assert len(of_home(tmp_path / "home")) >= 4  # parent, fork server, web, worker
        parent.send_signal(number)
        code = parent.wait(timeout=PATIENCE)
        assert until(lambda: not of_home(tmp_path / "home")), of_home(tmp_path / "home")
        assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
        assert not answers(port)


def test_the_web_server_alone_finishes_and_ends(tmp_path: Path) -> None:
    with served(tmp_path / "home") as (parent, _):
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(timeout=PATIENCE) == 0
        assert until(lambda: not of_home(tmp_path / "home"))
