"""Run the endpoint: ``python -m health_platform.kernel.warehouse.endpoint --home DIR``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from health_platform.kernel.warehouse.endpoint.layout import Layout
from health_platform.kernel.warehouse.endpoint.server import Limits, run


def main(arguments: list[str]) -> int:
    """Parse arguments and serve; the exit status is 3 when the home is already served."""
    defaults = Limits()
    parser = argparse.ArgumentParser(prog="endpoint", description="Local warehouse endpoint")
    parser.add_argument("--home", type=Path, required=True, help="folder of the warehouse")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--connections", type=int, default=defaults.connections)
    parser.add_argument("--idle-timeout", type=float, default=defaults.idle_timeout, help="seconds a client may be silent")
    parser.add_argument("--idle-exit", type=float, default=defaults.idle_exit, help="stop after so many seconds without clients")
    parser.add_argument("--spool-bytes", type=int, default=defaults.spool, help="insert data in memory at once")
    parser.add_argument("--memory-bytes", type=int, default=defaults.memory, help="memory of the engine; 0 is its default")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    limits = Limits(
        connections=given.connections,
        idle_timeout=given.idle_timeout,
        idle_exit=given.idle_exit,
        spool=given.spool_bytes,
        memory=given.memory_bytes,
    )
    return run(Layout(given.home.absolute()), given.port, limits)


if __name__ == "__main__":
    status = main(sys.argv[1:])
    logging.shutdown()
    # The engine's threads do not always end with the interpreter; everything acknowledged is on disk by now.
    os._exit(status)
