"""A real PostgreSQL for a test session: initdb in a temporary folder, one server on a port of its own, loopback only."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def server() -> Iterator[str]:
    """Run a server for the block; yields an SQLAlchemy URL of its superuser."""
    folder = binaries()
    assert folder is not None
    prefix, owner = _as_owner()
    home = Path(tempfile.mkdtemp(prefix="hp-pg-"))
    if owner is not None:
        os.chown(home, owner, -1)
    data = home / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": "/"}
    subprocess.run(
        [*prefix, str(folder / "initdb"), "-D", str(data), "-U", "hp", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        **quiet,
    )  # type: ignore[call-overload]
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=on"
    control = [*prefix, str(folder / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-l", str(home / "log"), "-o", options, "start"], **quiet)  # type: ignore[call-overload]
    try:
        yield f"postgresql+psycopg://hp@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]
        shutil.rmtree(home, ignore_errors=True)
