"""What grants amount to, as pure functions over frozen facts: no database, no clock.

Three questions: what a chain of grants allows (``effective``), whether a new grant stays within its parent (``refusal``), and
which scopes and permissions belong together (``duties``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from health_platform.kernel.scope import Scope

T = TypeVar("T")
Reach = Callable[[int], frozenset[int]]
MAX_DEPTH = 6


@dataclass(frozen=True)
class Cell:
    """A division prefix, narrowed by line, unit and document classes; ``None`` narrows nothing."""

    prefix: str
    line: str | None = None
    unit: int | None = None
    below: bool = False
    classes: frozenset[str] | None = None

    def units(self, reach: Reach) -> frozenset[int] | None:
        """The units the cell names, with those run by them when ``below``."""
        if self.unit is None:
            return None
        return reach(self.unit) if self.below else frozenset({self.unit})

    def contains(self, other: Cell, reach: Reach) -> str | None:
        """``None`` when ``other`` lies within this cell, else what exceeds it."""
        if not other.prefix.startswith(self.prefix):
            return "division"
        if self.line is not None and other.line != self.line:
            return "line"
        if not _within(other.units(reach), self.units(reach)):
            return "unit"
        return None if _within(other.classes, self.classes) else "classes"


def _within(inner: frozenset[T] | None, outer: frozenset[T] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


@dataclass(frozen=True)
class GrantFact:
    """A grant as the evaluator sees it. ``permissions`` of ``None`` are all permissions (grant-only root grants)."""

    id: int
    grantee: int
    granted_by: int
    permissions: frozenset[str] | None
    cell: Cell
    may_use: bool
    may_grant: bool
    depth: int
    valid_from: datetime
    valid_to: datetime | None = None
    parent: int | None = None
    revoked: bool = False

    def live(self, now: datetime) -> bool:
        return not self.revoked and self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


Grants = Mapping[int, GrantFact]
NOTHING_ALLOWED: frozenset[str] = frozenset()


def chain(grant: GrantFact, grants: Grants) -> list[GrantFact] | None:
    """The grant and its ancestors up to the root; ``None`` when a link is missing or the chain turns in a circle."""
    found = [grant]
    while found[-1].parent is not None:
        parent = grants.get(found[-1].parent)
        if parent is None or parent in found:
            return None
        found.append(parent)
    return found


def effective(grant: GrantFact, grants: Grants, now: datetime) -> frozenset[str] | None:
    """What a grant allows at this moment: what it names and every ancestor allows, while all of them are live.

    Intersecting with the ancestors means that a role edited later never exceeds what its grantors may hand out.
    """
    links = chain(grant, grants)
    if links is None or not all(link.live(now) for link in links):
        return NOTHING_ALLOWED
    return _common(link.permissions for link in links)


def _common(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    result: frozenset[str] | None = None
    for one in sets:
        if one is not None:
            result = one if result is None else result & one
    return result


def refusal(parent: GrantFact, new: GrantFact, grants: Grants, reach: Reach, now: datetime) -> str | None:
    """Why ``new`` may not be derived from ``parent``; ``None`` when it may.

    Codes: self, grantor, right, permission, division, line, unit, classes, depth, validity, circle.
    """
    if new.grantee == new.granted_by:
        return "self"
    if parent.grantee != new.granted_by:
        return "grantor"
    allowed = effective(parent, grants, now)
    if not parent.may_grant or allowed == NOTHING_ALLOWED:
        return "right"
    if allowed is not None and (new.permissions is None or not new.permissions <= allowed):
        return "permission"
    if new.permissions is None and new.may_use:
        return "permission"
    if beyond := parent.cell.contains(new.cell, reach):
        return beyond
    if not 0 <= new.depth < parent.depth or (new.may_grant and new.depth < 1):
        return "depth"
    return _validity_or_circle(parent, new, grants)


def _validity_or_circle(parent: GrantFact, new: GrantFact, grants: Grants) -> str | None:
    if new.valid_to is None and parent.valid_to is not None:
        return "validity"
    if new.valid_to is not None and (new.valid_to <= new.valid_from or _later(new.valid_to, parent.valid_to)):
        return "validity"
    links = chain(parent, grants) or [parent]
    if any(new.grantee in (link.grantee, link.granted_by) for link in links):
        return "circle"  # a right handed back to its giver would let two people turn GRANT into USE
    return None


def _later(end: datetime, limit: datetime | None) -> bool:
    return limit is not None and end > limit


def descendants(root: int, grants: Grants) -> set[int]:
    """Ids of all grants derived from a grant, at any depth."""
    found = {root}
    grown = True
    while grown:
        more = {grant.id for grant in grants.values() if grant.parent in found and grant.id not in found}
        grown = bool(more)
        found |= more
    return found - {root}


@dataclass(frozen=True)
class Duty:
    """Permissions and the rows they hold for. One person may have several duties; one is in force at a time.

    Joining them into one would allow the permission of one duty on the rows of another.
    """

    key: int
    permissions: frozenset[str]
    divisions: frozenset[str]
    lines: frozenset[str] | None = None
    units: frozenset[int] | None = None
    classes: frozenset[str] | None = None

    @property
    def reach(self) -> tuple[frozenset[str], frozenset[str] | None, frozenset[int] | None, frozenset[str] | None]:
        return self.divisions, self.lines, self.units, self.classes

    def scope(self, persons: frozenset[int] = frozenset()) -> Scope:
        return Scope(
            divisions=tuple(sorted(self.divisions)),
            lines=self.lines,
            persons=persons,
            classes=self.classes,
            institutions=self.units,
        )


def duty_of(grant: GrantFact, permissions: frozenset[str], reach: Reach) -> Duty:
    """The duty one grant makes."""
    cell = grant.cell
    lines = None if cell.line is None else frozenset({cell.line})
    return Duty(grant.id, permissions, frozenset({cell.prefix}), lines, cell.units(reach), cell.classes)


_DIMENSIONS = ("divisions", "lines", "units", "classes")


def merged(duties: Iterable[Duty]) -> list[Duty]:
    """As few duties as possible that allow exactly the same pairs of permission and row; oldest first."""
    rest = sorted(duties, key=lambda duty: duty.key)
    done = False
    while not done:
        rest, done = _merge_once(rest)
    return rest


def _merge_once(duties: list[Duty]) -> tuple[list[Duty], bool]:
    for at, left in enumerate(duties):
        for right in duties[at + 1 :]:
            if both := _joined(left, right):
                return sorted([*(d for d in duties if d not in (left, right)), both], key=lambda d: d.key), False
    return duties, True


def _joined(left: Duty, right: Duty) -> Duty | None:
    if left.reach == right.reach:
        return replace(left, permissions=left.permissions | right.permissions)
    if left.permissions != right.permissions:
        return None
    different = [name for name in _DIMENSIONS if getattr(left, name) != getattr(right, name)]
    if len(different) > 1:
        return None
    mine, other = getattr(left, different[0]), getattr(right, different[0])
    union: dict[str, Any] = {different[0]: None if mine is None or other is None else mine | other}
    return replace(left, **union)


def chosen(duties: list[Duty], key: int | None) -> Duty | None:
    """The duty of that key, else the first; ``None`` when there is none."""
    return next((duty for duty in duties if duty.key == key), duties[0] if duties else None)
