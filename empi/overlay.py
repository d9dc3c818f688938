"""Overlay: a patient number that suddenly speaks of somebody else.

A front desk that registers a new patient over an old number would put one person's results into another's record. Such a
statement is not taken over; the stored facts stand, and a steward looks at both.
"""

from __future__ import annotations

from empi.judging import Comparison

IDENTIFYING = ("name", "birth", "sex", "document")
_CONTRADICTS = -2.0
_AGREES = 3.0


def is_overlay(comparison: Comparison) -> bool:
    """Whether new facts under a known number contradict the stored ones too much to be the same person.

    One contradicting field is a correction (a name after marriage, a mistyped birth date). It is an overlay when the rules
    call it a conflict, or when at least two identifying fields contradict and at most one agrees.
    """
    if comparison.grade == "conflict":
        return True
    if comparison.grade != "no":
        return False
    bits = [comparison.contributions.get(field, 0.0) for field in IDENTIFYING]
    against = sum(value <= _CONTRADICTS for value in bits)
    agreeing = sum(value >= _AGREES for value in bits)
    return against >= 2 and against > agreeing
