"""The terms of a code system as values: checks of a version, what changes between two, and value sets over it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Life of a version. Only drafts change; a published version is retired by the next one or by hand."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    RETIRED = "retired"


MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.REVIEW}),
    State.REVIEW: frozenset({State.DRAFT, State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.RETIRED}),
    State.RETIRED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One code with its Chinese name; ``parent`` is the code above it in a hierarchy; ``note`` explains its use."""

    code: str
    name: str
    parent: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one term: its place in the list (from 1), the field, and the stable name of the rule."""

    row: int
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new list of terms would change in an old one. ``changed`` holds pairs (before, after)."""

    added: tuple[Term, ...] = ()
    removed: tuple[Term, ...] = ()
    changed: tuple[tuple[Term, Term], ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class ValueSetRule:
    """A selection of a code system: the sub-trees of ``include`` (everything when empty) without those of ``exclude``.

    ``leaves_only`` leaves out terms that have terms under them, for fields that must be filled precisely.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    leaves_only: bool = field(default=False)


def faults(terms: Sequence[Term]) -> list[Fault]:
    """Check a whole version: codes and names present, codes unique, parents known, no circle among parents."""
    counts = Counter(term.code for term in terms)
    parents = {term.code: term.parent for term in terms}
    looping = set(_circles(parents))
    found = []
    for row, term in enumerate(terms, 1):
        found += [Fault(row, *fault) for fault in _term_faults(term, counts, parents, looping)]
    return found


def compare(old: Iterable[Term], new: Iterable[Term]) -> Difference:
    """What would change if ``new`` took the place of ``old``, in code order."""
    before = {term.code: term for term in old}
    after = {term.code: term for term in new}
    return Difference(
        added=tuple(after[code] for code in sorted(after.keys() - before.keys())),
        removed=tuple(before[code] for code in sorted(before.keys() - after.keys())),
        changed=tuple(
            (before[code], after[code]) for code in sorted(before.keys() & after.keys()) if before[code] != after[code]
        ),
    )


def members(terms: Sequence[Term], rule: ValueSetRule) -> list[Term]:
    """The terms a value set selects, in the order of the code system."""
    children: dict[str | None, list[str]] = {}
    for term in terms:
        children.setdefault(term.parent, []).append(term.code)
    chosen = _trees(rule.include, children) if rule.include else {term.code for term in terms}
    chosen -= _trees(rule.exclude, children)
    if rule.leaves_only:
        chosen -= {code for code in children if code is not None}
    return [term for term in terms if term.code in chosen]


def _term_faults(
    term: Term, counts: Mapping[str, int], parents: Mapping[str, str | None], looping: set[str]
) -> Iterator[tuple[str, str]]:
    if not term.code:
        yield "code", "code_missing"
    if not term.name:
        yield "name", "name_missing"
    if counts[term.code] > 1:
        yield "code", "code_repeated"
    if term.parent is not None and term.parent not in parents:
        yield "parent", "parent_unknown"
    if term.code in looping:
        yield "parent", "parent_circle"


def _circles(parents: Mapping[str, str | None]) -> Iterator[str]:
    settled: set[str] = set()
    for start in parents:
        path: list[str] = []
        code: str | None = start
        while code is not None and code in parents and code not in settled:
            if code in path:
                yield from path[path.index(code) :]
                break
            path.append(code)
            code = parents[code]
        settled.update(path)


def _trees(roots: Iterable[str], children: Mapping[str | None, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += children.get(code, [])
    return found
