"""Search in one code system by code, Chinese or pinyin initials: a scan in memory, milliseconds for 40,000 terms."""

from functools import cached_property
from heapq import nsmallest

from registry.standards.packing import Columns
from registry.standards.terms import Term


class SearchIndex:
    """Searches the terms of one version. Built once per version; holds one key string per term."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._codes, self._names = list(map(str.lower, columns.codes)), list(map(str.lower, columns.names))
        self._keys = list(map("\n".join, zip(self._codes, self._names, columns.letters, strict=True)))

    @cached_property
    def codes(self) -> frozenset[str]:
        """All codes of the version."""
        return frozenset(self._columns.codes)

    @cached_property
    def terms(self) -> list[Term]:
        """All terms in the order of the version."""
        return self._columns.terms()

    def search(self, text: str, limit: int = 50) -> list[Term]:
        """The best ``limit`` terms in which every word of ``text`` occurs in the code, the name or the initials.

        Order: code or name equal, code begins, name begins, initials begin, the rest; then short names, then code.
        """
        words = text.lower().split()
        if not words:
            return [self._columns.term(at) for at in range(min(limit, len(self._keys)))]
        hits = [at for at, key in enumerate(self._keys) if words[0] in key]
        for word in words[1:]:
            hits = [at for at in hits if word in self._keys[at]]
        best = nsmallest(limit, hits, key=lambda at: self._rank(at, words[0]))
        return [self._columns.term(at) for at in best]

    def _rank(self, at: int, word: str) -> tuple[int, int, str]:
        code, name = self._codes[at], self._names[at]
        order = (
            word in (code, name),
            code.startswith(word),
            name.startswith(word),
            self._columns.letters[at].startswith(word),
            True,
        )
        return order.index(True), len(name), code
