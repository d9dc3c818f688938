"""Who may log into the endpoint.

The endpoint makes one user with a random password at every start, which it leaves in its state file for the
platform's own processes. More users (an analyst who may only read) are listed in ``users.json`` beside the data::

    {"analyst": {"password_sha256": "<hex of SHA-256 of the password>", "readonly": true}}
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class User:
    """An account. ``readonly`` users may read and change settings, nothing else."""

    name: str
    password_sha256: str
    readonly: bool = False


def user_with_password(name: str, password: str) -> User:
    """An account for a password of high entropy: a fast hash is enough for random passwords."""
    return User(name, hashlib.sha256(password.encode()).hexdigest())


def read_users(path: Path) -> tuple[User, ...]:
    """Accounts of a users file; none when it does not exist.

    Raises:
        ValueError: the file is readable by others, or not of the documented form.
    """
    if not path.exists():
        return ()
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} must be readable by its owner only (chmod 600)")
    entries = json.loads(path.read_text(encoding="utf-8"))
    try:
        return tuple(_user(name, entry) for name, entry in entries.items())
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error!r}") from error


def authenticate(users: tuple[User, ...], name: str, password: str) -> User | None:
    """The account of a name and password, or None."""
    digest = hashlib.sha256(password.encode()).hexdigest()
    return next((u for u in users if u.name == name and hmac.compare_digest(u.password_sha256, digest)), None)


def _user(name: str, entry: dict[str, object]) -> User:
    return User(name, str(entry["password_sha256"]).lower(), bool(entry.get("readonly", False)))
