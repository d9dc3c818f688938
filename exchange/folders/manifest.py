"""The manifest of a file: written last, so that its presence says that the file is complete.

``lab-0301.csv`` is announced by ``lab-0301.csv.manifest.json``::

    {"message_id": "lab-0301", "dataset": "emr_ex_lab", "sha256": "…", "operation": "upsert"}
"""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path
from typing import Final, Literal

import msgspec

from etl.api import Operation
from health_platform.datasets.api import catalogue

SUFFIX: Final = ".manifest.json"
FORMATS: Final = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".xlsx": "xlsx"}
Encoding = Literal["utf-8-sig", "gb18030"]


class BadFile(ValueError):
    """A file or manifest that cannot be taken; the Chinese text says why."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender says of a file. ``sha256`` is of the whole file, in hex."""

    message_id: str
    dataset: str
    sha256: str
    operation: Operation = "upsert"


def read_manifest(path: Path) -> Manifest:
    """The manifest at ``path``.

    Raises:
        BadFile: it is not JSON of this form, or names an unknown dataset.
    """
    try:
        manifest = msgspec.json.decode(path.read_bytes()[:65_536], type=Manifest)
    except msgspec.DecodeError as error:
        raise BadFile(f"清单无法读取: {error}") from error
    if manifest.dataset not in catalogue():
        raise BadFile(f"没有数据集 {manifest.dataset}")
    if not 0 < len(manifest.message_id) <= 100:
        raise BadFile("消息编号应为 1 至 100 个字符")
    return manifest


def verify(path: Path, sha256: str) -> Encoding:
    """Check the digest of a file and find its encoding, in one pass of constant memory.

    Raises:
        BadFile: the content is not what the manifest announces.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding: Encoding = "utf-8-sig"
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            encoding = encoding if encoding == "gb18030" or _decodes(decoder, block) else "gb18030"
    if digest.hexdigest() != sha256.lower():
        raise BadFile("文件摘要与清单不符")
    return encoding


def format_of(path: Path) -> str:
    """The format by the file's ending.

    Raises:
        BadFile: not one of CSV, NDJSON and XLSX.
    """
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise BadFile(f"不支持的文件类型 {path.suffix}")
    return found


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True
