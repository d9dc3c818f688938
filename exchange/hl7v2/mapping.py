"""Messages to dataset rows, by declared tables.

A row holds texts under the dataset's field names. A field the message does not fill is absent; one the sender clears (HL7 null)
is there and empty.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exchange.hl7v2.documents import Content
from exchange.hl7v2.faults import Fault, Location, Reason
from exchange.hl7v2.grouping import Group, Leads, grow
from exchange.hl7v2.message import NULL, Message, Segment
from exchange.hl7v2.path import Path, path
from exchange.hl7v2.readers import Reader, joined, plain
from exchange.hl7v2.results import Finding, Limit, Quantity, ResultCode

Row = dict[str, Any]
Rows = dict[str, list[Row]]


Reading = Callable[[Segment], str | None]
"""From a row's own segment to the value of one column."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a row and the places it is taken from, the first filled one counts. ``constant`` needs no place."""

    field: str
    places: tuple[Path, ...] = ()
    read: Reader = plain
    constant: str = ""

    def within(self, group: Group, name: str) -> Reading | str | None:
        """The value for all ``name`` segments of a group, or how each of them gives its own."""
        return _first(self.places, group, name, _plainly if self.read is plain else self._text, self.constant or None)

    def _text(self, found: str) -> str | None:
        if found == NULL:
            return ""
        return (self.read(found) or None) if found else None


def _plainly(found: str) -> str | None:
    return "" if found == NULL else found or None


@dataclass(frozen=True, slots=True)
class Composed:
    """A field joined from several places: a name, an address, a key. A key needs all of its parts, a text any."""

    field: str
    parts: tuple[tuple[Path, ...], ...]
    separator: str | None = None
    whole: bool = False

    def within(self, group: Group, name: str) -> Reading | str | None:
        """See :meth:`Column.within`."""
        parts = [_first(places, group, name, _said) for places in self.parts]
        if not any(callable(part) for part in parts):
            return self._joined([part for part in parts if not callable(part)])
        return lambda segment: self._joined([part(segment) if callable(part) else part for part in parts])

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

    def within(self, group: Group, name: str) -> Reading | str | None:
        """See :meth:`Column.within`."""
        if name == self.place.segment:
            return lambda segment: self._text([segment])
        return self._text(group.segments(self.place.segment))

    def _text(self, segments: Sequence[Segment]) -> str | None:
        return "\n".join(text for one in segments if (text := one.whole(self.place.field)) and text != NULL) or None


AnyColumn = Column | Composed | Lines | Content | Quantity | Finding | ResultCode | Limit


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
        """The rows of a message. What a group says once is read once, however many rows it has."""
        used: Counter[str] = Counter()
        for group in root.leaves(self.depth):
            segments = [segment for segment in group.segments(self.segment) if self._wanted(group, segment)]
            if not segments:
                continue
            shared, own = self._divided(group)
            for segment in segments:
                row = shared.copy()
                for name, reading in own:
                    if name not in row and (value := reading(segment)) is not None:
                        row[name] = value
                self._number(row, used)
                yield row

    def _divided(self, group: Group) -> tuple[Row, list[tuple[str, Reading]]]:
        """What all rows of a group have in common, and how each segment gives the rest. Of several columns of one field
        the first that says something counts, whichever kind it is."""
        shared: Row = {}
        own: list[tuple[str, Reading]] = []
        for column in self.columns:
            found = column.within(group, self.segment)
            if found is None or column.field in shared:
                continue
            if callable(found):
                own.append((column.field, found))
            elif any(name == column.field for name, _ in own):
                own.append((column.field, lambda _, found=found: found))  # type: ignore[misc]
            else:
                shared[column.field] = found
        return shared, own

    def _wanted(self, group: Group, segment: Segment) -> bool:
        if self.only and _at(group, segment, self.only[0]) not in self.only[1]:
            return False
        return not (self.unless and _at(group, segment, self.unless[0]) in self.unless[1])

    def _number(self, row: Row, used: Counter[str]) -> None:
        if self.numbered and (key := row.get(self.numbered)):
            used[key] += 1
            row[self.numbered] = key if used[key] == 1 else f"{key}#{used[key]}"


def _first(
    places: Sequence[Path], group: Group, name: str, text_of: Callable[[str], str | None], otherwise: str | None = None
) -> Reading | str | None:
    """The first place that says something. Places outside the row's own segment are looked at once for the group."""
    own: list[Path] = []
    for place in places:
        if place.segment == name:
            own.append(place)
        elif (text := text_of(group.value(place))) is not None:
            otherwise = text
            break
    if not own:
        return otherwise

    first, rest = own[0], own[1:]

    def value(segment: Segment) -> str | None:
        text = text_of(segment.at(first))
        if text is not None:
            return text
        for place in rest:
            if (text := text_of(segment.at(place))) is not None:
                return text
        return otherwise

    return value


def _said(found: str) -> str | None:
    return None if found in ("", NULL) else found


def _at(group: Group, segment: Segment, place: Path) -> str:
    return segment.at(place) if place.segment == segment.name else group.value(place)


@dataclass(frozen=True, slots=True)
class MessageKind:
    """What the platform does with one kind of message.

    Attributes:
        events: ``ADT^A01`` and the like that are treated alike.
        required: places that must be filled, else the message is refused (AE, "Required field missing").
        levels: how its segments form groups.
        rows: the rows made of it.
        identity: what the message does to identities: ``merge``, ``move`` or nothing.
        refusal: why a known kind is not taken at all.
    """

    events: tuple[str, ...]
    label: str
    required: tuple[str, ...] = ()
    levels: tuple[Leads, ...] = (("PID",),)
    rows: tuple[RowMap, ...] = ()
    identity: str = ""
    refusal: str = ""


def faults(message: Message, kind: MessageKind) -> list[Fault]:
    """Everything that keeps a message of this kind from being taken."""
    return [fault for text in kind.required for fault in _unfilled(message, path(text))]


def _unfilled(message: Message, place: Path) -> Iterator[Fault]:
    segments = list(message.all(place.segment))
    if not segments:
        where = Location(place.segment)
        yield Fault(Reason.SEGMENT_SEQUENCE, f"{place.segment} is required in {message.kind}", where)
    for number, segment in enumerate(segments, 1):
        if segment.at(place) in ("", NULL):
            where = Location(place.segment, place.field, number, 1, place.component)
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
