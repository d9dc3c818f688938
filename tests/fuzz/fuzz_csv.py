"""Fuzz the reader of CSV files in watched folders: python -m tests.fuzz.fuzz_csv [-runs=5000000] [corpus folder]

Whatever the bytes: the encoding is found, and the file is refused with a reason or cut into pieces that hold its rows, all of
them, in order and unchanged; landing's own reader finds in a piece as many rows as were counted. Pieces are of three rows, so
that cuts happen.
"""

from __future__ import annotations

import csv
import hashlib
import io

import atheris

with atheris.instrument_imports(include=["exchange.folders", "etl.decoding"]):
    from etl.decoding.decode import Decoders
    from etl.decoding.rows import Malformed
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
    assert encoding == ("utf-8-sig" if _is_utf8(data) else "gb18030")
    file.seek(0)
    found: list[list[str]] = []
    try:
        for format_, piece, count in cutting.pieces(file, "csv", encoding):
            header, *rows = _rows(piece, "utf-8")
            assert format_ == "csv" and len(rows) == count
            found = [*(found or [header]), *rows]
            _landed(piece, count)
    except BadFile as error:
        assert str(error)
        return
    if found:  # a header alone is no piece
        assert found == _rows(data, encoding)


def _rows(content: bytes, encoding: str) -> list[list[str]]:
    text = io.StringIO(content.decode(encoding), newline="")
    return [row for row in csv.reader(text, strict=True) if row]


def _landed(piece: bytes, count: int) -> None:
    try:
        assert sum(rows.count for rows in DECODERS.decode("csv", piece, DATASET)) == count
    except Malformed as error:
        assert str(error)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def seeds() -> list[bytes]:
    """Headers of every spelling; quoted line ends, empty cells and lines, too few and too many cells; both encodings, a mark."""
    texts = (
        "id,patientId,activity_time\n1,p,2026-03-01\n2,,2026-03-02\n3,p,\n4,p,2026-03-04\n",
        'ID,"患者基本信息ID"\r\n1,"a\r\n""b"""\r\n\r\n2\r\n3,c,d\r\n',
        "id,其他\n,\n",
    )
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-8-sig", "gb18030")] + [b'id\n"open']


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=128)
