"""One flush to the disk for all who wait for one.

A flush takes a disk some milliseconds however much it brings there, so those who wait at the same time share it (ADR 99).
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Condition
from weakref import finalize

log = logging.getLogger("health_platform.alarm")


class SharedFlush:
    """Flushes for many threads: each is served by one that began after it asked.

    Args:
        flush: brings everything written so far to the disk; raises ``OSError`` when it cannot.
    """

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._changed = Condition()
        self._begun = self._ended = 0
        self._failure: OSError | None = None

    def wait(self) -> None:
        """Return when everything written before the call is on the disk.

        Raises:
            OSError: it is not, or that is not certain. After one failure nothing is certain any more: the operating system
                reports it once and forgets which pages it lost. So every later call of this process fails as well, and the
                process ends if it is one that is started again.
        """
        with self._changed:
            mine = self._begun + 1  # the one under way may have passed by what the caller wrote
            while self._ended < mine and self._begun > self._ended:
                self._changed.wait()
            leads = self._ended < mine
            if leads:
                self._begun += 1
        if leads:
            self._lead()
        if self._failure is not None:
            raise self._failure

    def _lead(self) -> None:
        failure, over = None, False
        try:
            self._flush()
            over = True
        except OSError as error:
            failure, over = error, True
        finally:
            with self._changed:
                self._failure = self._failure or failure
                if over:
                    self._ended = self._begun
                else:  # a signal broke it off: it served nobody, and the next one leads
                    self._begun = self._ended
                self._changed.notify_all()
        if failure is not None:
            end_process(failure)


def end_process(failure: OSError) -> None:
    """Ask this process to end in order, so that it is started again and reads from the disk what is really there.

    Servers, listeners and workers answer SIGTERM and are started again by their parent; a command just fails by its error.
    """
    log.critical(
        "the disk refused a flush; this process acknowledges nothing any more", extra={"facts": {"reason": str(failure)}}
    )
    if callable(signal.getsignal(signal.SIGTERM)):
        os.kill(os.getpid(), signal.SIGTERM)


class FileFlush:
    """Flushes a file by its name, whichever file bears it now. Kept open, so that a failed write to it is heard of."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: int | None = None
        self._close: Callable[[], object] = lambda: None

    def __call__(self) -> None:
        """Bring the file to the disk; not for several threads at once.

        Raises:
            OSError: it is not there, or the disk refuses.
        """
        found = self._path.stat()
        if self._open is None or not os.path.samestat(found, os.fstat(self._open)):
            self._close()
            self._open = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            self._close = finalize(self, os.close, self._open)
        os.fdatasync(self._open)
