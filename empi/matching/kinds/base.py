"""What every comparison kind offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from empi.definitions.schema import FieldRule, Rules
from empi.matching.arrays import I64, U8, U64
from empi.matching.frame import Frame, Vocabulary
from empi.matching.text import squeeze

LONGEST_WORD = 6


@dataclass(frozen=True)
class Reading:
    """The rules' dummy lists, folded once for the readers."""

    rules: Rules

    @cached_property
    def ids(self) -> frozenset[str]:
        """Document numbers that say nothing."""
        return frozenset(map(squeeze, (*self.rules.dummies.ids, *self.rules.dummies.words)))

    @cached_property
    def phones(self) -> frozenset[str]:
        """Telephone numbers that say nothing."""
        return frozenset(map(squeeze, self.rules.dummies.phones))

    @cached_property
    def dates(self) -> frozenset[str]:
        """Dummy days as eight digits."""
        return frozenset(text.replace("-", "") for text in self.rules.dummies.dates)

    @cached_property
    def names(self) -> frozenset[str]:
        """Words that stand for an unidentified person."""
        return frozenset(map(squeeze, self.rules.dummies.names))

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that mean "no value"."""
        return frozenset(map(squeeze, self.rules.dummies.words))

    def is_word(self, text: str) -> bool:
        """Whether a text is a word that means "no value"; whatever is longer than any of them is not looked at closely."""
        return len(text) <= LONGEST_WORD and squeeze(text) in self.words

    @cached_property
    def local_cards(self) -> frozenset[str]:
        """Card types that are only known inside one institution."""
        return frozenset(map(squeeze, self.rules.dummies.local_card_types))


Maker = Callable[[], U64]


class Kind(Protocol):
    """A comparison kind. ``levels[0]`` is always "missing", which carries no evidence."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Level names in the order of their codes."""

    def read(self, texts: tuple[str, ...], reading: Reading) -> Any:
        """The parsed value of the field's columns, or None when they say nothing. Equal values compare equal."""

    def encode(self, values: Sequence[Any]) -> Vocabulary:
        """Arrays over distinct parsed values."""

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """By token name, what makes the blocking tokens (one per identity, 0 = none): they are large, and made when needed."""

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes of the pairs (left[k], right[k]). Symmetric."""


def main_hashes(vocabulary: Vocabulary) -> U64:
    """The hashes by which a field's values are counted: the exact form where a kind has one, else the whole value."""
    for name in ("exact", "full", "place"):
        if name in vocabulary:
            return np.asarray(vocabulary[name], dtype=np.uint64)
    raise KeyError("a field counted by frequency needs hashes of its values")
