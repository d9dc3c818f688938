"""Messages as trees: which OBX belongs to which OBR, which OBR to which PID.

HL7 v2 writes groups flat; a group begins at one of its leading segments. ``("ORC", "OBR")`` as leads says: a group begins
at ORC, or at an OBR that is not the first after an ORC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from exchange.hl7v2.message import Message, Segment
from exchange.hl7v2.path import Path

Leads = tuple[str, ...]


@dataclass(slots=True)
class Group:
    """A run of segments and the groups under it. ``parent`` is where values are looked for that are not here."""

    parent: "Group | None" = None
    own: list[Segment] = field(default_factory=list)
    children: list["Group"] = field(default_factory=list)
    found: dict[str, Segment | None] = field(default_factory=dict)

    def find(self, name: str) -> Segment | None:
        """The first such segment here, or in the nearest group above; remembered, for a group is asked by every column."""
        if name not in self.found:
            own = next((segment for segment in self.own if segment.name == name), None)
            self.found[name] = own if own is not None or self.parent is None else self.parent.find(name)
        return self.found[name]

    def segments(self, name: str) -> list[Segment]:
        return [segment for segment in self.own if segment.name == name]

    def value(self, place: Path) -> str:
        segment = self.find(place.segment)
        return segment.at(place) if segment else ""

    def leaves(self, depth: int) -> Iterator["Group"]:
        """Groups ``depth`` levels down."""
        if depth == 0:
            yield self
        for child in self.children:
            if depth:
                yield from child.leaves(depth - 1)


def grow(message: Message, levels: Sequence[Leads]) -> Group:
    """The tree of a message: the root holds what stands before the first group, e.g. MSH and EVN."""
    root = Group()
    _split(list(message.segments), levels, root)
    return root


def _split(segments: list[Segment], levels: Sequence[Leads], into: Group) -> None:
    if not levels:
        into.own = segments
        return
    runs = _runs(segments, levels[0])
    into.own = next(runs)
    for run in runs:
        child = Group(into)
        into.children.append(child)
        _split(run, levels[1:], child)


def _runs(segments: list[Segment], leads: Leads) -> Iterator[list[Segment]]:
    """First what stands before any group, then each group."""
    current: list[Segment] = []
    reached = len(leads)  # before the first lead every lead begins a group
    for segment in segments:
        if segment.name in leads:
            position = leads.index(segment.name)
            if position <= reached:
                yield current
                current = []
            reached = position
        current.append(segment)
    yield current
