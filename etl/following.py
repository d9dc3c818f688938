"""Details follow their parent: when a correction moves a row to another patient or time, its detail rows move with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from etl.frames import Move
from etl.places import row_keys
from health_platform.datasets.api import Dataset, catalogue, table
from health_platform.kernel.warehouse.api import Warehouse

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def move_children(warehouse: Warehouse, parent: Dataset, institution: int, token: str, moved: Mapping[str, Move]) -> None:
    """Rewrite the stored detail rows of moved parents at the new place, and withdraw them from the old one."""
    if not moved:
        return
    for child in _children(parent):
        rows = _stored(warehouse, child, institution, moved)
        if rows:
            _rewrite(warehouse, child, f"{token}-{child.name}", list(_moved(child, rows, moved)))


def _children(parent: Dataset) -> Iterator[Dataset]:
    for each in catalogue().values():
        if each.parent is not None and each.parent.dataset == parent.name:
            yield each


def _stored(warehouse: Warehouse, child: Dataset, institution: int, moved: Mapping[str, Move]) -> list[Row]:
    """Detail rows at the old places. Table and columns come from the definition, all values are parameters."""
    names = table(child).column_names
    field = child.parent.field if child.parent else ""
    statement = (
        f"SELECT {', '.join(names)} FROM {warehouse.place.table(child.name)} FINAL"  # noqa: S608 names of a definition
        f" WHERE institution = %(institution)s AND (shelf, patient_key) IN %(places)s AND {field} IN %(keys)s"
    )
    places = tuple({(move.old.shelf, move.old.patient_key) for move in moved.values()})
    parameters = {"institution": institution, "places": places, "keys": tuple(moved)}
    found = warehouse.execute(statement, parameters, {"max_query_size": 2**24})
    return [dict(zip(names, row, strict=True)) for row in found]


def _moved(child: Dataset, rows: Sequence[Row], moved: Mapping[str, Move]) -> Iterator[tuple[Row, Row]]:
    """(row at its new place, tombstone at its old one)."""
    field = child.parent.field if child.parent else ""
    for row in rows:
        move = moved[row[field]]
        version = max(move.version, row["version"] + 1)
        place = {
            "shelf": move.place.shelf,
            "patient_key": move.place.patient_key,
            "event_time": _EPOCH + timedelta(milliseconds=move.event_time),
        }
        if any(row[name] != value for name, value in place.items()):
            yield {**row, **place, "version": version}, {**row, "version": version, "is_deleted": 1}


def _rewrite(warehouse: Warehouse, child: Dataset, token: str, pairs: Sequence[tuple[Row, Row]]) -> None:
    if not pairs:
        return
    both = [row for pair in pairs for row in pair]
    columns = {name: [row[name] for row in both] for name in table(child).column_names}
    warehouse.insert(child.name, list(columns), list(columns.values()), token=token, columnar=True)
    new = [row for row, _ in pairs]
    places = {
        "dataset": [child.name] * len(new),
        "institution": [row["institution"] for row in new],
        "row_key": row_keys([[row[name] for row in new] for name in child.key]),
        **{name: [row[name] for row in new] for name in ("shelf", "patient_key", "event_time", "first_received_at", "version")},
        "gone": [0] * len(new),
        "is_deleted": [0] * len(new),
    }
    warehouse.insert("row_place", list(places), list(places.values()), token=f"{token}-place", columnar=True)
