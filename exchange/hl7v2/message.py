"""A message as it was sent: split by its own separators, decoded only where somebody looks."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from exchange.hl7v2 import charset, escapes
from exchange.hl7v2.delimiters import Delimiters, read_delimiters
from exchange.hl7v2.faults import Location, Reason, Unreadable
from exchange.hl7v2.path import Path, path

NULL: Final = '""'  # HL7 null: the sender wants the stored value cleared; an empty field says nothing
MAX_SEGMENTS: Final = 20_000

_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9]{2}")


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One segment: its name and raw fields; ``fields[n]`` is field n of the standard."""

    name: str
    fields: list[str]
    marks: Delimiters
    codec: str = "utf-8"

    def raw(self, field: int) -> str:
        return self.fields[field] if field < len(self.fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """Raw repetitions of a field; none for an empty field."""
        content = self.raw(field)
        return self._split(content) if content else []

    def _split(self, content: str) -> list[str]:
        separator = self.marks.repetition
        return content.split(separator) if separator else [content]

    def part(self, repetition: str, component: int, subcomponent: int = 1) -> str:
        """Decoded component of a raw repetition; "" when absent."""
        marks = self.marks
        if marks.component:
            if component > 1 or marks.component in repetition:
                parts = repetition.split(marks.component, component)
                repetition = parts[component - 1] if component <= len(parts) else ""
        elif component > 1:
            return ""
        if marks.subcomponent and (subcomponent > 1 or marks.subcomponent in repetition):
            parts = repetition.split(marks.subcomponent, subcomponent)
            repetition = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        return repetition if marks.escape not in repetition else escapes.decode(repetition, marks, self.codec)

    def text(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """Decoded value from the first repetition; "" when absent, ``NULL`` when the sender clears it."""
        content = self.fields[field] if field < len(self.fields) else ""
        if not content:
            return ""
        separator = self.marks.repetition
        first = content.split(separator, 1)[0] if separator and separator in content else content
        return self.part(first, component, subcomponent)

    def at(self, place: Path) -> str:
        """Decoded value at a path of this segment."""
        try:
            content = self.fields[place.field]
        except IndexError:
            return ""
        return self.decoded(content, place)

    def decoded(self, content: str, place: Path) -> str:
        """Decoded value of a raw field at a path, as if it stood in this segment."""
        if not content or (place.first and content.isalnum()):  # separators are never letters or digits
            return content
        marks = self.marks
        if place.test or place.repetition > 1 or (marks.repetition and marks.repetition in content):
            content = self._chosen(content, place)
        return content if content == NULL else self.part(content, place.component, place.subcomponent)

    def _chosen(self, content: str, place: Path) -> str:
        """The repetition a path means; "" when there is none."""
        found = self._split(content)
        if place.test:
            return next((one for one in found if self.part(one, place.test) in place.values), "")
        return found[place.repetition - 1] if place.repetition <= len(found) else ""

    def bare(self, field: int) -> str:
        """A field as sent, without separators around it: "" when no part of it is filled."""
        marks = self.marks
        return self.raw(field).strip(marks.component + marks.repetition + marks.subcomponent)

    def whole(self, field: int) -> str:
        """A field as one text: repetitions become lines, for FT and TX content."""
        return "\n".join(escapes.decode(one, self.marks, self.codec) for one in self.repetitions(field))


class Message(msgspec.Struct, frozen=True):
    """Segments in the order sent, with the separators and the codec of the message."""

    segments: tuple[Segment, ...]
    marks: Delimiters
    codec: str

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def kind(self) -> str:
        """Message code and trigger event, e.g. ``ADT^A01``; ``ACK`` when there is no event."""
        header = self.header
        return f"{header.text(9)}^{header.text(9, 2)}".rstrip("^")

    @property
    def control_id(self) -> str:
        return self.header.text(10)

    def all(self, name: str) -> Iterator[Segment]:
        return (segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment | None:
        return next(self.all(name), None)

    def value(self, place: str) -> str:
        """Decoded value at a path in the first such segment; "" when absent."""
        where = path(place)
        segment = self.first(where.segment)
        return segment.at(where) if segment else ""

    def to_text(self) -> str:
        """The message as text again, segments ended by CR."""
        return "".join(f"{segment_text(one)}\r" for one in self.segments)


def segment_text(segment: Segment) -> str:
    """A segment as it travels."""
    if segment.name in ("MSH", "FHS", "BHS"):
        return segment.name + segment.marks.field + segment.marks.field.join(segment.fields[2:])
    return segment.marks.field.join(segment.fields)


def read(raw: bytes, default_codec: str = "") -> Message:
    """Read one message.

    Raises:
        Unreadable: it does not begin with MSH, is in an unknown character set, or a line is no segment.
    """
    text, codec = charset.decode(raw, default_codec)
    return read_text(text, codec)


def read_text(text: str, codec: str = "utf-8") -> Message:
    """Read one message that is text already."""
    lines = segment_lines(text)
    if not lines or lines[0][:3] != "MSH":
        raise Unreadable(Reason.SEGMENT_SEQUENCE, "a message begins with MSH", Location("MSH"))
    if len(lines) > MAX_SEGMENTS:
        raise Unreadable(Reason.SEGMENT_SEQUENCE, f"more than {MAX_SEGMENTS} segments")
    marks = read_delimiters(lines[0])
    if (rest := "ADD" + marks.field) in text:
        lines = _continued(lines, rest)
    return Message(tuple([_segment(line, marks, codec) for line in lines]), marks, codec)


def _continued(lines: list[str], rest: str) -> list[str]:
    """Segments as one line each: what follows in ADD segments goes on where the segment before ended (chapter 2.10.2)."""
    found: list[list[str]] = []
    for line in lines:
        if line.startswith(rest):
            found[-1].append(line.removeprefix(rest))
        else:
            found.append([line])
    return ["".join(parts) for parts in found]


def segment_lines(text: str) -> list[str]:
    """Lines of a message; senders end segments with CR, LF or both, and some leave blanks around them."""
    if "\r" in text:
        text = text.replace("\r\n", "\r")
        if "\n" in text:
            text = _LINE_FEED_BEFORE_SEGMENT.sub("\r", text)
        return [line for line in text.lstrip("\r\n \t").split("\r") if line.strip()]
    return [line for line in text.lstrip("\n \t").split("\n") if line.strip()]


# In a message with CR, a lone LF is text (a line break inside a note) unless a segment follows it.
_LINE_FEED_BEFORE_SEGMENT: Final = re.compile(r"\n(?=[A-Z][A-Z0-9]{2}[^\w\s])|\n+\Z")


def _segment(line: str, marks: Delimiters, codec: str) -> Segment:
    fields = line.split(marks.field)
    name = fields[0]
    if len(name) != 3 or not _SEGMENT.match(name):
        raise Unreadable(Reason.SEGMENT_SEQUENCE, f"not a segment: {line[:20]!r}")
    if name in ("MSH", "FHS", "BHS"):
        fields.insert(1, marks.field)
    return Segment(name, fields, marks, codec)
