"""Fuzz the readers of uploaded rows (JSON, NDJSON, CSV): python -m tests.fuzz.fuzz_rows [-runs=5000000] [corpus folder]

The first byte chooses the format. Whatever the rest: the upload is refused as a whole with a reason, or every row of it is
either loaded or refused with field, rule and problem, and its raw text can be shown.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["etl.decoding", "etl.checking", "health_platform.datasets"]):
    from etl.checking import BatchFacts, prepare
    from etl.decoding.decode import Decoders
    from etl.decoding.rows import Malformed
from health_platform.datasets.api import camel, catalogue
from tests.etl.bad_rows import good
from tests.fuzz.driving import fuzz

FORMATS = ("json", "ndjson", "csv", "rows")
DATASETS = ("emr_ex_lab", "emr_patient_info", "emr_ex_lab_item", "visit", "document")
AT = datetime(2026, 1, 1, tzinfo=UTC)
DECODERS = Decoders()


def exercise(data: bytes) -> None:
    """Everything that is done with an upload before it is written."""
    choice = data[0] if data else 0
    format_, dataset = FORMATS[choice % 4], DATASETS[choice // 4 % 5]
    operation = "delete" if choice // 20 % 4 == 0 else "upsert"
    batch = BatchFacts(1, 1, "411502000000", dataset, format_, operation, "batch", 1, AT)
    try:
        prepared = prepare(batch, DECODERS.decode(format_, data[1:], dataset))
    except Malformed as error:
        assert str(error)
        return
    refused = {(row.dataset, row.position) for row in prepared.rejected}
    kept = [(part.dataset.name, position) for part in prepared.parts for position in part.positions]
    assert len(refused) + len(kept) == prepared.row_count
    for row in prepared.rejected:
        assert row.faults and all(fault.rule and fault.problem for fault in row.faults)
        row.raw.encode("utf-8", "surrogatepass")
    for part in prepared.parts:
        assert all(len(values) == len(part.positions) for values in part.columns.values())


def seeds() -> list[bytes]:
    """Rows of every dataset in every format, whole and wrong, and what is to be deleted."""
    found = []
    for place, name in enumerate(DATASETS):
        row = {key: str(value) for key, value in good(catalogue()[name]).items()}
        bad = {**row, next(iter(row)): ""}
        camels = {camel(key): value for key, value in row.items()}
        lines = [json.dumps(one, ensure_ascii=False) for one in (row, camels, bad)]
        table = f"{','.join(row)}\n{','.join(row.values())}\n{','.join(bad.values())}\n"
        texts = (f"[{','.join(lines)}]", "\n".join(lines), table, f'{{"{name}":[{lines[0]}]}}')
        found += [bytes([20 * round_ + 4 * place + at]) + text.encode() for at, text in enumerate(texts) for round_ in (0, 1)]
    return found


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=1024)
