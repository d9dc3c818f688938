"""Kinds for any registry: days, sex, categories, identifiers and free text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from empi.definitions.schema import FieldRule
from empi.matching.arrays import F64, I64, U8, Texts, combine, hash_numbers, hash_texts
from empi.matching.days import LEVELS, WINDOW, compare_days, ordinals, read_day
from empi.matching.frame import Frame, Vocabulary
from empi.matching.kinds.base import Maker, Reading
from empi.matching.sounds import sound_of
from empi.matching.text import fold, squeeze

_CROSSED = 0.9
_WINDOW_BEFORE, _WINDOW_AFTER = 400, 3


class Birth:
    """A birth day. A trusted identity number's day corrects or supplies it (mark ``birth_best``)."""

    levels = LEVELS

    def read(self, texts: tuple[str, ...], reading: Reading) -> int | None:
        """yyyymmdd of the first column."""
        return read_day(texts[0], reading.dates, reading.rules.dummies.earliest_year)

    def encode(self, values: Sequence[int]) -> Vocabulary:
        """The days as numbers."""
        return {"day": np.array(values, dtype=np.int32)}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The day, its year, its month and day."""
        return {
            "day": lambda: hash_numbers(self._best(frame, name)),
            "year": lambda: hash_numbers(self._best(frame, name) // 10000),
            "month_day": lambda: hash_numbers(self._best(frame, name) % 10000),
            "month": lambda: hash_numbers(self._best(frame, name) // 100),
        }

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes; two records with the same document are compared by the days they themselves state."""
        best = self._best(frame, rule.name)
        out = compare_days(best[left], best[right])
        own = frame.marks.get("birth_own")
        if own is not None:
            document = frame.marks["document_code"]
            same = np.flatnonzero((document[left] >= 0) & (document[left] == document[right]))
            out[same] = compare_days(own[left[same]], own[right[same]])
        newborn = frame.marks.get("newborn")
        if newborn is not None and newborn.any():
            open_ = np.flatnonzero((out == 0) & (newborn[left] | newborn[right]))
            out[open_] = np.where(_in_window(frame, best, left[open_], right[open_]), WINDOW, 0)
        return out

    def _best(self, frame: Frame, name: str) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        best = frame.marks.get("birth_best")
        return frame.columns[name].per_identity("day") if best is None else best  # type: ignore[no-any-return]


