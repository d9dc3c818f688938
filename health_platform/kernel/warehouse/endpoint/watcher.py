"""One thread that watches the sockets of all running queries.

A client that sends Cancel or hangs up has its query killed; a client whose query runs long is sent empty progress
packets, so that its socket timeout measures silence and not work. A finished query costs two system calls.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from dataclasses import dataclass, field

from health_platform.kernel.warehouse.endpoint import wire
from health_platform.kernel.warehouse.endpoint.engine import EngineError, Session, kill

LOG = logging.getLogger(__name__)
KEEPALIVE_SECONDS = 5.0
_REPEAT_KILL_SECONDS = 0.2
_EVENTS = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLONESHOT


@dataclass
class Running:
    """A query in progress on a client's socket; ``cancelled`` is set when the client no longer wants it."""

    sock: socket.socket
    tag: str
    sending: threading.Lock = field(default_factory=threading.Lock)
    cancelled: bool = False
    spoken: float = field(default_factory=time.monotonic)


class Watcher:
    """Watches running queries; ``session`` is its own, for killing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._epoll = select.epoll()
        self._running: dict[int, Running] = {}
        self._thread = threading.Thread(target=self._loop, name="watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def begin(self, running: Running) -> None:
        """Watch from now on."""
        descriptor = running.sock.fileno()
        self._running[descriptor] = running
        self._epoll.register(descriptor, _EVENTS)

    def end(self, running: Running) -> None:
        """Stop watching; must precede the end of the response, after which the client may send again."""
        descriptor = running.sock.fileno()
        self._epoll.unregister(descriptor)
        self._running.pop(descriptor, None)

    def cancel_all(self) -> None:
        """Give up all running queries, at shutdown."""
        for running in list(self._running.values()):
            running.cancelled = True

    def _loop(self) -> None:
        while True:
            events = self._epoll.poll(self._patience())
            try:
                for descriptor, _ in events:
                    self._notice(descriptor)
                self._attend()
            except (EngineError, OSError):
                LOG.exception("watching queries failed")

    def _patience(self) -> float:
        cancelled = any(running.cancelled for running in list(self._running.values()))
        return _REPEAT_KILL_SECONDS if cancelled else 1.0

    def _notice(self, descriptor: int) -> None:
        running = self._running.get(descriptor)
        if running is None:
            return
        try:
            first = running.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            first = b""
        running.cancelled = first in (b"", bytes([wire.ClientPacket.CANCEL]))

    def _attend(self) -> None:
        now = time.monotonic()
        for running in list(self._running.values()):
            if running.cancelled:
                kill(self._session, running.tag)
            elif now - running.spoken > KEEPALIVE_SECONDS:
                _keep_alive(running, now)


def _keep_alive(running: Running, now: float) -> None:
    if not running.sending.acquire(blocking=False):
        return  # the query is sending rows itself
    try:
        running.sock.sendall(wire.progress())
        running.spoken = now
    except OSError:
        running.cancelled = True
    finally:
        running.sending.release()
