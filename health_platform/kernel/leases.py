"""Leases: who holds one, whether he still lives, and keeping one while long work goes on under it.

A process of this machine that died gives its leases up at once; of another machine only the end of the lease tells.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

HOST = socket.gethostname()[:40]
log = logging.getLogger("health_platform.leases")


def alive(holder: str) -> bool:
    """Whether a holder (``host:…:pid``) may still run. Nobody does not."""
    host, _, rest = holder.partition(":")
    pid = rest.rpartition(":")[2]
    if host != HOST or not pid.isdecimal():
        return bool(holder)
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user
        return True
    return True


@contextmanager
def kept(extend: Callable[[], None], every: timedelta) -> Iterator[None]:
    """Extend a lease again and again while the block runs, however long it takes."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(every.total_seconds()):
            try:
                extend()
            except Exception:
                log.warning("a lease could not be extended; tried again later", exc_info=True)

    keeper = threading.Thread(target=keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
