"""The platform's own processes, started beside the loading command as an operator would start them."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from threading import Event, Thread
from types import FrameType

import click

from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import endpoint_status, start_endpoint
from health_platform.serving import Children

START_SECONDS = 180


class Running:
    """All processes of the platform on this machine, for the time of a ``with`` block or until a signal."""

    def __init__(self, platform: Platform, workers: int = 2) -> None:
        self._platform = platform
        self._children = Children(platform, workers)
        self._watch = Thread(target=self._children.watch, daemon=True)

    def __enter__(self) -> Running:
        if self._platform.settings.warehouse == "local":
            start_endpoint(self._platform.warehouse.settings)
        self._children.start()
        self._watch.start()
        return self

    def await_ports(self) -> None:
        """Return when every way in answers.

        Raises:
            ConnectionError: one of them does not, for three minutes.
        """
        settings = self._platform.settings
        for port in (settings.port, settings.data_api_port, settings.mllp_port):
            _await_port(settings.host, port)

    def __exit__(self, *_: object) -> None:
        self._children.stop()
        self._watch.join()
        self._children.end()

    def processes(self) -> dict[str, int]:
        """Process ids by name, the local warehouse endpoint among them."""
        state = endpoint_status(self._platform.warehouse.settings)
        return {**self._children.processes(), **({"endpoint": state.pid} if state else {})}

    def until_stopped(self, beside: Callable[[Event], None] | None = None) -> None:
        """Serve until SIGINT or SIGTERM; ``beside`` runs meanwhile in a thread and ends when its event is set."""
        stopped = Event()

        def note(number: int, frame: FrameType | None) -> None:
            stopped.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, note)
        with self:
            self.await_ports()
            click.echo("running; Ctrl-C ends it")
            if beside is None:
                stopped.wait()
            else:
                beside(stopped)


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
