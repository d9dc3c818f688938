"""Finding, starting and stopping the endpoint from any process of the platform.

Whoever needs the endpoint first starts it, detached. A file lock makes sure that of several processes starting it at
once one does and the others wait for it; another lock, held by the endpoint for life, tells whether it still lives.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import health_platform
from health_platform.kernel.errors import Unavailable
from health_platform.kernel.warehouse.endpoint.layout import EndpointState, Layout, read_state
from health_platform.kernel.warehouse.endpoint.locks import held, is_held
from health_platform.kernel.warehouse.settings import WarehouseSettings

_MODULE = "health_platform.kernel.warehouse.endpoint"
_POLL_SECONDS = 0.02
_LOG_TAIL = 2000


def endpoint_status(settings: WarehouseSettings) -> EndpointState | None:
    """The running endpoint of the settings' home folder, or None."""
    layout = Layout(settings.home)
    return read_state(layout.state) if is_held(layout.serving_lock) else None


def start_endpoint(settings: WarehouseSettings) -> EndpointState:
    """The running endpoint of the settings' home folder, started if there is none.

    Raises:
        Unavailable: it did not come up within ``settings.start_timeout``; the facts hold the end of its log.
    """
    running = endpoint_status(settings)
    if running is not None:
        return running
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    layout = Layout(settings.home)
    try:
        with held(layout.starting_lock, settings.start_timeout):
            return endpoint_status(settings) or _launch(layout, settings)
    except TimeoutError as error:
        raise Unavailable("warehouse.endpoint_start", reason=str(error)) from error


def stop_endpoint(settings: WarehouseSettings, timeout: float = 30.0) -> bool:
    """Stop the endpoint in order; False when none was running.

    Raises:
        Unavailable: it did not end within ``timeout`` seconds.
    """
    running = endpoint_status(settings)
    if running is None:
        return False
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while is_held(Layout(settings.home).serving_lock):
        if time.monotonic() > deadline:
            raise Unavailable("warehouse.endpoint_start", reason=f"process {running.pid} does not stop")
        time.sleep(_POLL_SECONDS)
    return True


def _launch(layout: Layout, settings: WarehouseSettings) -> EndpointState:
    layout.state.unlink(missing_ok=True)
    with layout.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            _command(layout, settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=_environment(),
        )
    threading.Thread(target=process.wait, daemon=True).start()  # leaves no zombie when it ends before us
    deadline = time.monotonic() + settings.start_timeout
    while time.monotonic() < deadline:
        state = read_state(layout.state)
        if state is not None and state.pid == process.pid:
            return state
        if process.poll() is not None:
            # A starter that was killed may have left a child that came up meanwhile and serves this folder.
            if (running := endpoint_status(settings)) is not None:
                return running
            break
        time.sleep(_POLL_SECONDS)
    else:
        process.kill()
    raise Unavailable("warehouse.endpoint_start", reason=_log_tail(layout))


def _command(layout: Layout, settings: WarehouseSettings) -> list[str]:
    options = {"--home": layout.home.absolute(), "--idle-exit": settings.idle_exit, "--memory-bytes": settings.memory_limit}
    return [sys.executable, "-m", _MODULE, *(str(part) for option in options.items() for part in option)]


def _environment() -> dict[str, str]:
    """Ours, but times without a zone mean UTC, and the package is found where this process found it."""
    source = str(Path(health_platform.__file__).parent.parent)
    path = os.pathsep.join(part for part in (source, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "TZ": "UTC", "PYTHONPATH": path}


def _log_tail(layout: Layout) -> str:
    return layout.log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]
