"""What a demonstration city is remembered by: its accounts, the secrets of its hospitals' systems, what it was made from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from demonstration.city.people import Town
from demonstration.generating import City
from demonstration.setup import Account, Placed


class Remembered(msgspec.Struct, frozen=True):
    """A city. ``loaded`` is false while it is on its way in: the same seed sends the same messages again, which are known."""

    seed: int
    count: int
    last: date
    towns: tuple[Town, ...]
    placed: tuple[Placed, ...]
    accounts: tuple[Account, ...]
    loaded: bool = True


def made_from(city: Remembered) -> City:
    """What the city's residents and their lives are generated from."""
    return City(city.seed, city.count, city.last, city.towns, tuple(one.unit for one in city.placed))


def remember(home: Path, city: Remembered) -> None:
    """Write the city down; only the owner of the folder may read it."""
    file = _file(home)
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(city)))


def recall(home: Path) -> Remembered | None:
    """The city of a folder, when there is one."""
    file = _file(home)
    return msgspec.json.decode(file.read_bytes(), type=Remembered) if file.exists() else None


def _file(home: Path) -> Path:
    return home / "demonstration.json"
