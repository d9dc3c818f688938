"""Identity document numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from empi.definitions.schema import FieldRule
from empi.matching.arrays import I64, U8, Flags, hash_numbers, hash_texts
from empi.matching.documents import DocumentValue, read_document
from empi.matching.frame import Column, Frame, Vocabulary
from empi.matching.kinds.base import Maker, Reading

(MISSING, EQUAL, EQUAL_OTHER, NEAR, NEAR_TWO, MASKED, DIFFER_WEAK, DIFFER, EQUAL_DOUBTED, DIFFER_DOUBTED) = range(10)


class Document:
    """Compares identity documents; a number that contradicts its own record counts as doubted."""

    levels = (
        "missing",
        "equal",
        "equal_other",
        "near",
        "near_two",
        "masked",
        "differ_weak",
        "differ",
        "equal_doubted",
        "differ_doubted",
    )

    def read(self, texts: tuple[str, ...], reading: Reading) -> DocumentValue | None:
        """Columns: document type (GB/T "身份证件类别"), number."""
        return read_document(texts[0].strip(), texts[-1], reading.ids)

    def encode(self, values: Sequence[DocumentValue]) -> Vocabulary:
        """Token hashes, validity, the day and sex inside the number."""
        numbers = [v.number for v in values]
        plain = [
            n if len(n) == 18 and v.family == "resident" and not v.masked else "" for n, v in zip(numbers, values, strict=True)
        ]
        masked = [n[:6] + n[14:] if len(n) == 18 and v.family == "resident" else "" for n, v in zip(numbers, values, strict=True)]
        return {
            "text": np.array(numbers, dtype=np.str_),
            "full": hash_texts(numbers),
            "head": hash_texts([n[:14] for n in plain]),
            "tail": hash_texts([n[10:] for n in plain]),
            "ends": hash_texts([m if "*" not in m else "" for m in masked]),
            "family": hash_texts([v.family for v in values]),
            "valid": np.array([v.valid for v in values], dtype=bool),
            "masked": np.array([v.masked for v in values], dtype=bool),
            "resident": np.array([v.family == "resident" for v in values], dtype=bool),
            "day": np.array([v.day for v in values], dtype=np.int32),
            "sex": np.array([v.sex for v in values], dtype=np.uint8),
        }

    def tokens(self, frame: Frame, name: str) -> dict[str, Maker]:
        """The number, its first 14 and last 8 characters, the parts a mask leaves, the trusted day inside."""
        column = frame.columns[name]
        found: dict[str, Maker] = {token: partial(column.per_identity, token) for token in ("full", "head", "tail", "ends")}
        return found | {"day": lambda: hash_numbers(column.per_identity("day"))}

    def compare(self, frame: Frame, rule: FieldRule, left: I64, right: I64) -> U8:
        """Level codes of the pairs; documents of different families say nothing of each other."""
        column = frame.columns[rule.name]
        a, b = column.codes[left], column.codes[right]
        out = np.zeros(len(a), dtype=np.uint8)
        known = (a >= 0) & (b >= 0)
        valid = column.arrays["valid"]
        if not len(valid):
            return out
        out[known & (a == b)] = EQUAL_OTHER
        out[known & (a == b) & valid[a]] = EQUAL
        rest = np.flatnonzero(known & (a != b))
        out[rest] = _unequal(column, a[rest], b[rest])
        doubted = frame.marks.get("document_doubted")
        if doubted is not None:
            doubt = doubted[left] | doubted[right]
            out[doubt & (out == EQUAL)] = EQUAL_DOUBTED
            out[doubt & (out == DIFFER)] = DIFFER_DOUBTED
        return out


def _unequal(column: Column, a: Any, b: Any) -> U8:
    arrays = column.arrays
    same_family = arrays["family"][a] == arrays["family"][b]
    valid_both = arrays["valid"][a] & arrays["valid"][b]
    out = np.where(same_family, np.where(valid_both, DIFFER, DIFFER_WEAK), MISSING).astype(np.uint8)
    masked = same_family & (arrays["masked"][a] | arrays["masked"][b])
    out[masked] = np.where(_mask_agrees(column, a[masked], b[masked]), MASKED, DIFFER_WEAK)
    loose = np.flatnonzero(same_family & ~valid_both & ~masked)
    if len(loose):
        out[loose] = _by_distance(column, a[loose], b[loose])
    return out


def _mask_agrees(column: Column, a: Any, b: Any) -> Flags:
    text = column.arrays["text"]
    return np.array([covers(one, two) for one, two in zip(text[a].tolist(), text[b].tolist(), strict=True)], dtype=bool)


def covers(one: str, other: str) -> bool:
    """Two numbers agree wherever neither is masked."""
    return len(one) == len(other) and all(x == y or "*" in (x, y) for x, y in zip(one, other, strict=True))


def _by_distance(column: Column, a: Any, b: Any) -> U8:
    text = column.arrays["text"]
    distance = cpdist(text[a].tolist(), text[b].tolist(), scorer=OSA.distance, score_cutoff=3, dtype=np.uint8)
    return np.select([distance <= 1, distance == 2], [NEAR, NEAR_TWO], DIFFER_WEAK).astype(np.uint8)
