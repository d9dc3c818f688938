"""Precision and recall of the links, estimated from pairs that people judged. Pure.

Stratified sampling: pairs are drawn per stratum of evidence, so that the few doubtful ones are looked at and the many certain
ones still count for what they are. Shares are smoothed as (x + 1) / (n + 2) (Agresti and Coull 1998), variances add up over
strata (Cochran, Sampling Techniques, 5.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

_Z = 1.96


@dataclass(frozen=True)
class Stratum:
    """Pairs of similar evidence: how many there are, how many were judged, and how many of those are one person."""

    name: str
    linked: bool
    size: int
    judged: int
    same: int


@dataclass(frozen=True)
class Estimate:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Quality:
    """Estimated quality of the links; ``None`` while too little was judged."""

    precision: Estimate | None
    recall: Estimate | None


def estimate(strata: Iterable[Stratum]) -> Quality:
    """Precision over the linked strata, recall over all."""
    known = [one for one in strata if one.size]
    linked = [one for one in known if one.linked]
    if not linked or any(one.judged == 0 for one in linked):
        return Quality(None, None)
    total = sum(one.size for one in linked)
    true, true_variance = _matches(linked)
    precision = _interval(true / total, sqrt(true_variance) / total)
    missed = [one for one in known if not one.linked]
    if any(one.judged == 0 for one in missed):
        return Quality(precision, None)
    lost, lost_variance = _matches(missed)
    return Quality(precision, _recall(true, true_variance, lost, lost_variance))


def _matches(strata: list[Stratum]) -> tuple[float, float]:
    """Expected number of pairs of one person, and its variance."""
    expected, variance = 0.0, 0.0
    for one in strata:
        share = one.same / one.judged
        smooth = (one.same + 1) / (one.judged + 2)
        unseen = max(0.0, 1 - one.judged / one.size)
        expected += one.size * share
        variance += one.size**2 * unseen * smooth * (1 - smooth) / one.judged
    return expected, variance


def _recall(true: float, true_variance: float, lost: float, lost_variance: float) -> Estimate | None:
    """True / (true + lost) with the variance of a ratio (delta method)."""
    all_of_them = true + lost
    if not all_of_them:
        return None
    spread = sqrt(lost**2 * true_variance + true**2 * lost_variance) / all_of_them**2
    return _interval(true / all_of_them, spread)


def _interval(value: float, spread: float) -> Estimate:
    return Estimate(value, max(0.0, value - _Z * spread), min(1.0, value + _Z * spread))
