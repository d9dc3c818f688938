"""The platform's own processes, started beside the loading command as an operator would start them."""

from __future__ import annotations

import errno
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

import click

from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import endpoint_status, start_endpoint, stop_endpoint
from health_platform.serving import Children

START_SECONDS = 180
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ended(BaseException):
    """A signal asked this process to end. Not an ``Exception``: what repeats or forgives errors must not catch it."""


@contextmanager
def until_signalled() -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM within the block into ``Ended``, so that what the block has opened is closed in order.

    Further signals are ignored: the closing itself takes at most ``health_platform.serving.STOP_SECONDS``.
    """

    def end(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Ended

    before = {number: signal.signal(number, end) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Running:
    """All processes of the platform on this machine, for the time of a ``with`` block.

    The program is being read as soon as the object exists: make it early, enter it when the database is ready.
    """

    def __init__(self, platform: Platform, workers: int = 2) -> None:
        self._platform = platform
        self._children = Children(platform, workers)
        self._watch = Thread(target=self._children.watch, daemon=True)
        self._own_endpoint = False

    def __enter__(self) -> Running:
        local, warehouse = self._platform.settings.warehouse == "local", self._platform.warehouse.settings
        self._own_endpoint = local and endpoint_status(warehouse) is None
        self._children.start()
        self._watch.start()
        if local:
            start_endpoint(warehouse)  # beside the others: all take a while to come up
        return self

    def await_ports(self) -> None:
        """Return when every way in answers.

        Raises:
            ConnectionError: one of them does not, for three minutes.
        """
        for port in _ports(self._platform).values():
            _await_port(self._platform.settings.host, port)

    def __exit__(self, *_: object) -> None:
        self._children.stop()
        self._watch.join()
        self._children.end()
        if self._own_endpoint:
            stop_endpoint(self._platform.warehouse.settings)

    def processes(self) -> dict[str, int]:
        """Process ids by name, the local warehouse endpoint among them."""
        state = endpoint_status(self._platform.warehouse.settings)
        return {**self._children.processes(), **({"endpoint": state.pid} if state else {})}


def require_free_ports(platform: Platform) -> None:
    """Make sure that the platform can listen, before anything is made.

    Raises:
        click.ClickException: a port is taken; says which setting chooses another.
    """
    for setting, port in _ports(platform).items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((platform.settings.host, port))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                raise click.ClickException(
                    f"port {port} is held by another program, perhaps a demonstration that still runs; "
                    f"end it, or set {setting} to a free port (example: {setting}={port + 10_000})"
                ) from error


def _ports(platform: Platform) -> dict[str, int]:
    """The ports of this machine that the platform listens on, by the setting that chooses each."""
    settings = platform.settings
    return {"HP_PORT": settings.port, "HP_DATA_API_PORT": settings.data_api_port, "HP_MLLP_PORT": settings.mllp_port}


def _await_port(host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with socket.create_connection((host, port), timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise ConnectionError(f"nothing answers on port {port}; another program may hold it") from None
            time.sleep(0.2)
