"""Measures of a clustering against a truth: pairwise, B-cubed, hard negatives, recall by tag.

Everything is counted on columns of small numbers, so that the ten million records of a city fit beside each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.matching.arrays import I32, I64, Flags

_CLEAN = "clean"


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


@dataclass(frozen=True, slots=True)
class Judged:
    """The judged records as columns.

    Attributes:
        entity, cluster: numbers from 0 by record; records of one entity or cluster share theirs.
        tags: the place of each record's tags in ``tag_sets`` (tags apart by "|"; "" is a clean record).
        negatives: kind -> the records of its pairs that must not share a cluster.
    """

    entity: I32
    cluster: I32
    tags: I32
    tag_sets: Sequence[str]
    negatives: Mapping[str, tuple[I64, I64]] = field(default_factory=dict)


def judged(truth: pa.Table, clusters: pa.Table, negatives: pa.Table | None = None, only: pa.Table | None = None) -> Judged:
    """Tables of text as columns of numbers.

    Args:
        truth: rec_id, entity_id and perhaps tags; only these records are judged. Of a record named twice the first counts.
        clusters: rec_id, cluster_id; a record without one counts as its own cluster.
        negatives: rec_id_l, rec_id_r, kind.
        only: rec_id of the records to judge.
    """
    if only is not None:
        truth = truth.filter(pc.is_in(truth.column("rec_id"), value_set=only.column("rec_id")))
    first = _places(truth.column("rec_id"), truth.column("rec_id")) == np.arange(truth.num_rows)
    if not first.all():
        truth = truth.filter(pa.array(first))
    keys = truth.column("rec_id")
    entity, _ = _numbers(truth.column("entity_id"))
    tagged = truth.column("tags") if "tags" in truth.column_names else pa.chunked_array([pa.array([""] * len(keys))])
    tags, tag_sets = _numbers(tagged)
    place = _places(keys, clusters.column("rec_id"))
    cluster, names = _numbers(clusters.column("cluster_id"))
    found = np.where(place >= 0, cluster[place] if len(cluster) else -1, -1)
    alone = np.flatnonzero(found < 0)
    found[alone] = len(names) + np.arange(len(alone))
    hard = _negatives(keys, negatives) if negatives is not None else {}
    return Judged(entity, found.astype(np.int32), tags, tag_sets.to_pylist(), hard)


def _places(wanted: pa.ChunkedArray, among: pa.ChunkedArray) -> I32:
    """Where each wanted text first stands among others; -1 where it does not."""
    return np.asarray(pc.fill_null(pc.index_in(wanted, value_set=among), -1).combine_chunks().to_numpy(), dtype=np.int32)


def _numbers(texts: pa.ChunkedArray) -> tuple[I32, pa.Array]:
    """Each text as a number from 0, and the texts by number."""
    coded = texts.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy().astype(np.int32, copy=False), coded.dictionary


def _negatives(keys: pa.ChunkedArray, table: pa.Table) -> dict[str, tuple[I64, I64]]:
    left, right = (_places(table.column(name), keys) for name in ("rec_id_l", "rec_id_r"))
    kind, kinds = _numbers(table.column("kind"))
    known = (left >= 0) & (right >= 0)
    return {
        str(name): (left[known & (kind == number)].astype(np.int64), right[known & (kind == number)].astype(np.int64))
        for number, name in enumerate(kinds.to_pylist())
    }


def evaluate(
    truth: Mapping[str, str],
    clusters: Mapping[str, str],
    tags: Mapping[str, Sequence[str]] | None = None,
    negatives: Iterable[tuple[str, str, str]] = (),
) -> Evaluation:
    """Compare clusters with the truth; see ``judged`` for files.

    Args:
        truth: entity by record; only these records are judged.
        clusters: cluster by record; a record without one counts as its own cluster.
        tags: what is special about a record.
        negatives: (record, record, kind) that must not share a cluster.
    """
    named = ["|".join((tags or {}).get(rec) or ()) for rec in truth]
    true = _table(("rec_id", truth.keys()), ("entity_id", truth.values()), ("tags", named))
    found = _table(("rec_id", clusters.keys()), ("cluster_id", clusters.values()))
    hard = list(negatives)
    wrong = _table(*((name, [one[place] for one in hard]) for place, name in enumerate(("rec_id_l", "rec_id_r", "kind"))))
    return measure(judged(true, found, wrong))


def _table(*columns: tuple[str, Iterable[str]]) -> pa.Table:
    return pa.table({name: pa.chunked_array([pa.array(list(texts), pa.string())]) for name, texts in columns})


def measure(records: Judged) -> Evaluation:
    """All measures of the judged records."""
    total = max(1, len(records.entity))
    by_cluster, by_entity = np.bincount(records.cluster), np.bincount(records.entity)
    overlap, of_record = _overlaps(records)
    hits, claimed, wanted = _pairs(overlap), _pairs(by_cluster), _pairs(by_entity)
    in_cluster, in_entity = by_cluster[records.cluster], by_entity[records.entity]
    exact = (of_record == in_cluster) & (of_record == in_entity)
    return Evaluation(
        len(records.entity),
        int(np.count_nonzero(by_entity)),
        int(np.count_nonzero(by_cluster)),
        Quality(hits / max(1, claimed), hits / max(1, wanted)),
        Quality(float((of_record / in_cluster).sum()) / total, float((of_record / in_entity).sum()) / total),
        float((exact / in_entity).sum()) / max(1, int(np.count_nonzero(by_entity))),
        {kind: _merged(records.cluster, *ends) for kind, ends in sorted(records.negatives.items()) if len(ends[0])},
        _recall_by_tag(records, (of_record - 1) * 2 >= in_entity - 1, in_entity > 1),
    )


def _overlaps(records: Judged) -> tuple[I64, I64]:
    """How many records each (cluster, entity) shares, and this number for every record."""
    pairs = records.cluster.astype(np.int64) * (int(records.entity.max(initial=0)) + 1) + records.entity
    order = np.argsort(pairs)
    ordered = pairs[order]
    starts = np.flatnonzero(np.concatenate((np.ones(min(1, len(ordered)), dtype=bool), ordered[1:] != ordered[:-1])))
    sizes = np.diff(np.append(starts, len(ordered)))
    of_record = np.empty(len(order), dtype=np.int64)
    of_record[order] = np.repeat(sizes, sizes)
    return sizes, of_record


def _pairs(sizes: I64) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _merged(cluster: I32, left: I64, right: I64) -> tuple[int, int]:
    return int((cluster[left] == cluster[right]).sum()), len(left)


def _recall_by_tag(records: Judged, recalled: Flags, has_others: Flags) -> dict[str, tuple[int, int]]:
    of = np.bincount(records.tags[has_others], minlength=len(records.tag_sets))
    found = np.bincount(records.tags[has_others & recalled], minlength=len(records.tag_sets))
    recall: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for number, tags in enumerate(records.tag_sets):
        for tag in [one for one in tags.split("|") if one] or [_CLEAN]:
            recall[tag] += int(found[number])
            counts[tag] += int(of[number])
    return {tag: (recall[tag], counts[tag]) for tag in sorted(counts) if counts[tag]}
