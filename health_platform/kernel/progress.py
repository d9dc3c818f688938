"""How far a long command has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


class Progress:
    """A progress line for long commands: percentage, rate and remaining time, at most twice a second."""

    def __init__(self, total: int, label: str, write: Callable[[str], Any] | None = None) -> None:
        self.total, self.label, self.done = max(total, 1), label, 0
        self._write = write or sys.stderr.write
        self._started = self._shown = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Say that ``count`` more units are done."""
        self.done += count
        now = time.monotonic()
        if now - self._shown >= 0.5 or self.done >= self.total:
            self._shown = now
            self._write(self._line(now) + ("\n" if self.done >= self.total else "\r"))

    def _line(self, now: float) -> str:
        rate = self.done / max(now - self._started, 1e-6)
        remaining = max(self.total - self.done, 0) / max(rate, 1e-6)
        share = min(self.done / self.total, 1)
        return f"{self.label}: {share:4.0%} {self.done:,}/{self.total:,} {rate:,.0f}/s, {remaining:,.0f} s left   "
