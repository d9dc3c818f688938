"""MLLP framing: <VT> message <FS><CR>. Pure: bytes in, frames and faults out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

START: Final = 0x0B
END: Final = 0x1C
_CR: Final = 0x0D
_NOISE: Final = b"\r\n \t\x00\x1c"


@dataclass(frozen=True, slots=True)
class Frame:
    """One complete message."""

    content: bytes


@dataclass(frozen=True, slots=True)
class FramingFault:
    """Bytes that are no complete message. ``content`` is the start of what was thrown away.

    ``kind``: ``noise`` bytes outside a frame, ``restarted`` a new start block before the end of the last message,
    ``too_large`` a message over the limit (the connection cannot be trusted any further).
    """

    kind: str
    content: bytes


class Decoder:
    """Splits one connection's bytes into frames."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0

    @property
    def partial(self) -> bool:
        """A message has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame | FramingFault]:
        """Everything that is complete after these bytes."""
        self._buffer += data
        while self._buffer:
            if self._buffer[0] != START:
                if fault := self._skip_noise():
                    yield fault
                continue
            end = self._buffer.find(END, self._scanned)
            if end < 0:
                self._scanned = len(self._buffer)
                if len(self._buffer) > self._limit:
                    yield self._overflow()
                return
            yield from self._take(end)

    def _skip_noise(self) -> FramingFault | None:
        start = self._buffer.find(START)
        cut = len(self._buffer) if start < 0 else start
        noise = bytes(self._buffer[:cut])
        del self._buffer[:cut]
        self._scanned = 0
        return FramingFault("noise", noise[:200]) if noise.strip(_NOISE) else None

    def _take(self, end: int) -> Iterator[Frame | FramingFault]:
        content = bytes(self._buffer[1:end])
        del self._buffer[: end + 1]
        self._scanned = 0
        if self._buffer[:1] == bytes((_CR,)):
            del self._buffer[:1]
        *abandoned, last = content.split(bytes((START,)))
        yield from (FramingFault("restarted", part) for part in abandoned if part.strip(_NOISE))
        if len(last) > self._limit:
            yield FramingFault("too_large", last[:4096])
        elif last.strip(_NOISE):
            yield Frame(last)

    def _overflow(self) -> FramingFault:
        content = bytes(self._buffer[1:4097])
        self._buffer.clear()
        self._scanned = 0
        return FramingFault("too_large", content)


def frame(content: bytes) -> bytes:
    """A message ready to be sent."""
    return b"\x0b" + content + b"\x1c\r"
