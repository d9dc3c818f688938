"""Suggestions for mapping a local code: never decided here, always with the reason, for a person to confirm.

The reasons, strongest first: the names are equal; the same name was confirmed for another source; code and name agree;
the names sound alike; the names are similar. Equal codes alone are only offered when the sender gave no name, because
vendors number the same values differently (1 and 2 of Rh are exchanged in some systems).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz, process

from registry.standards.packing import Columns
from registry.standards.pinyin import initials, sound
from registry.standards.terms import Term

_PUNCTUATION: Final = re.compile(r"[\s\-_/、，,。.;；:：()（）\[\]【】<>《》\"'“”·]+")
# Words that turn a meaning round: names that differ in one of them are opposites however similar they look.
_OPPOSED: Final = (
    ("阴", "阳"),
    ("左", "右"),
    ("男", "女"),
    ("急", "慢"),
    ("入", "出"),
    ("高", "低"),
    ("上", "下"),
    ("未", ""),
    ("无", ""),
    ("非", ""),
    ("不", ""),
    ("疑", ""),
)
_SIMILAR_FROM: Final = 60.0


@dataclass(frozen=True, slots=True)
class LocalCode:
    """A code as a source system sends it, with the name it sends beside it, if any."""

    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A possible target: ``reason`` is name, past, code_name, sound, similar or code; ``score`` is 0 to 1."""

    target: Term
    reason: str
    score: float


class Candidates:
    """The terms of one version, arranged for suggesting. Built once per version: a tenth of a second for 40,000 terms."""

    def __init__(self, columns: Columns) -> None:
        self.terms = columns.terms()
        self.names = list(map(normalise, columns.names))
        self.by_code = {term.code: term for term in self.terms}
        self.by_name = _grouped(zip(self.names, self.terms, strict=True))
        self.by_initials = _grouped(zip(map(normalise, columns.letters), self.terms, strict=True))


@dataclass(frozen=True, slots=True)
class Suggester:
    """Suggests targets in one code system.

    Attributes:
        known: the terms of the version to map to.
        past: normalised local name to (target code, number of sources that confirmed it).
        disputed: normalised local names for which sources confirmed different targets.
    """

    known: Candidates
    past: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    disputed: Set[str] = frozenset()

    def sure(self, local: LocalCode) -> Suggestion | None:
        """The one target that an equal name, or what other sources confirmed for this name, leads to; none when they differ.

        Names that several terms carry, and names that another source mapped otherwise, need a person.
        """
        name = normalise(local.name)
        found = [*self._by_past(name), *self._by_name(name)] if name else []
        if name in self.disputed or len({one.target.code for one in found}) != 1:
            return None
        return max(found, key=lambda one: one.score)

    def suggest(self, local: LocalCode, limit: int = 5) -> list[Suggestion]:
        """The best targets for a local code, each once with its strongest reason, best first."""
        best: dict[str, Suggestion] = {}
        for found in self._candidates(local):
            known = best.get(found.target.code)
            if known is None or found.score > known.score:
                best[found.target.code] = found
        return sorted(best.values(), key=lambda one: (-one.score, one.target.code))[:limit]

    def _candidates(self, local: LocalCode) -> Iterable[Suggestion]:
        same_code = self.known.by_code.get(local.code)
        name = normalise(local.name)
        if not name:
            return [Suggestion(same_code, "code", 0.3)] if same_code else []
        found = [*self._by_past(name), *self._by_name(name)]
        found += [Suggestion(term, "sound", 0.85) for term in self._alike(name)]
        for term, ratio in self._similar(name):
            found.append(Suggestion(term, "similar", ratio * 0.8))
            if term is same_code:
                found.append(Suggestion(term, "code_name", 0.5 + ratio * 0.45))
        return found

    def _by_past(self, name: str) -> list[Suggestion]:
        code, sources = self.past.get(name, ("", 0))
        term = self.known.by_code.get(code)
        return [Suggestion(term, "past", 1 - 0.05 / (1 + sources))] if term else []

    def _by_name(self, name: str) -> list[Suggestion]:
        return [Suggestion(term, "name", 1.0) for term in self.known.by_name.get(name, ())]

    def _alike(self, name: str) -> list[Term]:
        """Terms that sound the same. The stored initials choose the few whose pinyin is worth working out."""
        near = self.known.by_initials.get(initials(name), ())
        return [term for term in near if sound(normalise(term.name)) == sound(name) and not opposed(name, term.name)]

    def _similar(self, name: str) -> list[tuple[Term, float]]:
        close = process.extract(name, self.known.names, scorer=fuzz.ratio, score_cutoff=_SIMILAR_FROM, limit=10)
        pairs = [(self.known.terms[at], score / 100) for _, score, at in close]
        return [(term, ratio) for term, ratio in pairs if not opposed(name, normalise(term.name))]


def normalise(name: str) -> str:
    """A name without width variants, blanks, punctuation and case, for comparing."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", name)).lower()


def opposed(one: str, other: str) -> bool:
    """Whether two names differ in a word that turns the meaning round."""
    for word, counterpart in _OPPOSED:
        if counterpart and ((word in one and counterpart in other) or (counterpart in one and word in other)):
            mixed = (word in one and counterpart in one) or (word in other and counterpart in other)
            if not mixed:
                return True
        if not counterpart and (word in one) != (word in other):
            return True
    return False


def _grouped(pairs: Iterable[tuple[str, Term]]) -> dict[str, list[Term]]:
    groups: dict[str, list[Term]] = {}
    for key, term in pairs:
        groups.setdefault(key, []).append(term)
    return groups
