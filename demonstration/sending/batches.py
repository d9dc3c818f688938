"""Sending rows: by the batch API or by the hospital data API."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from demonstration.sending.http import Caller

ROWS = 4000


@dataclass(frozen=True)
class Parcel:
    """Rows of one dataset from one institution, small enough for one upload."""

    dataset: str
    number: int
    rows: tuple[dict[str, Any], ...]

    def message_id(self, seed: int) -> str:
        """The same parcel has the same id in every run, so that sending again changes nothing."""
        return f"demo-{seed}-{self.dataset}-{self.number}"


def parcels(dataset: str, rows: Iterable[dict[str, Any]], size: int = ROWS) -> Iterator[Parcel]:
    """Cut rows into parcels."""
    waiting: list[dict[str, Any]] = []
    number = 0
    for row in rows:
        waiting.append(row)
        if len(waiting) == size:
            yield Parcel(dataset, number, tuple(waiting))
            waiting, number = [], number + 1
    if waiting:
        yield Parcel(dataset, number, tuple(waiting))


def by_batch(caller: Caller, parcel: Parcel, seed: int) -> None:
    """``POST /api/v1/uploads/{dataset}`` as gzipped NDJSON."""
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in parcel.rows).encode()
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip", "X-Message-Id": parcel.message_id(seed)}
    caller.send("POST", f"/api/v1/uploads/{parcel.dataset}", gzip.compress(lines, 1), headers)


def by_data_api(caller: Caller, parcel: Parcel, seed: int) -> None:
    """``POST …/hclient/emr/receive/{entity}``: the way hospital information systems already speak."""
    entity = _camel(parcel.dataset)
    rows = [{_camel(key): value for key, value in row.items()} for row in parcel.rows]
    headers = {"Content-Type": "application/json", "X-Message-Id": parcel.message_id(seed)}
    caller.send("POST", f"/hclient/emr/receive/{entity}", json.dumps(rows, ensure_ascii=False).encode(), headers)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
