"""What several fields of one record say of each other: a number that cannot be its holder's, a trusted birth day.

A number whose birth day contradicts the day on the same record is borrowed, a parent's, or wrong. It is doubted:
neither its equality nor its difference weighs much, and its birth day is not used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from empi.definitions.schema import Rules
from empi.matching.arrays import I32, Flags
from empi.matching.days import DIFFER, SAME_YEAR, compare_days, ordinals
from empi.matching.frame import Frame
from empi.matching.frequencies import Frequencies

BABY_DAYS = 700


def mark(frame: Frame, rules: Rules, seen: I32, frequencies: Frequencies | None = None) -> Frame:
    """Derive the marks of a frame in place and return it.

    Args:
        frame: the identities.
        rules: names the fields of each kind.
        seen: yyyymmdd on which each record was made, 0 when unknown.
        frequencies: users per phone, from the trained model.
    """
    names = {rule.kind: rule.name for rule in rules.fields}
    marks = frame.marks
    marks["seen"] = seen
    if "person_name" in names:
        column = frame.columns[names["person_name"]]
        marks["newborn"] = column.per_identity("newborn")
        marks["unknown"] = column.per_identity("unknown")
        marks["birth_order"] = column.per_identity("order")
    if "mother" in names:
        _mother(frame, names)
    if "document" in names and "birth" in names:
        _trust(frame, names)
    if frequencies and "phone" in names:
        column = frame.columns[names["phone"]]
        marks["phone_users"] = frequencies.users(column.per_identity("full"))
    return frame


def _mother(frame: Frame, names: dict[str, str]) -> None:
    """The stated mother; where no name is stated, the one inside a newborn placeholder."""
    column = frame.columns[names["mother"]]
    frame.marks["mother_number"] = column.per_identity("number")
    name = column.per_identity("name")
    if "person_name" in names:
        inside = frame.columns[names["person_name"]].per_identity("mother")
        name = np.where(name == 0, inside, name)
    frame.marks["mother_name"] = name


def _trust(frame: Frame, names: dict[str, str]) -> None:
    marks = frame.marks
    document = frame.columns[names["document"]]
    own: I32 = frame.columns[names["birth"]].per_identity("day")
    inside: I32 = document.per_identity("day")
    own = _possible(marks, own)
    doubted = _contradicts(own, inside) | _too_old(marks, inside) | _is_mothers(frame, names)
    marks["document_code"] = document.codes
    marks["document_doubted"] = doubted
    marks["birth_own"] = own
    trusted = (inside > 0) & ~doubted
    marks["birth_best"] = np.where(trusted, inside, own).astype(np.int32)
    if "sex" in names:
        marks["sex_best"] = np.where(trusted, document.per_identity("sex"), frame.columns[names["sex"]].per_identity("code"))


def _possible(marks: dict[str, Any], own: I32) -> I32:
    """The stated birth day; none for a newborn placeholder that was written before it."""
    if "newborn" not in marks:
        return own
    unborn = marks["newborn"] & (own > 0) & (marks["seen"] > 0) & (ordinals(own) - ordinals(marks["seen"]) > 1)
    return np.where(unborn, 0, own).astype(np.int32)


def _contradicts(own: I32, inside: I32) -> Flags:
    level = compare_days(own, inside)
    return np.asarray((level == DIFFER) | (level == SAME_YEAR))


def _too_old(marks: dict[str, Any], inside: I32) -> Flags:
    """A newborn placeholder with the number of somebody born long before the record was made, or after it."""
    if "newborn" not in marks:
        return np.zeros(len(inside), dtype=bool)
    age = ordinals(marks["seen"]) - ordinals(inside)
    stated = (inside > 0) & (marks["seen"] > 0)
    return np.asarray(stated & ((marks["newborn"] & (age > BABY_DAYS)) | (age < -1)))


def _is_mothers(frame: Frame, names: dict[str, str]) -> Flags:
    if "mother" not in names:
        return np.zeros(frame.size, dtype=bool)
    number = frame.columns[names["document"]].per_identity("full")
    return np.asarray((number != 0) & (frame.marks["mother_number"] == number))
