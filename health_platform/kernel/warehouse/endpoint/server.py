"""The endpoint process: one engine, a listener on loopback, a thread per client, and an orderly end."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass

from health_platform.kernel.warehouse.endpoint import engine, wire
from health_platform.kernel.warehouse.endpoint.config import write_config
from health_platform.kernel.warehouse.endpoint.connection import Connection, Service
from health_platform.kernel.warehouse.endpoint.layout import EndpointState, Layout, read_state, write_state
from health_platform.kernel.warehouse.endpoint.locks import acquire
from health_platform.kernel.warehouse.endpoint.spool import SpoolBudget
from health_platform.kernel.warehouse.endpoint.users import read_users, user_with_password
from health_platform.kernel.warehouse.endpoint.watcher import Watcher

LOG = logging.getLogger(__name__)
USER = "platform"
TOO_MANY_CONNECTIONS = 202
ALREADY_SERVED = 3  # exit status


@dataclass(frozen=True)
class Limits:
    """What the endpoint allows. Times in seconds, sizes in bytes; ``idle_exit`` 0 means it stays until told to stop."""

    connections: int = 256
    idle_timeout: float = 3600.0
    idle_exit: float = 0.0
    shutdown_grace: float = 10.0
    spool: int = 2 << 30
    memory: int = 0


class Server:
    """Accepts clients and keeps account of them."""

    def __init__(self, service: Service, limits: Limits, port: int) -> None:
        self._service = service
        self._limits = limits
        self._clients: dict[Connection, socket.socket] = {}
        self._lock = threading.Lock()
        self._last_seen = time.monotonic()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    def start(self) -> None:
        threading.Thread(target=self._accept, name="listener", daemon=True).start()

    def idle_seconds(self) -> float:
        """How long there has been no client."""
        with self._lock:
            if self._clients:
                self._last_seen = time.monotonic()
            return time.monotonic() - self._last_seen

    def close(self) -> None:
        """Take no more clients, let running queries end within the grace time, then cancel them."""
        self._listener.close()
        deadline = time.monotonic() + self._limits.shutdown_grace
        self._hang_up(only_idle=True)
        while self._clients and time.monotonic() < deadline:
            time.sleep(0.02)
            self._hang_up(only_idle=True)
        self._service.watcher.cancel_all()
        deadline = time.monotonic() + self._limits.shutdown_grace
        while self._clients and time.monotonic() < deadline:
            time.sleep(0.02)
            self._hang_up(only_idle=True)
        self._hang_up(only_idle=False)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(self._limits.idle_timeout)
        connection = Connection(sock, self._service)
        try:
            if self._admit(connection, sock):
                connection.serve()
        except Exception:
            LOG.exception("a client's connection failed")
        finally:
            with self._lock:
                self._clients.pop(connection, None)
                self._last_seen = time.monotonic()
            sock.close()

    def _admit(self, connection: Connection, sock: socket.socket) -> bool:
        with self._lock:
            if len(self._clients) < self._limits.connections:
                self._clients[connection] = sock
                return True
        sock.sendall(wire.exception(TOO_MANY_CONNECTIONS, "Too many connections to the local endpoint"))
        return False

    def _hang_up(self, *, only_idle: bool) -> None:
        with self._lock:
            for connection, sock in self._clients.items():
                if not (only_idle and connection.busy):
                    _shut(sock)


def run(layout: Layout, port: int, limits: Limits) -> int:
    """Serve a warehouse until SIGTERM or SIGINT, or until its state file is removed; returns the exit status."""
    layout.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = acquire(layout.serving_lock, patience=1.0)
    if lock is None:
        known = read_state(layout.state)
        holder = f"process {known.pid} on port {known.port}" if known else "another process"
        print(f"{layout.home} is already served by {holder}", file=sys.stderr)
        return ALREADY_SERVED
    stop = threading.Event()
    server = _open(layout, port, limits)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    LOG.info("serving %s on port %d", layout.home, server.port)
    _wait(stop, layout, server, limits)
    server.close()
    layout.state.unlink(missing_ok=True)
    LOG.info("stopped")
    return 0


def _open(layout: Layout, port: int, limits: Limits) -> Server:
    """Open the data, listen, and leave the state file; clients can log in when this returns."""
    layout.backups.mkdir(exist_ok=True)
    write_config(layout, limits.memory)
    place = engine.location(layout.data, layout.config)
    first = engine.Session(place)
    version = first.run("SELECT version()", "TSVRaw").decode().strip().split(".")
    timezone = first.run("SELECT timezone()", "TSVRaw").decode().strip()
    password = secrets.token_urlsafe(32)
    watcher = Watcher(first)
    service = Service(
        open_session=lambda: engine.Session(place),
        users=(user_with_password(USER, password), *read_users(layout.users)),
        watcher=watcher,
        budget=SpoolBudget(limits.spool),
        version=(int(version[0]), int(version[1]), int(version[2])),
        timezone=timezone,
    )
    watcher.start()
    # Threads that decode large blocks must not hold the interpreter for the default 5 ms.
    sys.setswitchinterval(0.0005)
    server = Server(service, limits, port)
    server.start()
    write_state(layout.state, EndpointState(os.getpid(), server.port, USER, password))
    return server


def _wait(stop: threading.Event, layout: Layout, server: Server, limits: Limits) -> None:
    while not stop.wait(1.0):
        if not layout.state.exists():
            LOG.warning("the state file is gone, stopping")
            return
        if limits.idle_exit and server.idle_seconds() > limits.idle_exit:
            LOG.info("no clients for %d seconds, stopping", limits.idle_exit)
            return


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster
