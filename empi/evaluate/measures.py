"""Measures of a clustering against a truth: pairwise, B-cubed, hard negatives, recall by tag."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """2PR/(P+R), 0 when both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What ``evaluate`` found.

    ``pairs``: over all pairs of records. ``b_cubed``: mean over records (Bagga and Baldwin 1998). ``exact``: share of
    true entities found exactly. ``wrongly_merged``: (merged, judged) hard negatives by kind. ``recall_by_tag``:
    (recalled, judged) records by tag; a record is recalled when it shares a cluster with at least half of its others.
    """

    records: int
    entities: int
    clusters: int
    pairs: Quality
    b_cubed: Quality
    exact: float
    wrongly_merged: dict[str, tuple[int, int]]
    recall_by_tag: dict[str, tuple[int, int]]


def evaluate(
    truth: Mapping[str, str],
    clusters: Mapping[str, str],
    tags: Mapping[str, Sequence[str]] | None = None,
    negatives: Iterable[tuple[str, str, str]] = (),
) -> Evaluation:
    """Compare clusters with the truth.

    Args:
        truth: entity by record; only these records are judged.
        clusters: cluster by record; a record without one counts as its own cluster.
        tags: what is special about a record.
        negatives: (record, record, kind) that must not share a cluster.
    """
    found = {rec: ("c", clusters[rec]) if rec in clusters else ("alone", rec) for rec in truth}
    by_cluster, by_entity = Counter(found.values()), Counter(truth.values())
    both = Counter((found[rec], entity) for rec, entity in truth.items())
    hits, claimed, wanted = _pairs(both.values()), _pairs(by_cluster.values()), _pairs(by_entity.values())
    total = max(1, len(truth))
    b_cubed = Quality(
        sum(n * n / by_cluster[cluster] for (cluster, _), n in both.items()) / total,
        sum(n * n / by_entity[entity] for (_, entity), n in both.items()) / total,
    )
    exact = sum(n == by_cluster[cluster] == by_entity[entity] for (cluster, entity), n in both.items())
    merged: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one, two, kind in negatives:
        if one in found and two in found:
            merged[kind][0] += found[one] == found[two]
            merged[kind][1] += 1
    recalled: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for rec, entity in truth.items():
        others = by_entity[entity] - 1
        for tag in (tags or {}).get(rec) or ("clean",) if others else ():
            recalled[tag][0] += both[found[rec], entity] - 1 >= others / 2
            recalled[tag][1] += 1
    return Evaluation(
        len(truth),
        len(by_entity),
        len(by_cluster),
        Quality(hits / max(1, claimed), hits / max(1, wanted)),
        b_cubed,
        exact / max(1, len(by_entity)),
        {kind: (n, m) for kind, (n, m) in sorted(merged.items())},
        {tag: (n, m) for tag, (n, m) in sorted(recalled.items())},
    )


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
