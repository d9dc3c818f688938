"""Work that nobody waits for gives way to people who wait: what scheduled jobs do runs within ``unawaited`` (ADR 101).

While it lasts, a statement to the local warehouse takes one processor at a time. Between two pieces of its work a job calls
``give_way``: on a machine that is short of processors it then rests, so that it takes a part of one only. Whoever runs the
same work by a command waits for it: there neither holds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RESTS: Final = 3.0
"""A piece of work is followed by a rest that is so many times as long."""
LONGEST_REST: Final = 3.0
"""Seconds: what was stopped by something else, as a disk, need not rest for as long again."""
SHORT: Final = 20.0
"""Percent of the last ten seconds in which something waited for a processor, from which on processors are short."""
_PRESSURE: Final = Path("/proc/pressure/cpu")


@dataclass
class _Pace:
    """When the piece of work under way began (monotonic seconds)."""

    began: float


_PACE: Final[ContextVar[_Pace | None]] = ContextVar("hp_unawaited", default=None)


@contextmanager
def unawaited() -> Iterator[None]:
    """What this thread does within the block is work that nobody waits for."""
    token = _PACE.set(_Pace(time.monotonic()))
    try:
        yield
    finally:
        _PACE.reset(token)


def is_unawaited() -> bool:
    """Whether this thread does work that nobody waits for."""
    return _PACE.get() is not None


def give_way() -> None:
    """End a piece of work; not within a transaction that writes, for which others would have to wait."""
    pace = _PACE.get()
    if pace is None:
        return
    if processors_are_short():
        time.sleep(min((time.monotonic() - pace.began) * RESTS, LONGEST_REST))
    pace.began = time.monotonic()


def processors_are_short() -> bool:
    """Whether somebody waits for a processor: by what Linux measures, elsewhere by the length of the queue."""
    try:
        first = _PRESSURE.read_text().split("avg10=", 1)[1]
        return float(first.split(" ", 1)[0]) >= SHORT
    except (OSError, IndexError, ValueError):
        return os.getloadavg()[0] > (os.cpu_count() or 1)
