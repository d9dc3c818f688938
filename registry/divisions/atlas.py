"""How divisions change, as pure functions: a shape of the map, a change applied to it, and what became of a code.

A shape (``Atlas``) maps codes to divisions. A change names the divisions it takes away and those it puts in their
place; applying it gives the next shape and the links from every old code to its successors, sub-divisions included. No
change takes a division away without a successor, and links always lead forward in time, so every chain ends.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from registry.divisions.codes import Level, holds, level_of, parent_of, prefix_of, recode

KINDS: Final = frozenset({"statutory", "statistical", "managed"})


class ChangeKind(StrEnum):
    CREATE = "create"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Division:
    """One division. ``kind`` is statutory, statistical (only in the statistical code list) or managed (a zone)."""

    code: str
    name: str
    kind: str = "statutory"
    area: str | None = None
    """Code of the managed area that runs this division, when one does."""
    area_unsure: bool = False
    """Nobody compared ``area`` with a document yet; a change that names the area again confirms it."""

    @property
    def area_mark(self) -> str:
        """The mark beside an unconfirmed ``area``, in files and on pages."""
        return "待确认" if self.area_unsure else ""

    @property
    def level(self) -> Level:
        return level_of(self.code)


Atlas = Mapping[str, Division]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the map on one day.

    Attributes:
        sources: codes of the divisions that are changed.
        targets: the divisions in their place; for a split the first is the heir of whatever is not assigned.
        children: for a sub-division of a source, the code it gets. One that is not listed keeps its last digits
            under the (first) target, or gets the next free number there.
    """

    kind: ChangeKind
    effective: date
    sources: tuple[str, ...] = ()
    targets: tuple[Division, ...] = ()
    children: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One change as history needs it: where each changed code went (the heir first), and what came from nowhere."""

    effective: date
    links: Mapping[str, tuple[str, ...]]
    created: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The shape after a change, and the step that led there."""

    atlas: Atlas
    step: Step


def faults(atlas: Atlas, change: Change) -> list[str]:
    """What forbids a change, as stable codes; empty when it may be applied."""
    found = [*_shape_faults(change), *(f"source_unknown:{code}" for code in change.sources if code not in atlas)]
    if found:
        return found
    gone = {code for source in change.sources for code in subtree(atlas, source)}
    for target in change.targets:
        found += _target_faults(atlas, target, gone, change)
    found += _children_faults(atlas, change, gone)
    return found or [f"orphan:{code}" for code in orphans(apply(atlas, change).atlas) if code not in atlas]


def orphans(atlas: Atlas) -> list[str]:
    """Codes whose parent is missing although divisions of the parent's level exist above or beside it."""
    top = min((division.level for division in atlas.values()), default=Level.PROVINCE)
    return [code for code in atlas if level_of(code) is not top and parent_of(code) not in atlas]


def apply(atlas: Atlas, change: Change) -> Outcome:
    """Apply a change for which ``faults`` found nothing."""
    gone = {code: atlas[code] for source in change.sources for code in subtree(atlas, source)}
    after = {code: division for code, division in atlas.items() if code not in gone}
    after |= {target.code: target for target in change.targets}
    links = {source: tuple(target.code for target in change.targets) for source in change.sources}
    work = _Redrawing(change, gone, after, links)
    for level in Level:
        work.carry(level)
    # Members of a managed area stay with it under its new code.
    after |= {code: replace(one, area=links[one.area][0]) for code, one in after.items() if one.area in links}
    # A code that stays but takes others in keeps a link to itself: it is one of its own predecessors.
    joined = {heir for old, new in links.items() for heir in new if heir != old}
    moved = {old: new for old, new in links.items() if new != (old,) or old in joined}
    created = frozenset(target.code for target in change.targets if not change.sources)
    return Outcome(MappingProxyType(after), Step(change.effective, MappingProxyType(moved), created))


def subtree(atlas: Atlas, code: str) -> list[str]:
    """The code and those of all divisions under it, in code order."""
    prefix = prefix_of(code)
    return sorted(other for other in atlas if other.startswith(prefix))


def forward(code: str, steps: Iterable[Step]) -> tuple[str, ...]:
    """The codes a code has become after ``steps`` (in order of time), the heir first; itself when nothing happened."""
    codes: tuple[str, ...] = (code,)
    for step in steps:
        codes = tuple(dict.fromkeys(heir for one in codes for heir in step.links.get(one, (one,))))
    return codes


def backward(code: str, steps: Iterable[Step]) -> tuple[str, ...]:
    """The codes a code came from before ``steps`` (in order of time); itself when nothing happened."""
    codes: tuple[str, ...] = (code,)
    for step in reversed(tuple(steps)):
        codes = tuple(dict.fromkeys(old for one in codes for old in _predecessors(one, step)))
    return codes


