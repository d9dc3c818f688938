"""A real PostgreSQL for a test session: initdb in a temporary folder, one server on a port of its own, loopback only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BINARIES = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin")


def binaries() -> Path | None:
    """The folder of initdb and postgres, or ``None`` when PostgreSQL is not installed."""
    for folder in _BINARIES:
        if Path(folder, "initdb").exists():
            return Path(folder)
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def _as_owner() -> tuple[list[str], int | None]:
    """PostgreSQL refuses to run as root: run it as the ``postgres`` user then."""
    if os.getuid() != 0:
        return [], None
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"], pwd.getpwnam("postgres").pw_uid


@dataclass(frozen=True)
class Server:
    """A server in a folder of its own, which can be taken away and brought back."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the superuser."""
        return f"postgresql+psycopg://hp@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it; what it left behind when it was killed does not matter."""
        options = f"-p {self.port} -k {self.home} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=on"
        self._control("-l", str(self.home / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Take it away at once: nothing is asked, all connections break, and its log is replayed at the next start."""
        self._control("-m", "immediate", "stop")

    def kill(self) -> None:
        """``kill -9`` of the server and of all its processes; returns when none is left to keep a new one from starting."""
        first = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        family = [first, *children(first)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() for pid in family):
            time.sleep(0.02)

    def create(self) -> None:
        """Make the folder's cluster."""
        prefix, owner = _as_owner()
        if owner is not None:
            os.chown(self.home, owner, -1)
        _quietly(
            [
                *prefix,
                _program("initdb"),
                "-D",
                str(self._data),
                "-U",
                "hp",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ]
        )

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _control(self, *arguments: str) -> None:
        _quietly([*_as_owner()[0], _program("pg_ctl"), "-D", str(self._data), "-w", *arguments])


def children(pid: int) -> list[int]:
    """Process ids of a process's children; none when it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _program(name: str) -> str:
    folder = binaries()
    assert folder is not None
    return str(folder / name)


def _quietly(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd="/")


@contextmanager
def running() -> Iterator[Server]:
    """A new server for the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(Path(tempfile.mkdtemp(prefix="hp-pg-")), port)
    server.create()
    server.start()
    try:
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):  # it may just be away
            server.stop()
        shutil.rmtree(server.home, ignore_errors=True)


@contextmanager
def server() -> Iterator[str]:
    """A new server for the block; yields the URL of its superuser."""
    with running() as made:
        yield made.url
