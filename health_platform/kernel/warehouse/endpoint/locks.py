"""Advisory file locks, which the system releases when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def acquire(path: Path, patience: float = 0.0) -> int | None:
    """Take the lock and return its descriptor, to be kept open; None when another holds it for ``patience`` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(0.05)


def is_held(path: Path) -> bool:
    """True when some process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def held(path: Path, patience: float) -> Iterator[None]:
    """Hold the lock for a block.

    Raises:
        TimeoutError: another process holds it for ``patience`` seconds.
    """
    descriptor = acquire(path, patience)
    if descriptor is None:
        raise TimeoutError(f"{path} is held by another process")
    try:
        yield
    finally:
        os.close(descriptor)
