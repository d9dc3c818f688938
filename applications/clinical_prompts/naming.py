"""Reading drug names: which ingredients a product holds and to which classes they belong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

_NOISE = re.compile(r"[\s·,，、()（）\[\]【】\-]+")
_STRENGTH = re.compile(r"[\d.]+(mg|g|ml|μg|ug|iu|万|片|粒|支|瓶|盒|%).*$", re.IGNORECASE)


_REMEMBERED = 50_000
Key = TypeVar("Key")
Kept = TypeVar("Kept")


def remember(memory: dict[Key, Kept], key: Key, value: Kept) -> None:
    """Keep an answer; a full memory starts anew. The caller returns what it has: another thread may empty the memory."""
    if len(memory) > _REMEMBERED:
        memory.clear()
    memory[key] = value


@lru_cache(maxsize=20_000)
def plain(words: str) -> str:
    """Text without differences of width, case and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", words)).casefold()


@dataclass(frozen=True)
class Drug:
    """What a product is made of. ``known`` is false when no table knows it: then only its own name speaks."""

    ingredients: frozenset[str]
    classes: frozenset[str]
    known: bool = True

    def among(self, classes: Iterable[str]) -> frozenset[str]:
        """Those of some classes that the drug belongs to."""
        return frozenset(one for one in classes if any(code.startswith(one) for code in self.classes))

    def fits(self, term: str) -> bool:
        """Whether a term of a table names this drug: an ingredient, or a class or the beginning of its code."""
        return term in self.ingredients or any(code.startswith(term) for code in self.classes)

    def fits_any(self, terms: Iterable[str]) -> bool:
        """Whether any of several terms names this drug."""
        return any(self.fits(term) for term in terms)


@dataclass(frozen=True)
class DrugNames:
    """Ingredients by name and by code. ``duplicates`` are the classes of which two at a time deserve a prompt."""

    classes_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    by_code: Mapping[str, str] = field(default_factory=dict)
    duplicates: frozenset[str] = frozenset()
    _seen: dict[tuple[str, str, str], Drug] = field(default_factory=dict, compare=False, repr=False)

    def read(self, name: str, code: str = "", atc: str = "") -> Drug:
        """The drug behind a product name and its codes."""
        found = self._seen.get((name, code, atc))
        if found is None:
            found = self._read(name, code, atc)
            remember(self._seen, (name, code, atc), found)
        return found

    def _read(self, name: str, code: str, atc: str) -> Drug:
        found = self._named(plain(name)) | ({self.by_code[code]} if code in self.by_code else set())
        classes = {one for ingredient in found for one in self.classes_of[ingredient]}
        if atc:
            classes.add(atc.upper())
        if found or atc:
            return Drug(frozenset(found or {plain(name)}), frozenset(classes))
        return Drug(frozenset({_STRENGTH.sub("", plain(name)) or code}), frozenset(), known=False)

    def _named(self, name: str) -> set[str]:
        """Ingredients in a product name, the longest first: 泼尼松龙 is not 泼尼松."""
        found = set()
        for ingredient in self._longest_first:
            if ingredient in name:
                found.add(ingredient)
                name = name.replace(ingredient, "\x00")
        return found

    @property
    def _longest_first(self) -> tuple[str, ...]:
        return _by_length(tuple(self.classes_of))


@lru_cache(maxsize=8)
def _by_length(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


@dataclass(frozen=True)
class Words:
    """Ways to name one thing: any alternative, all of whose words stand in the text (``胸+CT|肺+CT``)."""

    alternatives: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> Words:
        ways = (tuple(plain(word) for word in way.split("+") if plain(word)) for way in text.split("|"))
        return cls(tuple(way for way in ways if way))

    def match(self, text: str) -> bool:
        """Whether a text names the thing."""
        found = plain(text)
        return any(all(word in found for word in way) for way in self.alternatives)

    def matching(self, texts: Iterable[str]) -> frozenset[tuple[str, ...]]:
        """The alternatives that any of the texts fits."""
        found = [plain(text) for text in texts]
        return frozenset(way for way in self.alternatives if any(all(word in one for word in way) for one in found))
