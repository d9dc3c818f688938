"""Fuzz the reader of NDJSON files in watched folders: python -m tests.fuzz.fuzz_ndjson [-runs=5000000] [corpus folder]

Whatever the bytes: the file is refused with a reason, or every line that is not blank is in exactly one piece, in order and
unchanged, and landing's own reader finds a row, or what is wrong with it, for each of them. Pieces are of three rows.
"""

from __future__ import annotations

import hashlib
import io

import atheris

with atheris.instrument_imports(include=["exchange.folders", "etl.decoding"]):
    from etl.decoding.decode import Decoders
    from exchange.folders import cutting
    from exchange.folders.manifest import BadFile, verify
from tests.fuzz.driving import fuzz

DATASET = "emr_activity_info"
DECODERS = Decoders()
cutting.ROWS = 3  # type: ignore[misc]  # a constant: small pieces, so that few bytes make several


def exercise(data: bytes) -> None:
    """Everything that is done with a file before its rows are checked."""
    file = io.BytesIO(data)
    encoding = verify(file, hashlib.sha256(data).hexdigest())
    file.seek(0)
    found: list[bytes] = []
    try:
        for format_, piece, count in cutting.pieces(file, "ndjson", encoding):
            lines = piece.splitlines(keepends=True) if b"\r" not in piece else [line + b"\n" for line in piece.split(b"\n")[:-1]]
            assert format_ == "ndjson" and len(lines) == count
            found += lines
            (rows,) = DECODERS.decode("ndjson", piece, DATASET)
            assert rows.count == count
            assert all(rows.raw(position) for position in range(count))
    except BadFile as error:
        assert str(error)
        return
    written = data.decode(encoding).encode().split(b"\n")
    assert found == [line.strip() + b"\n" for line in written if line.strip()]


def seeds() -> list[bytes]:
    """Rows in every spelling of names, blank lines, what is no object, a key twice, two rows in a line; both encodings."""
    texts = (
        '{"id":"1","patient_id":"p"}\n\n{"ID":"2","PATIENT_ID":"张"}\n{"id":3}\n{"patientId":null}\n',
        '{"id":"1","id":"2"}\n[1]\n"x"\n{"id":"1"}{"id":"2"}\n{"a":{"b":[1,2.5e3,true]}}',
        '{"id":"\\ud800"}\r\n  {"id":"\\"a:b\\\\"}  \r\n{',
    )
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-8-sig", "gb18030")]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=128)
