"""A system that puts files down: CSV or XLSX in the institution's folder, the manifest last."""

from __future__ import annotations

import csv
import hashlib
import io
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from openpyxl import Workbook

from demonstration.sending.batches import Parcel

PATIENCE = 600.0  # seconds until a file that nobody takes is an error


def put_down(folder: Path, parcel: Parcel, way: str) -> Path:
    """Write a parcel as "csv" or "xlsx" with its manifest; returns the manifest, which vanishes when the file is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    content = _WRITERS[way](parcel.lines)
    path = folder / f"{parcel.message_id}.{way}"
    path.write_bytes(content)
    manifest = path.with_name(f"{path.name}.manifest.json")
    unfinished = manifest.with_suffix(".part")
    unfinished.write_bytes(
        msgspec.json.encode(
            {"message_id": parcel.message_id, "dataset": parcel.dataset, "sha256": hashlib.sha256(content).hexdigest()}
        )
    )
    unfinished.rename(manifest)
    return manifest


def await_taken(manifest: Path, patience: float = PATIENCE) -> None:
    """Return when the platform has stored a file.

    Raises:
        ConnectionError: it was refused, or nobody took it for ``patience`` seconds.
    """
    deadline, name = time.monotonic() + patience, manifest.name.removesuffix(".manifest.json")
    while manifest.exists():
        if time.monotonic() > deadline:
            raise ConnectionError(f"nobody takes {manifest}")
        time.sleep(0.2)
    problem = manifest.parent / "failed" / f"{name}.error.txt"
    if problem.exists():
        raise ConnectionError(f"{name} was refused: {problem.read_text(encoding='utf-8')}")


def _table(lines: Sequence[bytes]) -> tuple[list[str], list[dict[str, str]]]:
    rows = [msgspec.json.decode(line, type=dict[str, str]) for line in lines]
    return list(dict.fromkeys(name for row in rows for name in row)), rows


def _csv(lines: Sequence[bytes]) -> bytes:
    titles, rows = _table(lines)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, titles, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("gb18030")  # what spreadsheet programs of county offices write


def _xlsx(lines: Sequence[bytes]) -> bytes:
    titles, rows = _table(lines)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.append(titles)
    for row in rows:
        sheet.append([row.get(title) for title in titles])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


_WRITERS = {"csv": _csv, "xlsx": _xlsx}
