"""Judging the index and the pipeline by the truth: worked examples."""

from __future__ import annotations

from collections import Counter

import pytest

from demonstration.checking import caught, compare
from demonstration.city.truth import Defect, Identity

pytestmark = pytest.mark.system("A10")


def identity(local_id: str, resident: int, fault: str = "") -> Identity:
    return Identity("unit-01", local_id, resident, fault)


REGISTRATIONS = [identity("a", 1), identity("b", 1), identity("c", 1, "homophone"), identity("d", 2), identity("e", 3)]


def judged(**persons: int):  # type: ignore[no-untyped-def]
    return compare(REGISTRATIONS, {("unit-01", local_id): person for local_id, person in persons.items()})


def test_a_perfect_index_has_precision_and_recall_one() -> None:
    found = judged(a=7, b=7, c=7, d=8, e=9)
    assert (found.precision, found.recall, found.true_pairs) == (1.0, 1.0, 3)
    assert (found.residents, found.persons, found.unknown) == (3, 3, 0)


def test_a_wrong_merge_costs_precision_a_missed_link_recall() -> None:
    merged = judged(a=7, b=7, c=7, d=7, e=9)
    assert merged.precision == 3 / 6 and merged.recall == 1.0
    missed = judged(a=7, b=7, c=6, d=8, e=9)
    assert missed.precision == 1.0 and missed.recall == 1 / 3
    assert missed.apart == {"homophone": (1, 1), "none": (2, 0)}


def test_a_registration_that_never_arrived_is_counted() -> None:
    assert judged(a=7, b=7, c=7, d=8).unknown == 1


def test_defects_are_caught_by_refusal_or_report() -> None:
    defects = [Defect("unit-01", "visit", key, "gender", "wrong_code") for key in ("v1", "v2")]
    defects.append(Defect("unit-01", "visit", "v3", "diagnosis", "missing"))
    found = caught(defects, {("visit", "v3")}, Counter({"visit.gender": 2}))
    assert [(one.kind, one.planted, one.refused, one.reported) for one in found] == [
        ("missing", 1, 1, 0),
        ("wrong_code", 2, 0, 2),
    ]
