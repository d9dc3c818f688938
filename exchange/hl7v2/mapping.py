"""Messages to dataset rows, by declared tables.

A row holds texts under the dataset's field names. A field the message does not fill is absent; one the sender clears (HL7 null)
is there and empty.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from exchange.hl7v2.delimiters import Delimiters
from exchange.hl7v2.documents import Content
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.grouping import Group, Leads, grow
from exchange.hl7v2.message import NULL, Message, Segment
from exchange.hl7v2.path import Path, path
from exchange.hl7v2.readers import Reader, joined, plain
from exchange.hl7v2.results import Finding, Quantity, ResultCode

Row = dict[str, Any]
Rows = dict[str, list[Row]]

_REMEMBERED: Final = 4_096
_REMEMBERED_LENGTH: Final = 200
"""How many fields a place remembers, and of how many characters at most."""


Values = list[str | None]
"""What each of a row map's segments says under one column, in their order."""

Decode = Callable[[str], str | None]
"""From the decoded text of a place to the value of a column; None says nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a row and the places it is taken from, the first filled one counts. ``constant`` needs no place."""

    field: str
    places: tuple[Path, ...] = ()
    read: Reader = plain
    constant: str = ""

    def within(self, group: Group, segments: Sequence[Segment]) -> Values | str | None:
        """The value for all these segments of a group, or the value of each."""
        return _first(self.places, group, segments, _decode(self.read), self.constant or None)


@dataclass(frozen=True, slots=True)
class Composed:
    """A field joined from several places: a name, an address, a key. A key needs all of its parts, a text any."""

    field: str
    parts: tuple[tuple[Path, ...], ...]
    separator: str | None = None
    whole: bool = False

    def within(self, group: Group, segments: Sequence[Segment]) -> Values | str | None:
        """See :meth:`Column.within`."""
        parts = [_first(places, group, segments, _said) for places in self.parts]
        if not any(isinstance(part, list) for part in parts):
            return self._joined([part for part in parts if not isinstance(part, list)])
        columns = [part if isinstance(part, list) else [part] * len(segments) for part in parts]
        return [self._joined(found) for found in zip(*columns, strict=True)]

    def _joined(self, found: Sequence[str | None]) -> str | None:
        if self.whole and not all(found):
            return None
        texts = [text for text in found if text]
        return (joined(texts) if self.separator is None else self.separator.join(texts)) or None


@dataclass(frozen=True, slots=True)
class Lines:
    """All repetitions of a field as lines of text: of the row's own segment, or of all such segments in its group."""

    field: str
    place: Path

    def within(self, group: Group, segments: Sequence[Segment]) -> Values | str | None:
        """See :meth:`Column.within`."""
        if segments[0].name == self.place.segment:
            return [self._text([segment]) for segment in segments]
        return self._text(group.segments(self.place.segment))

    def _text(self, segments: Sequence[Segment]) -> str | None:
        return "\n".join(text for one in segments if (text := one.whole(self.place.field)) and text != NULL) or None


AnyColumn = Column | Composed | Lines | Content | Quantity | Finding | ResultCode


@dataclass(frozen=True, slots=True)
class RowMap:
    """One row of ``dataset`` for every ``segment`` in the groups at ``depth``.

    Attributes:
        depth: how many levels of groups down its segments stand.
        numbered: the key column to which a number is added when one message uses a key for several rows.
        only: make the row only if this place holds one of these values.
        unless: make no row if this place holds one of these values.
    """

    dataset: str
    segment: str
    depth: int
    columns: tuple[AnyColumn, ...]
    only: tuple[Path, frozenset[str]] | None = None
    unless: tuple[Path, frozenset[str]] | None = None
    numbered: str = ""

    def rows(self, root: Group) -> Iterator[Row]:
        """The rows of a message, filled column by column: what a group says once is read once, however many rows it has."""
        used: Counter[str] = Counter()
        for group in root.leaves(self.depth):
            segments = self._wanted(group)
            if not segments:
                continue
            rows: list[Row] = [{} for _ in segments]
            for column in self.columns:
                _fill(rows, column.field, column.within(group, segments))
            for row in rows:
                self._number(row, used)
            yield from rows

    def _wanted(self, group: Group) -> list[Segment]:
        found = group.segments(self.segment)
        if found and self.only:
            found = [one for one, holds in zip(found, self._holding(group, found, *self.only), strict=True) if holds]
        if found and self.unless:
            found = [one for one, holds in zip(found, self._holding(group, found, *self.unless), strict=True) if not holds]
        return found

    def _holding(self, group: Group, segments: list[Segment], place: Path, values: frozenset[str]) -> list[bool]:
        """Whether a place holds one of the values, by segment; a place elsewhere says the same for the whole group."""
        if place.segment != self.segment:
            return [group.value(place) in values] * len(segments)
        return [segment.at(place) in values for segment in segments]

    def _number(self, row: Row, used: Counter[str]) -> None:
        if self.numbered and (key := row.get(self.numbered)):
            used[key] += 1
            row[self.numbered] = key if used[key] == 1 else f"{key}#{used[key]}"


