"""A person's dataset rows in full, for readers that hand them on as they are (FHIR, exports), not as events on a page.

Which rows the caller may see is decided by the event index, as everywhere in a record; a dataset outside the index is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from health_platform.datasets import api as datasets
from health_platform.kernel.warehouse.api import Place, Query, Warehouse, quote
from health_platform.records.rows import EventRow
from health_platform.records.tables import key_expression

_META: Final = ("patient_key", "event_time", "source", "version", "received_at")


@dataclass(frozen=True)
class WholeRow:
    """One row: values by field name, and where it came from. ``source`` is the way in, ``at`` and ``received`` aware UTC."""

    dataset: str
    row_key: str
    patient_key: int
    institution: int
    source: str
    version: int
    received: Any
    values: Mapping[str, Any]


def whole_rows(warehouse: Warehouse, pairs: Sequence[tuple[int, int]], shown: Iterable[EventRow]) -> list[WholeRow]:
    """The rows behind these events, each once, in the order of the events."""
    wanted: dict[str, dict[tuple[int, str], EventRow]] = {}
    for event in shown:
        wanted.setdefault(event.dataset, {}).setdefault((event.patient_key, event.row_key), event)
    found = [row for name, events in wanted.items() for row in _of_dataset(warehouse, name, pairs, events)]
    order = {(event.dataset, *key): at for at, (key, event) in enumerate(_flat(wanted))}
    return sorted(found, key=lambda row: order[row.dataset, row.patient_key, row.row_key])


def _flat(wanted: Mapping[str, Mapping[tuple[int, str], EventRow]]) -> list[tuple[tuple[int, str], EventRow]]:
    pairs = [pair for events in wanted.values() for pair in events.items()]
    return sorted(pairs, key=lambda pair: -pair[1].at)


def _of_dataset(
    warehouse: Warehouse, name: str, pairs: Sequence[tuple[int, int]], events: Mapping[tuple[int, str], EventRow]
) -> list[WholeRow]:
    definition = datasets.dataset(name)
    keys = sorted({row_key for _, row_key in events})
    rows = []
    for row_key, institution, *rest in warehouse.query(_query(name, warehouse.place), {"pairs": tuple(pairs)}, {"wanted": keys}):
        meta, values = rest[: len(_META)], rest[len(_META) :]
        patient_key, _, source, version, received = meta
        if (patient_key, row_key) in events:
            said = dict(zip(definition.by_name, values, strict=True))
            rows.append(WholeRow(name, row_key, patient_key, institution, source, version, received, said))
    return rows


@cache
def _query(name: str, place: Place) -> Query:
    """Written from the definition: no text of a caller goes into it."""
    definition = datasets.dataset(name)
    key = key_expression(definition)
    columns = ", ".join(quote(each) for each in (*_META, *definition.by_name))
    sql = (
        f"SELECT {key}, institution, {columns} FROM {place.table(name)} FINAL"  # noqa: S608
        f" WHERE (shelf, patient_key) IN %(pairs)s AND {key} IN wanted"
    )
    return Query(f"records.whole_rows.{name}", "rows of one person in full", "one row", ("pairs",), (), sql, ("wanted",))
