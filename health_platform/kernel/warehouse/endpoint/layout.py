"""The files of a local warehouse, all under its home folder, and the state file by which processes find the endpoint."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Where things lie: ``data`` is chDB's directory, ``backups`` the only folder BACKUP may write to."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def backups(self) -> Path:
        return self.home / "backups"

    @property
    def config(self) -> Path:
        return self.home / "config.xml"

    @property
    def profile(self) -> Path:
        return self.home / "profile.xml"

    @property
    def users(self) -> Path:
        return self.home / "users.json"

    @property
    def state(self) -> Path:
        return self.home / "endpoint.json"

    @property
    def serving_lock(self) -> Path:
        return self.home / "endpoint.lock"

    @property
    def starting_lock(self) -> Path:
        return self.home / "start.lock"

    @property
    def log(self) -> Path:
        return self.home / "endpoint.log"


@dataclass(frozen=True)
class EndpointState:
    """A running endpoint: how to reach it and how to log in."""

    pid: int
    port: int
    user: str
    password: str = field(repr=False)


def write_private(path: Path, content: str) -> None:
    """Put a file in place at once, readable by its owner only."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    temporary.replace(path)


def write_state(path: Path, state: EndpointState) -> None:
    write_private(path, json.dumps(asdict(state)))


def read_state(path: Path) -> EndpointState | None:
    """The state last written, or None; it says nothing about whether the process still lives."""
    try:
        return EndpointState(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
