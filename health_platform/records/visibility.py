"""What of a person's record a caller may see: the same rules as parameters of the queries and as a test in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from health_platform.kernel.scope import Principal, Scope
from health_platform.records.definitions.sensitive import LABELS
from health_platform.records.values import SECTION_LABELS, Section, Withheld

Fate = Literal["seen", "class", "resident", "outside"]
Counted = tuple[str, str, Fate, int]
"""(section, sensitive class, fate, number of events)."""
_NOBODY = ("\x00",)  # matches no code, where ClickHouse wants a list that is not empty


class Wishes(Protocol):
    """What the resident hides (``access.authority.consent.DocumentAccess``)."""

    @property
    def names_documents(self) -> bool:
        """Whether anything is said of single documents."""

    def shows(self, document_class: str | None, document_id: str | None = None) -> bool: ...


@dataclass(frozen=True)
class View:
    """A caller's view of one person. ``hidden`` are sections and classes the resident hides from this caller."""

    everywhere: bool
    divisions: tuple[str, ...]
    lines: frozenset[str] | None
    classes: frozenset[str] | None
    hidden: frozenset[str] = frozenset()

    def fate(self, section: str, sensitive: str, division: str, line: str) -> Fate:
        """Whether rows of this kind are shown, withheld for their class or by the resident, or not this caller's business."""
        if not self.everywhere and not any(division.startswith(prefix) for prefix in self.divisions):
            return "outside"
        if not self.everywhere and self.lines is not None and line not in self.lines:
            return "outside"
        if section in self.hidden or (sensitive and sensitive in self.hidden):
            return "resident"
        if sensitive and self.classes is not None and sensitive not in self.classes:
            return "class"
        return "seen"

    def parameters(self) -> dict[str, Any]:
        """The view as parameters of the event queries."""
        return {
            "everywhere": int(self.everywhere),
            "divisions": list(self.divisions or _NOBODY),
            "every_line": int(self.everywhere or self.lines is None),
            "lines": list(self.lines or _NOBODY),
            "every_class": int(self.classes is None),
            "classes": list(self.classes or _NOBODY),
            "hidden": list(self.hidden or _NOBODY),
        }


def view_of(scope: Scope, principal: Principal, person_id: int, wishes: Wishes | None = None) -> View:
    """The view a scope gives of one person: a relationship opens the whole record, jurisdiction the rows inside it."""
    own = principal.kind == "resident" and principal.person_id == person_id
    everywhere = own or scope.covers_person(person_id)
    classes = None if own or scope.everything else scope.classes
    names = [*Section, *LABELS]
    hidden = frozenset(name for name in names if wishes is not None and not wishes.shows(name))
    return View(everywhere, scope.divisions, scope.lines, classes, hidden)


def withheld(counts: Iterable[Counted]) -> tuple[Withheld, ...]:
    """Count lines from (section, class, fate, count): of what is withheld only the class and the number are told."""
    totals: Counter[tuple[str, Literal["class", "resident"]]] = Counter()
    for section, sensitive, fate, count in counts:
        if fate == "class":
            totals[LABELS.get(sensitive, sensitive), "class"] += count
        elif fate == "resident":
            totals[LABELS.get(sensitive) or SECTION_LABELS[Section(section)], "resident"] += count
    return tuple(Withheld(label, count, reason) for (label, reason), count in sorted(totals.items()))
