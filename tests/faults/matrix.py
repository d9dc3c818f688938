"""Every pair of fault and state: strike while the platform is busy, let it come to rest, look whether all promises hold."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import breaking, messages
from tests.faults.breaking import Fault
from tests.faults.ground import Ground
from tests.faults.invariants import broken
from tests.faults.traffic import STATES, WAYS, Hospital, busy, hospital_for

BEFORE, AFTER = 1.5, 1.0  # seconds of traffic around a fault


@dataclass(frozen=True)
class Pair:
    """A fault and the state it strikes: a way in under traffic, or reading."""

    fault: str
    state: str


@dataclass(frozen=True)
class Result:
    """What became of a pair: how much was acknowledged (or read), what had to be sent again, what broke."""

    pair: Pair
    acknowledged: int
    again: int
    seconds: float
    problems: tuple[str, ...]


def pairs() -> Iterator[Pair]:
    """All pairs this machine can try; clock jumps need libfaketime."""
    faults = [*breaking.FAULTS, *(breaking.CLOCKS if breaking.FAKETIME in os.environ else ())]
    for fault in faults:
        for state in STATES:
            yield Pair(fault.name, state)
    for name in messages.FAULTS:
        for way in WAYS:
            if (name, way) != ("slow", "csv"):
                yield Pair(name, way)


def pairs_on_postgresql() -> Iterator[Pair]:
    """What a platform on PostgreSQL is put through: the server itself, and who works with it."""
    for fault in breaking.ON_POSTGRESQL:
        for state in STATES:
            yield Pair(fault.name, state)


def attempt(ground: Ground, pair: Pair, seed: int = 1, shorter: float = 1.0) -> Result:
    """Try one pair. ``shorter`` is the share of its time a lasting fault is given."""
    started = time.monotonic()
    hospital = hospital_for(ground, pair.state, seed)
    if pair.fault in messages.FAULTS:
        messages.FAULTS[pair.fault](ground, hospital)
    else:
        _strike(ground, hospital, _FAULTS[pair.fault], shorter)
    again = len(hospital.unanswered)
    problems: list[str] = []
    try:
        ground.running.await_ports()
        hospital.send_again()
        ground.settle()
        problems = broken(ground, hospital)
    except (AssertionError, ConnectionError) as error:
        problems = [str(error)]
    done = len(hospital.acknowledged) + len(getattr(hospital, "answered", ()))
    return Result(pair, done, again, time.monotonic() - started, tuple(problems))


def _strike(ground: Ground, hospital: Hospital, fault: Fault, shorter: float) -> None:
    with busy(hospital):
        time.sleep(hospital.chance.uniform(BEFORE / 2, BEFORE))
        with fault.strike(ground, fault.seconds * shorter):
            time.sleep(AFTER)
        time.sleep(AFTER)


_FAULTS = {fault.name: fault for fault in (*breaking.FAULTS, *breaking.CLOCKS, *breaking.ON_POSTGRESQL)}
