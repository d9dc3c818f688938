"""The manifest of a file: written last, so that its presence says that the file is complete.

``lab-0301.csv`` is announced by ``lab-0301.csv.manifest.json``::

    {"message_id": "lab-0301", "dataset": "emr_ex_lab", "sha256": "…", "operation": "upsert"}
"""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path
from typing import IO, Final, Literal

import msgspec

from etl.api import Operation
from health_platform.datasets.api import catalogue

SUFFIX: Final = ".manifest.json"
FORMATS: Final = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".xlsx": "xlsx"}
LONGEST: Final = 65_536  # bytes of a manifest
LONGEST_ID: Final = 100
Encoding = Literal["utf-8-sig", "gb18030"]


class BadFile(ValueError):
    """A file or manifest that cannot be taken; the Chinese text says why."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender says of a file. ``sha256`` is of the whole file, in hex."""

    message_id: str
    dataset: str
    sha256: str
    operation: Operation = "upsert"


def read_manifest(content: bytes) -> Manifest:
    """The manifest in these bytes.

    Raises:
        BadFile: they are not JSON of this form, or name an unknown dataset.
    """
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"清单无法读取: {error}") from error
    if manifest.dataset not in catalogue():
        raise BadFile(f"没有数据集 {manifest.dataset}")
    if not 0 < len(manifest.message_id) <= LONGEST_ID or not manifest.message_id.isprintable():
        raise BadFile(f"消息编号应为 1 至 {LONGEST_ID} 个可见字符")
    return manifest


def verify(file: IO[bytes], sha256: str) -> Encoding:
    """Read a file to its end, check its digest and find its encoding, in one pass of constant memory.

    Raises:
        BadFile: the content is not what the manifest announces.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    while block := file.read(1 << 20):
        digest.update(block)
        utf8 = utf8 and _decodes(decoder, block)
    if digest.hexdigest() != sha256.lower():
        raise BadFile("文件摘要与清单不符")
    return "utf-8-sig" if utf8 and _decodes(decoder, b"", final=True) else "gb18030"


def format_of(path: Path) -> str:
    """The format by the file's ending.

    Raises:
        BadFile: not one of CSV, NDJSON and XLSX.
    """
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise BadFile(f"不支持的文件类型 {path.suffix}")
    return found


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
