"""Files of many messages: FHS/BHS envelopes (chapter 2.10.3), or messages simply one after another."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exchange.hl7v2 import charset
from exchange.hl7v2.faults import Location, Reason, Unreadable
from exchange.hl7v2.message import segment_lines

_ENVELOPE: Final = frozenset({"FHS", "BHS", "BTS", "FTS"})
_TRAILERS: Final = ("BTS", "FTS")


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts of the messages of a file, in order, and the codec they were read with."""

    messages: tuple[str, ...]
    codec: str
    batches: int


def read_batch(raw: bytes, default_codec: str = "") -> Batch:
    """Split a file into its messages.

    Raises:
        Unreadable: content before the first MSH, or a trailer that counts something else than is there.
    """
    text, codec = charset.decode_file(raw, default_codec)
    lines = segment_lines(text)
    messages = tuple(_messages(lines))
    batches = sum(1 for line in lines if line.startswith("BHS"))
    for line in lines:
        if line[:3] in _TRAILERS:
            _check_count(line, len(messages) if batches <= 1 else None, batches)
    return Batch(messages, codec, batches)


def _messages(lines: list[str]) -> Iterator[str]:
    current: list[str] = []
    for line in lines:
        name = line[:3]
        if name in _ENVELOPE or name == "MSH":
            if current:
                yield "\r".join(current)
            current = [line] if name == "MSH" else []
        elif current:
            current.append(line)
        else:
            raise Unreadable(Reason.SEGMENT_SEQUENCE, f"{name!r} before the first MSH", Location("MSH"))
    if current:
        yield "\r".join(current)


def _check_count(line: str, messages: int | None, batches: int) -> None:
    name = line[:3]
    stated = line[4:].split(line[3:4], 1)[0].strip() if len(line) > 4 else ""
    actual = messages if name == "BTS" else batches
    if stated and actual is not None and stated != str(actual):
        raise Unreadable(Reason.SEGMENT_SEQUENCE, f"{name}-1 counts {stated}, the file holds {actual}", Location(name, 1))