def _fill(rows: Sequence[Row], field: str, values: Values | str | None) -> None:
    """Give the rows their values of one column. Of several columns of one field the first that says something counts."""
    if values is None:
        return
    if isinstance(values, str):
        for row in rows:
            row.setdefault(field, values)
        return
    for row, value in zip(rows, values, strict=True):
        if value is not None and field not in row:
            row[field] = value


def _first(
    places: Sequence[Path], group: Group, segments: Sequence[Segment], decode: Decode, otherwise: str | None = None
) -> Values | str | None:
    """The first place that says something. Places outside the rows' own segment are looked at once for the group."""
    own: list[Path] = []
    for place in places:
        if place.segment == segments[0].name:
            own.append(place)
        elif (text := decode(group.value(place))) is not None:
            otherwise = text
            break
    if not own:
        return otherwise
    values = _values(own[0], decode, segments)
    for place in own[1:]:
        if None not in values:
            return values
        further = _values(place, decode, segments)
        values = [value if value is not None else more for value, more in zip(values, further, strict=True)]
    return values if otherwise is None else [otherwise if value is None else value for value in values]


def _values(place: Path, decode: Decode, segments: Sequence[Segment]) -> Values:
    known, field = _known(place, decode, segments[0].marks, segments[0].codec), place.field
    return [known[one.fields[field]] if field < len(one.fields) else None for one in segments]


class _Known(dict[str, str | None]):
    """What raw fields say at a place. Laboratories write the same codes, names and units again and again."""

    def __init__(self, place: Path, decode: Decode, marks: Delimiters, codec: str) -> None:
        super().__init__()
        self._place, self._decode = place, decode
        self._reader = Segment(place.segment, [], marks, codec)

    def __missing__(self, content: str) -> str | None:
        value = self._decode(self._reader.decoded(content, self._place))
        if len(content) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[content] = value
        return value


@lru_cache(maxsize=1024)
def _known(place: Path, decode: Decode, marks: Delimiters, codec: str) -> _Known:
    return _Known(place, decode, marks, codec)


@lru_cache(maxsize=256)
def _decode(read: Reader) -> Decode:
    """How a column takes a text: HL7 null empties the field, an empty one says nothing."""

    def taken(found: str) -> str | None:
        if found == NULL:
            return ""
        return (read(found) or None) if found else None

    return taken


def _said(found: str) -> str | None:
    return None if found in ("", NULL) else found


@dataclass(frozen=True, slots=True)
class MessageKind:
    """What the platform does with one kind of message.

    Attributes:
        events: ``ADT^A01`` and the like that are treated alike.
        required: places that must be filled, else the message is refused (AE, "Required field missing"); a field named
            without a component is filled by any: a concept may be told in words only.
        levels: how its segments form groups.
        rows: the rows made of it.
        whole: the rows of which the message, when it has any such segment, states all that the patient has.
        identity: what the message does to identities: ``merge``, ``move`` or nothing.
        refusal: why a known kind is not taken at all.
    """

    events: tuple[str, ...]
    label: str
    required: tuple[str, ...] = ()
    levels: tuple[Leads, ...] = (("PID",),)
    rows: tuple[RowMap, ...] = ()
    whole: RowMap | None = None
    identity: str = ""
    refusal: str = ""


def faults(message: Message, kind: MessageKind) -> list[Fault]:
    """Everything that keeps a message of this kind from being taken."""
    return [fault for text in kind.required for fault in _unfilled(message, path(text), whole="." not in text)]


def _unfilled(message: Message, place: Path, *, whole: bool) -> Iterator[Fault]:
    segments = list(message.all(place.segment))
    if not segments:
        where = Location(place.segment)
        yield Fault(Reason.SEGMENT_SEQUENCE, f"{place.segment} is required in {message.kind}", where)
    for number, segment in enumerate(segments, 1):
        if (segment.bare(place.field) if whole else segment.at(place)) in ("", NULL):
            where = Location(place.segment, place.field, number, 1, 0 if whole else place.component)
            yield Fault(Reason.REQUIRED_FIELD, "the field must be filled", where)


def to_rows(message: Message, kind: MessageKind) -> Rows:
    """Rows by dataset, in the order of the message."""
    root = grow(message, kind.levels)
    rows: Rows = {}
    for row_map in kind.rows:
        made = list(row_map.rows(root))
        if made:
            rows.setdefault(row_map.dataset, []).extend(made)
    return rows


def take(name: str, *places: str, read: Reader = plain) -> Column:
    """A column from the first filled of these places."""
    return Column(name, tuple(path(place) for place in places), read)


def fixed(name: str, value: str) -> Column:
    """A column that is always the same."""
    return Column(name, constant=value)


def compose(name: str, *parts: str | Sequence[str], separator: str | None = None, whole: bool = False) -> Composed:
    """A column joined from parts; each part is a place or a sequence of alternatives."""
    alternatives = tuple(tuple(path(one) for one in ([part] if isinstance(part, str) else part)) for part in parts)
    return Composed(name, alternatives, separator, whole)


def lines(name: str, place: str) -> Lines:
    """A column of all repetitions of a field, as lines."""
    return Lines(name, path(place))
