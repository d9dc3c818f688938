"""Fuzz the readers of uploaded rows (JSON, NDJSON, CSV): python -m tests.fuzz.fuzz_rows [-runs=5000000] [corpus folder]

With ``-max_len=512`` and a corpus folder a second holds more than 1,000 executions instead of 700: several rows with every
kind of field still fit, and what is left out is only more of the same.

The first byte chooses the format. Whatever the rest: the upload is refused as a whole with a reason, or every row of it is
either loaded or refused with field, rule and problem, and its raw text can be shown.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["etl.decoding", "etl.checking", "health_platform.datasets"]):
    from etl.checking import BatchFacts, prepare
    from etl.decoding.decode import Decoders
    from etl.decoding.rows import Malformed

FORMATS = ("json", "ndjson", "csv", "rows")
DATASETS = ("emr_ex_lab", "emr_patient_info", "emr_ex_lab_item", "visit")
AT = datetime(2026, 1, 1, tzinfo=UTC)
DECODERS = Decoders()


def exercise(data: bytes) -> None:
    """Everything that is done with an upload before it is written."""
    choice = data[0] if data else 0
    format_, dataset = FORMATS[choice % 4], DATASETS[choice // 4 % 4]
    operation = "delete" if choice // 16 % 4 == 0 else "upsert"
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


def main() -> None:
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
