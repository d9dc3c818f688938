"""Running the platform: the web server, and all processes together on one machine.

In production systemd runs each process by itself (``deploy/systemd``); ``serve --all`` is the same set under one parent,
for the demonstration and for small installations. A child that ends is started again; SIGTERM ends all in order.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing import forkserver, get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from threading import Thread
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from health_platform.kernel import integrity, logs
from health_platform.kernel.platform import Platform
from health_platform.prepared import application_of
from health_platform.settings import Settings

STOP_SECONDS = 20
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class WebServer(BaseApplication):
    """gunicorn over the platform's application. Every worker opens connections of its own: they do not survive a fork."""

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
        return application_of(self._settings)


class Children:
    """The processes of one machine under one parent.

    They are forked from a server that has built the application once: on two cores separate starts would take longer than
    everything else a small demonstration does, and program and definitions lie in memory once.
    """

    def __init__(self, platform: Platform, workers: int) -> None:
        names = {"web": ("serve",), **{p.name: p.arguments for p in platform.processes.values()}}
        names.update({f"worker-{number}": ("worker",) for number in range(1, workers + 1)})
        self._arguments = names
        # The web process shows the figures of all; the fork server and so every child inherit the folder.
        os.environ[METRICS_FOLDER] = _empty_metrics_folder(platform.settings)
        self._context = _fork_server()
        forkserver.ensure_running()  # it reads the program on the second core while the caller still prepares
        self._running: dict[str, ForkServerProcess] = {}
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

    def processes(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: process.pid for name, process in self._running.items() if process.pid}

    def _start(self, name: str) -> None:
        self._running[name] = self._context.Process(
            target=_run_command, args=(self._arguments[name], dict(os.environ)), name=name
        )
        self._running[name].start()

    def _restart_ended(self) -> None:
        for name, process in list(self._running.items()):
            if process.exitcode is not None and not self._stopping:
                click.echo(f"{name} ended with code {process.exitcode}; starting it again", err=True)
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
            process.join(max(deadline - time.monotonic(), 0.1))
            if process.exitcode is None:
                process.kill()


def _fork_server() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["health_platform.cli", "health_platform.preloading"])
    return context


def _run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """One command of the command line in a forked child. Loaded by name, because the command line imports this module.

    ``environment`` is the parent's: the fork server has the one of the moment when it was started.
    """
    os.setsid()  # Ctrl-C must reach the parent first, which then ends the children in order
    os.environ.clear()
    os.environ.update(environment)
    Thread(target=_end_with_parent, daemon=True).start()
    import_module("health_platform.cli").main(list(arguments))


def _end_with_parent() -> None:
    """End this process when the parent has died without ending it (``kill -9``, out of memory): nobody would ever do so."""
    parent = parent_process()
    if parent is None:
        return
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


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
