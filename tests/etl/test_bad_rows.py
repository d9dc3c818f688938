"""Every named bad row is refused alone, with the field, the value as sent, the rule and a problem in words."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from etl.api import Decoders
from etl.checking import BatchFacts, Prepared, prepare
from exchange.folders.cutting import pieces
from health_platform.datasets.api import Dataset
from health_platform.kernel import clock
from tests.etl.bad_rows import BadRow, bad_rows, good

pytestmark = pytest.mark.system("A11", "J07")

DECODERS = Decoders()
Row = dict[str, Any]


def _json(rows: Sequence[Row], folder: Path) -> tuple[str, bytes]:
    return "json", json.dumps(rows).encode()


def _ndjson(rows: Sequence[Row], folder: Path) -> tuple[str, bytes]:
    return "ndjson", "\n".join(map(json.dumps, rows)).encode()


def _csv(rows: Sequence[Row], folder: Path) -> tuple[str, bytes]:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return "csv", text.getvalue().encode()


def _xlsx(rows: Sequence[Row], folder: Path) -> tuple[str, bytes]:
    """As the watched folder reads a workbook."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(names)
    for row in rows:
        sheet.append([row.get(name) for name in names])
    book.save(folder / "rows.xlsx")
    with open(folder / "rows.xlsx", "rb") as file:
        found = list(pieces(file, "xlsx", "utf-8-sig"))
    return found[0][0], b"".join(content for _, content, _ in found)


WRITERS: dict[str, Callable[[Sequence[Row], Path], tuple[str, bytes]]] = {
    "json": _json, "ndjson": _ndjson, "csv": _csv, "xlsx": _xlsx,
}  # fmt: skip


def checked(dataset: Dataset, format_: str, content: bytes) -> Prepared:
    facts = BatchFacts(1, 1, "411502000000", dataset.name, format_, "upsert", "batch", 1, clock.now())
    return prepare(facts, DECODERS.decode(format_, content, dataset.name))


def test_there_are_enough_of_them() -> None:
    names = [case.name for case in bad_rows()]
    assert len(names) == len(set(names)) > 5_000


@pytest.mark.parametrize("format_", WRITERS)
def test_every_bad_row_is_refused_alone_and_says_why(format_: str, tmp_path: Path) -> None:
    cases: dict[str, list[BadRow]] = defaultdict(list)
    for case in bad_rows():
        if format_ in case.formats and (format_ != "xlsx" or any(case.row.values())):  # an empty line of a sheet is no row
            cases[case.dataset.name].append(case)
    for of_dataset in cases.values():
        dataset = of_dataset[0].dataset
        rows: list[Row] = [good(dataset)]  # a good one first and last: its neighbours do it no harm
        rows += [case.row for case in of_dataset]
        rows.append(good(dataset))
        prepared = checked(dataset, *WRITERS[format_](rows, tmp_path))
        refused = {row.position: row for row in prepared.rejected}
        for position, case in enumerate(of_dataset, 1):
            assert position in refused, case.name
            (fault,) = refused[position].faults
            assert (fault.field, fault.rule) == (case.field, case.rule), case.name
            assert fault.label == dataset.by_name[case.field].label and fault.problem, case.name
            assert _quotes(fault.value, case.row.get(case.field)), (case.name, fault.value)
        kept = [position for part in prepared.parts for position in part.positions]
        assert kept == [0, len(of_dataset) + 1]


def _quotes(shown: str, value: Any) -> bool:
    """The value as sent, or its beginning; what no text can hold is shown by a sign."""
    if value is None:
        return shown == ""
    text = str(value).replace("\0", "␀").encode("utf-8", "replace").decode()
    return shown.strip() in (text.strip(), text[:200] + "…")
