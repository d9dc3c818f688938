"""Every fuzz target over its examples, each also changed in a few places: what holds in the long runs holds in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("atheris", reason="atheris is not made for every machine")
pytestmark = pytest.mark.system("A11", "A16")

FOLDER = Path(__file__).parent
TARGETS = sorted(path.stem for path in FOLDER.glob("fuzz_*.py"))
CHANGED = {"fuzz_sheets": 2, "fuzz_queries": 3, "fuzz_search": 5}
"""How often each example is changed, where 15 times would take seconds."""


def changed(seed: bytes, dice: random.Random) -> bytes:
    """One to four bytes replaced, left out or repeated, or the end cut off."""
    found = bytearray(seed)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(found) + 1)
        found[at : at + dice.choice((0, 1, 1, 8))] = dice.choice((b"", dice.randbytes(1), found[at : at + 2] * 2))
    return bytes(found[: dice.randrange(len(found) + 1)] if dice.random() < 0.1 else found)


def inputs(target: Any, often: int) -> Iterator[bytes]:
    dice = random.Random(1)
    for seed in (b"", *target.seeds()):
        yield seed
        yield from (changed(seed, dice) for _ in range(often))


@pytest.mark.parametrize("name", TARGETS)
def test_examples_and_their_neighbours(name: str) -> None:
    target = import_module(f"tests.fuzz.{name}")
    for data in inputs(target, CHANGED.get(name, 15)):
        try:
            target.exercise(data)
        except Exception as error:
            error.add_note(f"the input was {data!r}")
            raise


def test_the_check_fails_when_a_reader_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that loses a row is found."""
    target = import_module("tests.fuzz.fuzz_ndjson")
    cut = target.cutting.pieces
    monkeypatch.setattr(target.cutting, "pieces", lambda *given: list(cut(*given))[:1])
    with pytest.raises(AssertionError):
        target.exercise(b"{}\n" * 4)
