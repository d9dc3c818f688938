"""Running the platform: the web server, and all processes together on one machine.

In production systemd runs each process by itself (``deploy/systemd``); ``serve --all`` is the same set under one parent,
for the demonstration and for small installations. A child that ends is started again; SIGTERM ends all in order.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from health_platform.app import create_app
from health_platform.kernel import integrity, logs
from health_platform.kernel.platform import Platform
from health_platform.settings import Settings

STOP_SECONDS = 20
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class WebServer(BaseApplication):
    """gunicorn over ``create_app``. Every worker builds its own platform: connections do not survive a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.workers,
            "threads": 4,
            "worker_class": "gthread",
            "timeout": 60,
            "graceful_timeout": 15,
            "keepalive": 30,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "limit_request_field_size": 16_384,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - heartbeat files, no data
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        logs.configure(self._settings.log_level)
        return create_app(self._settings)


class Children:
    """The processes of one machine under one parent."""

    def __init__(self, platform: Platform, workers: int) -> None:
        names = {"web": ("serve",), **{p.name: p.arguments for p in platform.processes.values()}}
        names.update({f"worker-{number}": ("worker",) for number in range(1, workers + 1)})
        self._arguments = names
        self._metrics = _empty_metrics_folder(platform.settings)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False

    def run(self) -> None:
        """Start all, keep them running, return after SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.start()
        self.watch()
        self.end()

    def start(self) -> None:
        """Start every process."""
        for name in self._arguments:
            self._start(name)

    def watch(self) -> None:
        """Start again whatever ends, until ``stop``."""
        while not self._stopping:
            time.sleep(0.5)
            self._restart_ended()

    def stop(self) -> None:
        """Let ``watch`` return."""
        self._stopping = True

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "health_platform.cli", *self._arguments[name]]
        # A session of its own: Ctrl-C must reach the parent first, which then ends the children in order.
        environment = {**os.environ, METRICS_FOLDER: self._metrics}  # the web process shows the figures of all
        self._running[name] = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603

    def _restart_ended(self) -> None:
        for name, process in list(self._running.items()):
            if process.poll() is not None and not self._stopping:
                click.echo(f"{name} ended with code {process.returncode}; starting it again", err=True)
                time.sleep(1)
                self._start(name)

    def _stop(self, *_: Any) -> None:
        self.stop()

    def end(self) -> None:
        """End every process in order, by force after ``STOP_SECONDS``."""
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also run workers, listeners and the local warehouse endpoint.")
@click.option("--workers", default=1, show_default=True, help="Event and job workers (with --all).")
@click.make_pass_decorator(Platform)
def serve(platform: Platform, everything: bool, workers: int) -> None:
    """Serve the web pages and APIs. Example: HP_PORT=8080 health-platform serve --all"""
    if everything:
        Children(platform, workers).run()
    elif METRICS_FOLDER in os.environ:
        integrity.watch(platform)
        WebServer(platform.settings).run()
    else:
        _serve_with_shared_metrics(platform.settings)


def _serve_with_shared_metrics(settings: Settings) -> None:
    """prometheus_client decides when it is imported whether processes share their figures: start over with the folder set."""
    command = [sys.executable, "-m", "health_platform.cli", "serve"]
    os.execve(sys.executable, command, {**os.environ, METRICS_FOLDER: _empty_metrics_folder(settings)})  # noqa: S606


def _empty_metrics_folder(settings: Settings) -> str:
    folder = settings.home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)
