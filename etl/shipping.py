"""The rows of a load on their way to the warehouse: what its institutions have of a dataset goes as one insert.

An insert costs the warehouse the same for one row as for thousands: a part of the table, a part of the event index, and their
merges. The load is a fixed set of batches and names the insert; the fingerprint lets a later attempt through that comes to other
rows, because a code was mapped or a parent arrived since the attempt that was broken off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.following import move_children
from etl.frames import fingerprint, place_columns
from etl.loading import Loaded, Loader
from etl.places import expect
from health_platform.datasets.api import Dataset
from health_platform.kernel.warehouse.api import Warehouse

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Shipment:
    """One load. Everything it does may be done again: the warehouse drops an insert whose token it knows."""

    warehouse: Warehouse
    load_id: int

    def ship(self, datasets: Sequence[Dataset], loaders: Sequence[Loader]) -> list[list[Loaded]]:
        """Write the rows of some datasets, parents before their details, then the places of all; returns them by loader."""
        expect(self.warehouse, [(loader.places, loader.asked_for()) for loader in loaders])
        loaded: list[list[Loaded]] = [[] for _ in loaders]
        for dataset in datasets:
            having = [at for at, loader in enumerate(loaders) if dataset.name in loader.parts]
            made = [loaders[at].load(dataset) for at in having]
            self._send(dataset, made)
            for at, each in zip(having, made, strict=True):
                self._place(loaders[at], each)
                loaded[at].append(each)
        self.store_places(loaders)
        return loaded

    def store_places(self, loaders: Sequence[Loader]) -> None:
        """Store where the rows of all lie. Named by the load and its content, so that a repeat adds nothing."""
        columns = _joined(loader.places.columns for loader in loaders)
        if columns:
            digest = hashlib.blake2b(repr(columns).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            self._insert("row_place", columns, f"load-{self.load_id}-places-{digest}")

    def _send(self, dataset: Dataset, made: Iterable[Loaded]) -> None:
        rows = _joined(each.insert.rows for each in made if each.insert is not None)
        if rows and rows["version"]:
            self._insert(dataset.name, rows, self._token(dataset, rows))

    def _place(self, loader: Loader, loaded: Loaded) -> None:
        """Let details follow the rows that moved, and remember where the rows lie now."""
        if loaded.insert is None:
            return
        if loaded.insert.moved:
            token = f"{self._token(loaded.dataset, loaded.insert.rows)}-moved"
            move_children(self.warehouse, loaded.dataset, loader.places.institution, token, loaded.insert.moved)
            loader.places.forget()
        loader.places.put(place_columns(loaded.whole))

    def _token(self, dataset: Dataset, rows: Mapping[str, list[Any]]) -> str:
        return f"load-{self.load_id}-{dataset.name}-{fingerprint(dataset, rows)}"

    def _insert(self, table: str, columns: Columns, token: str) -> None:
        self.warehouse.insert(table, list(columns), list(columns.values()), token=token, columnar=True)


def _joined(parts: Iterable[Columns]) -> Columns:
    """The rows of several parts, one after another; all have the same columns."""
    filled = [part for part in parts if part]
    if len(filled) < 2:
        return filled[0] if filled else {}
    return {name: [value for part in filled for value in part[name]] for name in filled[0]}
