"""A benchmark in a process of its own: what it costs, without what others left behind in this one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """What a benchmark cost: wall and CPU seconds, peak memory of its largest process in MB, exit code."""

    name: str
    seconds: float
    cpu: float
    memory: float
    code: int


def run(name: str, *arguments: str, silent: bool = False) -> Ran:
    """Run ``benchmarks.<name>``; ``silent`` leaves out what it prints, not its errors."""
    began = time.perf_counter()
    output = subprocess.DEVNULL if silent else None
    process = subprocess.Popen([sys.executable, "-m", f"benchmarks.{name}", *arguments], stdout=output)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    return Ran(name, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
