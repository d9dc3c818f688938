"""Identifiers: new ones, and stable ones derived from what they name.

Both fit a signed 64-bit column on every database. JSON shows them as strings, because JavaScript numbers end at 2**53.

A new id is 41 bits of milliseconds since 2020, 4 bits of node (machine), 6 bits of process slot, 12 bits of sequence. Random
bits in their place would collide within seconds when two processes load data at once. A process holds its slot by an
abstract Unix socket: the kernel gives it to one process at a time and takes it back when the process dies, however it dies.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import threading
import time
from datetime import datetime

_EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00Z; 41 bits last until 2089
_SLOTS = 64
_SEQUENCES = 4096


class IdSource:
    """Makes ids that no other process with another (node, slot) can make."""

    def __init__(self, node: int = 0) -> None:
        self._lock = threading.Lock()
        self._node = node
        self._lease: socket.socket | None = None
        self._last = 0

    def use_node(self, node: int) -> None:
        """Say which of the 16 machines of a multi-machine platform this is."""
        if not 0 <= node < 16:
            raise ValueError(f"node {node} is not in 0..15")
        self._node, self._lease = node, None

    @property
    def node(self) -> int:
        """Which machine this is: a process that works for this one must say the same."""
        return self._node

    def next(self) -> int:
        """One more id, larger than every earlier one of this process."""
        with self._lock:
            if self._lease is None:
                self._lease, slot = _lease_slot(self._node)
                self._prefix = (self._node << 6 | slot) << 12
            tick = max((time.time_ns() // 1_000_000 - _EPOCH_MS) * _SEQUENCES, self._last + 1)
            self._last = tick
        millisecond, sequence = divmod(tick, _SEQUENCES)
        return millisecond << 22 | self._prefix | sequence

    def forget_lease(self) -> None:
        """A forked child must not share its parent's slot."""
        self._lock = threading.Lock()
        self._lease = None


def _lease_slot(node: int) -> tuple[socket.socket, int]:
    start = secrets.randbelow(_SLOTS)
    for offset in range(_SLOTS):
        slot = (start + offset) % _SLOTS
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0health-platform-id-{node}-{slot}")
        except OSError:
            holder.close()
            continue
        return holder, slot
    raise RuntimeError(f"all {_SLOTS} process slots of node {node} are taken; set another HP_NODE")


_SOURCE = IdSource()
os.register_at_fork(after_in_child=_SOURCE.forget_lease)
use_node = _SOURCE.use_node


def node_in_use() -> int:
    """The machine's number (``use_node``), for processes that work for this one."""
    return _SOURCE.node


new_id = _SOURCE.next


def first_id(moment: datetime) -> int:
    """The smallest id that can have been made at ``moment`` (aware) or later: ids order by the time they were made."""
    return max(int(moment.timestamp() * 1000) - _EPOCH_MS, 0) << 22


def stable_key(*parts: str | int) -> int:
    """The 63-bit key of a tuple of facts, the same on every machine and in every year (BLAKE2b, length-prefixed).

    With n keys the chance of any collision is about n²/2**64: 5e-6 for ten million patient identities.
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        text = str(part).encode()
        digest.update(len(text).to_bytes(4, "big"))
        digest.update(text)
    return int.from_bytes(digest.digest(), "big") >> 1
