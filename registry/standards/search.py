"""Search in one code system by code, Chinese or pinyin initials: a scan in memory, milliseconds for 40,000 terms."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest

from registry.standards.pinyin import initials
from registry.standards.terms import Term


@dataclass(frozen=True, slots=True)
class Entry:
    """A term and the pinyin initials of its name, as they are stored."""

    term: Term
    initials: str


def entry(term: Term) -> Entry:
    """The entry of a term whose initials are not stored yet."""
    return Entry(term, initials(term.name))


class SearchIndex:
    """Searches the terms of one version. Built once per version; holds one key string per term."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        self._keys = [f"{e.term.code}\n{e.term.name}\n{e.initials}".lower() for e in self._entries]

    @cached_property
    def codes(self) -> frozenset[str]:
        """All codes of the version."""
        return frozenset(e.term.code for e in self._entries)

    @property
    def terms(self) -> list[Term]:
        """All terms in the order of the version."""
        return [e.term for e in self._entries]

    def search(self, text: str, limit: int = 50) -> list[Term]:
        """The best ``limit`` terms in which every word of ``text`` occurs in the code, the name or the initials.

        Order: code or name equal, code begins, name begins, initials begin, the rest; then short names, then code.
        """
        words = text.lower().split()
        if not words:
            return [e.term for e in self._entries[:limit]]
        hits = [at for at, key in enumerate(self._keys) if words[0] in key]
        for word in words[1:]:
            hits = [at for at in hits if word in self._keys[at]]
        best = nsmallest(limit, hits, key=lambda at: self._rank(at, words[0]))
        return [self._entries[at].term for at in best]

    def _rank(self, at: int, word: str) -> tuple[int, int, str]:
        code, name, letters = self._keys[at].split("\n")
        order = (
            word in (code, name),
            code.startswith(word),
            name.startswith(word),
            letters.startswith(word),
            True,
        )
        return order.index(True), len(name), code
