"""MLLP server: many connections, one committer; an answer leaves only after its message is stored.

Frames of all connections meet in one queue. The committer takes what has arrived meanwhile and hands it to the handler in one
call, which stores the group in one transaction. So the cost of a durable commit is shared under load and nobody waits for
a group to fill when there is none.
"""

import asyncio
import hashlib
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from exchange.hl7v2.framing import Decoder, Frame, FramingFault, frame

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end: address, and the certificate's fingerprint and subject when TLS asked for one."""

    address: str
    fingerprint: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame, or a framing fault to be answered, and where it came from."""

    peer: Peer
    content: bytes
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Replies:
    """The answers to one arrival (without framing), in the order to send them.

    ``pause``: seconds to rest before more is answered on its connection, because its sender is faster than it may be. What
    came meanwhile is stored and its answer waits; when as many wait as a connection may have under way, it is not read.
    """

    messages: list[bytes]
    pause: float = 0.0


Handler = Callable[[Sequence[Arrival]], list[Replies]]
"""Stores a group and returns the answers to each arrival. May block. An exception leaves the whole group unanswered and
its connections closed, so that the senders repeat."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen and what to tolerate; times in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: int = 2575
    tls: ssl.SSLContext | None = None
    frame_limit: int = 1 << 20
    frame_seconds: float = 30.0
    idle_seconds: float = 600.0
    connections: int = 500
    connections_per_peer: int = 50
    group: int = 200
    window: int = 64


@dataclass(slots=True)
class _Connections:
    by_peer: Counter[str] = field(default_factory=Counter)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)


Answer = asyncio.Future[tuple[Replies, float]]
"""What to answer, and the loop's time when it was known."""
Pending = tuple[Arrival, Answer]


class MllpServer:
    """Listens until closed. Use as ``async with MllpServer(options, handler).running():``."""

    def __init__(self, options: ServerOptions, handler: Handler) -> None:
        self._options = options
        self._handler = handler
        self._open = _Connections()
        self._queue: asyncio.Queue[Pending] = asyncio.Queue(options.group * 4)
        self.port = options.port

    @asynccontextmanager
    async def running(self) -> AsyncIterator["MllpServer"]:
        """Accept connections while the block runs; what was taken in is answered before it ends."""
        options = self._options
        server = await asyncio.start_server(
            self._connected, options.host, options.port, ssl=options.tls, limit=1 << 18, backlog=256
        )
        self.port = server.sockets[0].getsockname()[1]
        with ThreadPoolExecutor(1, thread_name_prefix="mllp-commit") as thread:
            committer = asyncio.create_task(self._commit_groups(thread))
            try:
                yield self
            finally:
                server.close()
                await self._queue.join()
                committer.cancel()
                for task in list(self._open.tasks):
                    task.cancel()
                await asyncio.gather(committer, *self._open.tasks, return_exceptions=True)

    async def _commit_groups(self, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            group = [await self._queue.get()]
            while len(group) < self._options.group and not self._queue.empty():
                group.append(self._queue.get_nowait())
            try:
                answers = await loop.run_in_executor(thread, self._handler, [arrival for arrival, _ in group])
                _resolve(group, answers)
            except Exception:
                log.exception("group of %d HL7 v2 messages not stored; their connections are closed", len(group))
                for _, answer in group:
                    answer.cancel()
            finally:
                for _ in group:
                    self._queue.task_done()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        address = str(writer.get_extra_info("peername")[0])
        if task is None or not self._admitted(address):
            log.warning("MLLP connection from %s refused: too many connections", address)
            writer.close()
            return
        self._open.tasks.add(task)
        self._open.by_peer[address] += 1
        try:
            await self._serve(reader, writer, _peer(address, writer))
        except (OSError, TimeoutError, asyncio.CancelledError):
            log.info("MLLP connection from %s ended", address)
        finally:
            self._open.tasks.discard(task)
            self._open.by_peer[address] -= 1
            writer.close()

    def _admitted(self, address: str) -> bool:
        within = len(self._open.tasks) < self._options.connections
        return within and self._open.by_peer[address] < self._options.connections_per_peer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer) -> None:
        answers: asyncio.Queue[Answer | None] = asyncio.Queue(self._options.window)
        replying = asyncio.create_task(_reply_in_order(answers, writer))
        # without a stored message there is no answer: the closed connection tells the sender to send again
        replying.add_done_callback(lambda _: writer.close())
        try:
            await self._read_frames(reader, peer, answers, replying)
            await answers.put(None)
            await replying
        finally:
            replying.cancel()

    async def _read_frames(
        self,
        reader: asyncio.StreamReader,
        peer: Peer,
        answers: "asyncio.Queue[Answer | None]",
        replying: "asyncio.Task[None]",
    ) -> None:
        decoder = Decoder(self._options.frame_limit)
        while not replying.done():
            allowed = self._options.frame_seconds if decoder.partial else self._options.idle_seconds
            data = await asyncio.wait_for(reader.read(1 << 16), allowed)
            if not data:
                return
            for item in decoder.feed(data):
                if isinstance(item, FramingFault) and item.kind == "noise":
                    log.warning("%d bytes outside a frame from %s", len(item.content), peer.address)
                    continue
                await self._enqueue(item, peer, answers)
                if isinstance(item, FramingFault) and item.kind == "too_large":
                    return

    async def _enqueue(self, item: Frame | FramingFault, peer: Peer, answers: "asyncio.Queue[Answer | None]") -> None:
        answer: Answer = asyncio.get_running_loop().create_future()
        fault = item.kind if isinstance(item, FramingFault) else ""
        await answers.put(answer)
        await self._queue.put((Arrival(peer, item.content, fault), answer))


async def _reply_in_order(answers: "asyncio.Queue[Answer | None]", writer: asyncio.StreamWriter) -> None:
    rest_until = 0.0
    while (pending := await answers.get()) is not None:
        replies, stored_at = await pending
        await asyncio.sleep(max(rest_until - asyncio.get_running_loop().time(), 0.0))
        for message in replies.messages:
            writer.write(frame(message))
        await writer.drain()
        if replies.pause:
            rest_until = stored_at + replies.pause  # messages stored together have rested together


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a DER certificate in lower-case hexadecimal."""
    return hashlib.sha256(certificate).hexdigest()


def _resolve(group: Sequence[Pending], answers: Sequence[Replies]) -> None:
    now = asyncio.get_running_loop().time()
    for (_, future), replies in zip(group, answers, strict=True):
        if not future.done():
            future.set_result((replies, now))


def _peer(address: str, writer: asyncio.StreamWriter) -> Peer:
    tls = writer.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls else None
    if not certificate:
        return Peer(address)
    subject = ", ".join("=".join(pair) for part in tls.getpeercert().get("subject", ()) for pair in part)
    return Peer(address, fingerprint(certificate), subject)
