"""Fuzz the reader of manifests: python -m tests.fuzz.fuzz_manifest [-runs=5000000] [corpus folder]

Whatever the bytes: refused with a reason, or a manifest of a known dataset whose message ids landing takes, and which reads
back the same when it is written.
"""

from __future__ import annotations

import atheris
import msgspec

with atheris.instrument_imports(include=["exchange.folders"]):
    from exchange.folders.manifest import LONGEST_ID, BadFile, read_manifest
from health_platform.datasets.api import catalogue
from tests.fuzz.driving import fuzz


def exercise(data: bytes) -> None:
    """Read a manifest."""
    try:
        manifest = read_manifest(data)
    except BadFile as error:
        assert str(error)
        return
    assert manifest.dataset in catalogue()
    assert 0 < len(manifest.message_id) <= LONGEST_ID and manifest.message_id.isprintable()
    assert manifest.operation in ("upsert", "delete")
    assert read_manifest(msgspec.json.encode(manifest)) == manifest


def seeds() -> list[bytes]:
    """Whole ones, and ones with each fault."""
    sound = {"message_id": "lab-0301", "dataset": "emr_ex_lab", "sha256": "0" * 64}
    changes: tuple[dict[str, object], ...] = (
        {}, {"operation": "delete"}, {"operation": "drop"}, {"message_id": ""}, {"message_id": "消息\t1"}, {"dataset": "x"},
        {"colour": "red"}, {"sha256": None}, {"message_id": "m" * 101},
    )  # fmt: skip
    return [msgspec.json.encode({**sound, **change}) for change in changes] + [b"", b"[]", b'{"message_id":"\xff"}']


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=256)
