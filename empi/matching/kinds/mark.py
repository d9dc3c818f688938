"""Facts derived from other fields: the order of birth, and that nobody knows who this is. They read no column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from empi.definitions.schema import FieldRule
from empi.matching.arrays import I64, U8
from empi.matching.frame import Frame, Vocabulary
from empi.matching.kinds.base import Maker, Reading


class Derived:
    """A kind without columns."""

    levels: tuple[str, ...] = ("missing",)

    def read(self, texts: tuple[str, ...], reading: Reading) -> None:
        """Nothing is read."""
        return

    def encode(self, values: Sequence[object]) -> Vocabulary:
        """Nothing to encode."""
        return {}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """No keys."""
        return {}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """No evidence."""
        return np.zeros(len(left), dtype=np.uint8)


ONE_STATED = 3
"""The level of a pair of which one side states a birth order."""


class BirthOrder(Derived):
    """Order of birth in newborn placeholders (长, 次, 大双, 小双)."""

    levels = ("missing", "equal", "differ", "one_stated")

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Equal 1, different 2, stated by one side only 3."""
        order = frame.marks["birth_order"]
        a, b = order[left], order[right]
        stated = (a > 0) & (b > 0)
        return np.where(stated, np.where(a == b, 1, 2), np.where((a > 0) | (b > 0), ONE_STATED, 0)).astype(np.uint8)


class Known(Derived):
    """Whether a name stands for an unidentified person (无名氏)."""

    levels = ("missing", "unknown")

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """1 when either is unidentified."""
        unknown = frame.marks["unknown"]
        return np.asarray(unknown[left] | unknown[right], dtype=np.uint8)
