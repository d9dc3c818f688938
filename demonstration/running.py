"""The platform's own processes, started beside the loading command as an operator would start them."""

from __future__ import annotations

import signal
import socket
import time
from threading import Thread
from types import FrameType

import click

from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import start_endpoint
from health_platform.serving import Children

START_SECONDS = 180


class Running:
    """All processes of the platform on this machine, for the time of a ``with`` block or until a signal."""

    def __init__(self, platform: Platform, workers: int = 2) -> None:
        self._platform = platform
        self._children = Children(platform, workers)
        self._watch = Thread(target=self._children.watch, daemon=True)

    @property
    def web(self) -> str:
        return f"http://{self._platform.settings.host}:{self._platform.settings.port}"

    @property
    def data_api(self) -> str:
        return f"http://{self._platform.settings.host}:{self._platform.settings.data_api_port}"

    def __enter__(self) -> Running:
        settings = self._platform.settings
        if settings.warehouse == "local":
            start_endpoint(self._platform.warehouse.settings)
        self._children.start()
        self._watch.start()
        try:
            for port in (settings.port, settings.data_api_port, settings.mllp_port):
                _await_port(settings.host, port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._children.stop()
        self._watch.join()
        self._children.end()

    def until_stopped(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        stopped: list[int] = []

        def note(number: int, frame: FrameType | None) -> None:
            stopped.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, note)
        with self:
            click.echo("running; Ctrl-C ends it")
            while not stopped:
                time.sleep(0.5)


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
