"""Which characters a message is written in (MSH-18, table HL70211)."""

import codecs
import re
from collections.abc import Sequence
from typing import Final

from exchange.hl7v2.faults import Location, Reason, Unreadable

_CODECS: Final = {
    "ASCII": "ascii", "US-ASCII": "ascii", "ISO IR6": "ascii", "ISO-IR6": "ascii", "8859/1": "latin-1", "ISO-8859-1": "latin-1",
    **{f"8859/{part}": f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)},
    "UNICODE UTF-8": "utf-8", "UNICODE": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8", "ISO IR192": "utf-8",
    "GB 18030-2000": "gb18030", "GB 18030-2005": "gb18030", "GB 18030-2022": "gb18030", "GB18030-2000": "gb18030",
    "GB18030": "gb18030", "GB 18030": "gb18030", "GBK": "gb18030", "GB2312": "gb18030",
    "GB 2312": "gb18030", "ISO IR58": "gb18030",
    "BIG-5": "big5hkscs", "BIG5": "big5hkscs", "CNS 11643-1992": "big5hkscs",
    "ISO IR14": "shift_jis", "ISO IR87": "iso2022_jp", "ISO IR159": "iso2022_jp_1", "KS X 1001": "euc_kr",
}  # fmt: skip
NAMES: Final = {"gb18030": "GB 18030-2000", "utf-8": "UNICODE UTF-8", "ascii": "ASCII", "latin-1": "8859/1"}

_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_WHERE: Final = Location("MSH", 18)
_WITHOUT_DECLARATION: Final = ("utf-8", "gb18030")  # valid UTF-8 is hardly ever GB18030 by accident; not the reverse


def decode(raw: bytes, default: str = "") -> tuple[str, str]:
    """Text of a message and the Python codec it was read with.

    Bytes are decoded before anything is split: the second byte of a GB18030 character may be ``|``, ``^``, ``~`` or ``\\``.

    Args:
        default: codec for messages without MSH-18; empty = UTF-8 if the bytes are, else GB18030.

    Raises:
        Unreadable: MSH-18 names an unknown set, or the bytes are not in the declared one.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    declared = _declared(raw)
    if not declared:
        return _first_fitting(raw, (default,) if default else _WITHOUT_DECLARATION)
    codec = _CODECS.get(declared.strip().upper().replace("_", " "))
    if codec is None:
        raise Unreadable(Reason.TABLE_VALUE, f"unknown character set {declared[:40]!r}", _WHERE)
    if codec == "gb18030" and _is_chinese_utf8(raw):
        return raw.decode("utf-8"), "utf-8"  # read as declared it would become other characters, and another person's name
    # "ASCII" is what many systems send while they write UTF-8; valid UTF-8 is proof enough, other bytes are not.
    return _first_fitting(raw, ("ascii", "utf-8") if codec == "ascii" else (codec,))


def decode_file(raw: bytes, default: str = "") -> tuple[str, str]:
    """Text of a file of messages: file and batch headers declare no character set, its first message does."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    start = raw.find(b"MSH") if raw[:3] in (b"FHS", b"BHS") else 0
    _, codec = decode(raw[max(start, 0) :], default)
    try:
        return raw.decode(codec), codec
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.DATA_TYPE, f"the envelope is not valid {codec}", _WHERE) from error


def _is_chinese_utf8(raw: bytes) -> bool:
    """Whether bytes declared as GB18030 are UTF-8 in truth: that all of a Chinese message in GB18030 is valid UTF-8 and holds
    Chinese characters as such does not happen by accident."""
    try:
        return _CHINESE.search(raw.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def _first_fitting(raw: bytes, candidates: Sequence[str]) -> tuple[str, str]:
    for codec in candidates:
        try:
            return raw.decode(codec), codec
        except UnicodeDecodeError:
            continue
    raise Unreadable(Reason.DATA_TYPE, f"the bytes are not valid {' or '.join(candidates)}", _WHERE)


def _declared(raw: bytes) -> str:
    header = raw[:4096].split(b"\r", 1)[0].split(b"\n", 1)[0]
    if len(header) < 5:
        return ""
    for codec in _WITHOUT_DECLARATION:
        try:
            fields = header.decode(codec).split(header[3:4].decode("ascii", "replace"))
        except (UnicodeDecodeError, ValueError):
            continue
        repetitions = fields[17].replace("\\", "~").split("~") if len(fields) > 17 else [""]
        return next((name for name in repetitions if name), "") if header[:3] == b"MSH" else ""
    return ""
