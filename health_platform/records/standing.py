"""Whose a diagnosis is and how sure: the person's own, suspected, excluded, a relative's, or no disease at all.

A problem list that takes a mother's breast cancer, or a pneumonia that was ruled out, for the patient's own misleads whoever
treats the patient next. The words and codes are in ``definitions.standing``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from health_platform.records.definitions import standing as words
from health_platform.records.rows import EventRow
from health_platform.records.values import Section, Standing
from health_platform.records.wording import plain

_HISTORY = "history_item"
_CARD = "emr_inf_report"
_ASKED = (Section.PROBLEM, Section.ALLERGY)


class Said(NamedTuple):
    """What an entry says that its standing is decided by."""

    section: str
    dataset: str
    kind: str
    certainty: str
    code: str
    title: str
    value: str


def standing_of(row: EventRow) -> Standing:
    """How an entry stands to the person. Sections without such a question are always ``own``."""
    if row.section not in _ASKED:
        return "own"
    return _standing(Said(row.section, row.dataset, row.kind, row.certainty, row.code, row.title, row.value))


@lru_cache(maxsize=8192)  # one overview asks six times of each entry
def _standing(row: Said) -> Standing:
    if row.section == Section.ALLERGY:
        return "excluded" if _told(row) in words.EXCLUDED or says_none(row) or words.DENIED_ALLERGEN.match(row.title) else "own"
    if _is_relatives(row):
        return "family"
    if row.dataset == _HISTORY and row.kind in words.NOT_DISEASES:
        return "fact"
    if _told(row) in words.EXCLUDED:
        return "excluded"
    if _is_suspected(row):
        return "suspected"
    return "excluded" if words.EXCLUDED_CODES.match(row.code.upper()) or words.DENIED.search(row.title.strip()) else "own"


def says_none(row: EventRow | Said) -> bool:
    """An allergy entry by which somebody asked and found none: by its flag, or by words where the allergen belongs."""
    return row.value == "1" or bool(words.NO_ALLERGY.fullmatch(plain(row.title)))


def _is_suspected(row: Said) -> bool:
    said = _told(row)
    return (
        said in words.SUSPECTED or (row.dataset == _CARD and said == words.CARD_SUSPECTED) or bool(words.MAYBE.search(row.title))
    )


def _is_relatives(row: Said) -> bool:
    if words.FAMILY_CODES.match(row.code.upper()):
        return True
    if row.dataset != _HISTORY:
        return words.FAMILY_HISTORY in row.title
    of_family = row.kind in words.FAMILY_KINDS or words.FAMILY in row.kind
    return of_family or row.certainty not in words.SELF or bool(words.RELATIVE.search(row.title))


def _told(row: Said) -> str:
    return "" if row.dataset == _HISTORY else row.certainty.strip().casefold()
