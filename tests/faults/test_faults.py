"""A few faults with every run of the suite; ``python -m tests.faults`` tries them all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.ground import Ground, ground
from tests.faults.invariants import acknowledged_once
from tests.faults.matrix import Pair, attempt, pairs
from tests.faults.traffic import Hospital, Message

pytestmark = pytest.mark.system("A01", "A16", "A22")

SHORT = (
    Pair("kill -9 all workers", "batch"),
    Pair("kill -9 warehouse endpoint", "batch"),
    Pair("kill -9 HL7 listener", "hl7"),
    Pair("cut off", "hl7"),
    Pair("duplicated", "batch"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(tmp_path_factory.mktemp("faults") / "home") as made:
        yield made


@pytest.mark.parametrize("pair", SHORT, ids=lambda pair: f"{pair.fault} while {pair.state}")
def test_promises_hold(running: Ground, pair: Pair) -> None:
    result = attempt(running, pair, shorter=0.2)
    assert result.problems == ()
    assert result.acknowledged > 0


def test_the_check_finds_what_is_lost(running: Ground) -> None:
    """A row that was never sent counts as lost: the harness can fail."""
    hospital = Hospital(running, "batch", 1)
    never = Message("batch", hospital.placed, "x", (("visit", "never-sent"),), lambda: None)
    assert acknowledged_once(running, [never]) == ["1 acknowledged rows of visit are lost, e.g. never-sent"]


def test_there_are_enough_pairs() -> None:
    assert len(set(pairs())) >= 40


@pytest.mark.long
@pytest.mark.parametrize("pair", list(pairs()), ids=lambda pair: f"{pair.fault} while {pair.state}")
def test_promises_hold_in_every_pair(running: Ground, pair: Pair) -> None:
    assert attempt(running, pair).problems == ()
