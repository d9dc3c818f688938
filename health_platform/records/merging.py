"""The same event reported by two sources becomes one event that names both.

Two rows are reports of one event when they agree on where, when and what, and come from different sources: rows of one
dataset from one source of one institution are never merged (two cultures taken in one minute are two results), except
the rows of one visit number, which are one visit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from health_platform.records.rows import EventRow
from health_platform.records.standing import standing_of
from health_platform.records.values import Section
from health_platform.records.wording import plain

_BY_DAY = frozenset((Section.PROBLEM, Section.VISIT, Section.ALLERGY, Section.VACCINATION, Section.SERVICE))
_MINUTE = 60_000

Cluster = list[EventRow]


def merged(rows: Iterable[EventRow]) -> list[Cluster]:
    """Clusters of rows that report one event, newest first; the first row of a cluster is the one to show."""
    groups: dict[Hashable, list[Cluster]] = {}
    for row in sorted(rows, key=_order):
        clusters = groups.setdefault(identity(row), [])
        home = next((cluster for cluster in clusters if _joins(row, cluster)), None)
        if home is None:
            clusters.append([row])
        else:
            home.append(row)
    clusters = [cluster for clusters in groups.values() for cluster in clusters]
    found = [sorted(cluster, key=_worth) if len(cluster) > 1 else cluster for cluster in clusters]
    return sorted(found, key=lambda cluster: _order(cluster[0]))


def identity(row: EventRow) -> Hashable:
    """What two reports of one event have in common."""
    if row.section == Section.VISIT and row.visit:
        return (row.section, row.place, row.visit)
    when: Hashable = row.day if row.section in _BY_DAY else row.at // _MINUTE
    what = row.code or plain(row.title)
    if row.section == Section.VACCINATION:
        return (row.section, when, what, row.value)  # clinics and the county centre report one dose under their own names
    # A mother's diabetes, or one ruled out, is no second report of the patient's own.
    return (row.section, row.place, when, what, plain(row.value), plain(row.unit), standing_of(row))


def _joins(row: EventRow, cluster: Cluster) -> bool:
    if row.section == Section.VISIT and row.visit:
        return True
    return all(_origin(row) != _origin(other) for other in cluster)


def _origin(row: EventRow) -> tuple[str, str, int]:
    return row.dataset, row.source, row.institution


def _order(row: EventRow) -> tuple[int, str, str, str, int]:
    return -row.at, row.section, row.dataset, row.row_key, row.patient_key


def _worth(row: EventRow) -> tuple[int, int, int, str, str]:
    return -row.filled, -row.received, -row.at, row.dataset, row.row_key