def between(steps: Iterable[Step], after: date, until: date) -> tuple[Step, ...]:
    """The steps that took effect later than ``after`` and not later than ``until``, in order of time."""
    chosen = [step for step in steps if after < step.effective <= until]
    return tuple(sorted(chosen, key=lambda step: step.effective))


def _predecessors(code: str, step: Step) -> tuple[str, ...]:
    found = tuple(old for old, new in step.links.items() if code in new)
    unchanged = code not in step.links and code not in step.created
    return found or ((code,) if unchanged else ())


def _shape_faults(change: Change) -> list[str]:
    wanted = {
        ChangeKind.CREATE: (0, 0, 1, 1),
        ChangeKind.RENAME: (1, 1, 1, 1),
        ChangeKind.MOVE: (1, 1, 1, 1),
        ChangeKind.MERGE: (2, 99, 1, 1),
        ChangeKind.SPLIT: (1, 1, 2, 99),
    }[change.kind]
    low_sources, high_sources, low_targets, high_targets = wanted
    found = []
    if not low_sources <= len(set(change.sources)) == len(change.sources) <= high_sources:
        found.append("sources_count")
    if not low_targets <= len({target.code for target in change.targets}) == len(change.targets) <= high_targets:
        found.append("targets_count")
    return found + [f"code_shape:{target.code}" for target in change.targets if not holds(target.code)]


def _target_faults(atlas: Atlas, target: Division, gone: set[str], change: Change) -> list[str]:
    found = []
    if not target.name.strip():
        found.append(f"name_missing:{target.code}")
    if target.kind not in KINDS:
        found.append(f"kind_unknown:{target.code}")
    if target.area is not None and target.area not in {*atlas, *(other.code for other in change.targets)}:
        found.append(f"area_unknown:{target.area}")
    if target.code in atlas and target.code not in change.sources:
        found.append(f"code_taken:{target.code}")
    parent = parent_of(target.code)
    if not change.sources and parent is not None and parent not in atlas:
        found.append(f"parent_unknown:{target.code}")
    if parent in gone:
        found.append(f"parent_changed:{target.code}")
    if any(level_of(source) != target.level for source in change.sources):
        found.append(f"level_differs:{target.code}")
    return found


def _children_faults(atlas: Atlas, change: Change, gone: set[str]) -> list[str]:
    below = gone - set(change.sources)
    prefixes = tuple(prefix_of(target.code) for target in change.targets)
    found = [f"child_unknown:{old}" for old in change.children if old not in below]
    for old, new in change.children.items():
        if not holds(new) or level_of(new) != level_of(old) or not new.startswith(prefixes):
            found.append(f"child_code:{new}")
        if new in atlas and new not in gone:
            found.append(f"code_taken:{new}")
    if len(set(change.children.values())) != len(change.children):
        found.append("children_collide")
    return found


@dataclass(frozen=True, slots=True)
class _Redrawing:
    """The sub-divisions of the changed divisions on their way to new codes, level by level."""

    change: Change
    gone: Atlas
    after: dict[str, Division]
    links: dict[str, tuple[str, ...]]

    def carry(self, level: Level) -> None:
        """Give the sub-divisions of one level their new codes. Those that can keep their code choose first."""
        wishes = {code: self._wish(code) for code in self.gone if code not in self.links and level_of(code) is level}
        reserved = set(self.change.children.values())
        for code in sorted(wishes, key=lambda code: (wishes[code] != code, code)):
            wish = wishes[code]
            free = code in self.change.children or (wish not in self.after and wish not in reserved)
            heir = wish if free else _next_free(wish, self.after.keys() | reserved)
            self.after[heir] = replace(self.gone[code], code=heir)
            self.links[code] = (heir,)

    def _wish(self, code: str) -> str:
        if code in self.change.children:
            return self.change.children[code]
        parent = parent_of(code) or code
        return recode(code, parent, self.links[parent][0])


def _next_free(wish: str, taken: Set[str]) -> str:
    """The next number after the wished one that is free, so that a town does not get the number of a street."""
    level = level_of(wish)
    letter = "M" if "M" in wish[level - 3 : level] else ""
    width = (3 if level in (Level.TOWN, Level.VILLAGE) else 2) - len(letter)
    head, tail = wish[: level - width], wish[level:]
    start = int(wish[level - width : level])
    order = [*range(start + 1, 10**width), *range(1, start)]
    codes = (f"{head}{number:0{width}d}{tail}" for number in order)
    return next(code for code in codes if code not in taken)