def _in_window(
    frame: Frame, best: np.ndarray[tuple[int], np.dtype[np.int32]], left: I64, right: I64
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """A newborn placeholder without a birth day was seen within a year or so after the other's birth day."""
    seen, newborn = frame.marks["seen"], frame.marks["newborn"]

    def fits(baby: I64, other: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        gap = ordinals(seen[baby]) - ordinals(best[other])
        stated = newborn[baby] & (best[baby] == 0) & (best[other] != 0) & (seen[baby] != 0)
        return np.asarray(stated & (gap >= -_WINDOW_AFTER) & (gap <= _WINDOW_BEFORE))

    return fits(left, right) | fits(right, left)


_SEX = {"1": 1, "M": 1, "MALE": 1, "男": 1, "男性": 1, "2": 2, "F": 2, "FEMALE": 2, "女": 2, "女性": 2}


class Category:
    """A coded value: equal or different. Sex codes of GB/T 2261.1, FHIR and HL7 are brought together."""

    levels = ("missing", "equal", "differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> str | None:
        """The folded code."""
        text = squeeze(texts[0])
        return None if not text or text in reading.words else text

    def encode(self, values: Sequence[str]) -> Vocabulary:
        """Hashes."""
        return {"full": hash_texts(values)}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The code."""
        return {"full": partial(frame.columns[name].per_identity, "full")}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Equal 1, different 2."""
        codes = frame.columns[rule.name].codes
        a, b = codes[left], codes[right]
        return np.where((a < 0) | (b < 0), 0, np.where(a == b, 1, 2)).astype(np.uint8)


class Sex(Category):
    """Sex; unknown and unspecified say nothing. A trusted identity number's sex corrects or supplies it (mark ``sex_best``)."""

    def read(self, texts: tuple[str, ...], reading: Reading) -> str | None:
        """ "1" or "2"."""
        code = _SEX.get(squeeze(texts[0]))
        return str(code) if code else None

    def encode(self, values: Sequence[str]) -> Vocabulary:
        """The code as a number."""
        return {"code": np.array([int(value) for value in values], dtype=np.uint8)}

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The code."""
        return {"full": lambda: _SEX_HASHES[self._best(frame, name)]}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Equal 1, different 2."""
        best = self._best(frame, rule.name)
        a, b = best[left], best[right]
        return np.where((a == 0) | (b == 0), 0, np.where(a == b, 1, 2)).astype(np.uint8)

    def _best(self, frame: Frame, name: str) -> U8:
        best = frame.marks.get("sex_best")
        return np.asarray(frame.columns[name].per_identity("code") if best is None else best)


_SEX_HASHES = hash_texts(["", "1", "2"])


class Words:
    """Free text or a Latin name, compared by Jaro-Winkler similarity; ``partner`` finds exchanged names."""

    levels = ("missing", "equal", "exchanged", "close", "similar", "contained", "initial", "differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> str | None:
        """The folded text with single blanks."""
        text = " ".join("".join(c if c.isalnum() else " " for c in fold(" ".join(texts))).split())
        return None if not text or text in reading.words else text

    def encode(self, values: Sequence[str]) -> Vocabulary:
        """Hashes of the text, its sound and its first letters."""
        return {
            "text": np.array([v[:96] for v in values], dtype=np.str_),
            "full": hash_texts(values),
            "sound": hash_texts([sound_of(v) for v in values]),
            "head": hash_texts([v[:3] for v in values]),
            "last": hash_texts([v.rsplit(" ", 1)[-1] for v in values]),
        }

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The text, the sound of its first word, its first three letters, its last word."""
        column = frame.columns[name]
        return {token: partial(column.per_identity, token) for token in ("full", "sound", "head", "last")}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        out = np.full(len(a), 1, dtype=np.uint8)
        out[(a < 0) | (b < 0)] = 0
        rest = np.flatnonzero((out == 1) & (a != b))
        if not len(rest):
            return out
        packed = np.minimum(a[rest], b[rest]).astype(np.int64) << 32 | np.maximum(a[rest], b[rest])
        distinct, back = np.unique(packed, return_inverse=True)
        text = column.arrays["text"]
        one, two = text[distinct >> 32].tolist(), text[distinct & 0xFFFFFFFF].tolist()
        out[rest] = _similarity_levels(one, two)[back]
        if rule.partner:
            doubtful = np.flatnonzero(out > 4)
            out[doubtful[_exchanged(frame, rule, left[doubtful], right[doubtful])]] = 2
        return out


def _similarity_levels(one: Texts, two: Texts) -> U8:
    scores: F64 = cpdist(one, two, scorer=JaroWinkler.similarity, dtype=np.float64)
    contained = np.array([_within(x, y) for x, y in zip(one, two, strict=True)])
    initial = np.array([min(len(x), len(y)) == 1 and x[0] == y[0] for x, y in zip(one, two, strict=True)])
    out = np.select([scores >= 0.92, scores >= 0.85], [3, 4], 7)
    out[contained & (out == 7)] = 5
    out[initial] = 6
    return out.astype(np.uint8)


def _within(one: str, two: str) -> bool:
    short, long = set(one.split()), set(two.split())
    return short <= long or long <= short


def _exchanged(frame: Frame, rule: FieldRule, left: I64, right: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """One's value is close to the other's partner value, in either direction."""
    mine, other = frame.columns[rule.name], frame.columns[rule.partner]

    def crossed(one: I64, two: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        a, b = mine.codes[one], other.codes[two]
        known = np.flatnonzero((a >= 0) & (b >= 0))
        close = np.zeros(len(one), dtype=bool)
        scores = cpdist(
            mine.arrays["text"][a[known]].tolist(),
            other.arrays["text"][b[known]].tolist(),
            scorer=JaroWinkler.similarity,
            score_cutoff=_CROSSED,
            dtype=np.float64,
        )
        close[known] = scores >= _CROSSED
        return close

    return crossed(left, right) | crossed(right, left) if len(left) else np.zeros(0, dtype=bool)


class Identifier:
    """A number that names one person: equal, one or two slips, different."""

    levels = ("missing", "equal", "near", "near_two", "differ")

    def read(self, texts: tuple[str, ...], reading: Reading) -> str | None:
        """Letters and digits of the first column, unless they are filler."""
        text = "".join(filter(str.isalnum, squeeze(texts[0])))
        return None if not text or text in reading.ids or (len(text) > 3 and len(set(text)) == 1) else text

    def encode(self, values: Sequence[str]) -> Vocabulary:
        """Hashes of the whole and of both halves."""
        return {
            "text": np.array([v[:96] for v in values], dtype=np.str_),
            "full": hash_texts(values),
            "head": hash_texts([v[: (len(v) + 1) // 2] for v in values]),
            "tail": hash_texts([v[len(v) // 2 :] for v in values]),
        }

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The number and its halves."""
        column = frame.columns[name]
        return {
            "full": partial(column.per_identity, "full"),
            "head": lambda: combine(1, [column.per_identity("head")]),
            "tail": lambda: combine(2, [column.per_identity("tail")]),
        }

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes by optimal string alignment distance."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        out = np.full(len(a), 1, dtype=np.uint8)
        out[(a < 0) | (b < 0)] = 0
        rest = np.flatnonzero((out == 1) & (a != b))
        if len(rest):
            text = column.arrays["text"]
            distance = cpdist(text[a[rest]].tolist(), text[b[rest]].tolist(), scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
            out[rest] = np.select([distance <= 1, distance == 2], [2, 3], 4)
        return out
