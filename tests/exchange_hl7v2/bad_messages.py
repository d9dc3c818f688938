"""Named bad HL7 v2 inputs, made by damaging good messages in every way senders and networks do."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exchange_hl7v2.samples import adt, oru

_HEADER_VALUES = {
    "empty": "",
    "null": '""',
    "blank": " ",
    "long": "x" * 5000,
    "letters": "abc",
    "negative": "-1",
    "chinese": "错误",
    "separator": "\\F\\",
    "open_escape": "\\",
    "control": "\x07",
    "sql": "'; DROP TABLE hl7_message; --",
    "path": "../../etc/passwd",
    "bidi": "\u202eevil",
    "repetition": "A~B~C",
    "subcomponents": "&".join("x" * 50),
    "components": "^".join("x" * 200),
}
_BYTES = {
    "nul": b"\x00",
    "invalid_utf8": b"\xff\xfe\xfd",
    "half_character": "张".encode()[:2],
    "gb18030_in_utf8": "张三".encode("gb18030"),
    "overlong": b"\xc0\xaf",
    "surrogate": b"\xed\xa0\x80",
    "bom_inside": b"\xef\xbb\xbf",
    "form_feed": b"\x0c",
    "unit_separator": b"\x1f",
}


def bad_messages(facility: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every bad input; none of them may be accepted silently as something it is not, none may crash."""
    for name, good in (("adt", adt(facility=facility)), ("oru", oru(facility=facility))):
        yield from _shapes(name, good)
        yield from _header_fields(name, good)
        yield from _cut(name, good)
        yield from _bytes(name, good)
        yield from _segments(name, good)
        yield from _fields(name, good)


def _shapes(name: str, good: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{name}/empty", b""
    yield f"{name}/only_line_ends", b"\r\r\n\n"
    yield f"{name}/no_header", good.split(b"\r", 1)[1]
    yield f"{name}/lower_case_header", good.replace(b"MSH", b"msh", 1)
    yield f"{name}/utf16", good.decode().encode("utf-16")
    yield f"{name}/utf32", good.decode().encode("utf-32")
    yield f"{name}/xml", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"
    yield f"{name}/json", b'{"resourceType":"Patient"}'
    yield f"{name}/http", b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + good
    yield f"{name}/twice", good + good
    yield f"{name}/blanks_before", b"   " + good
    yield f"{name}/no_line_ends", good.replace(b"\r", b"")
    yield f"{name}/only_escapes", b"MSH|^~\\&|" + b"\\" * 10_000
    yield f"{name}/many_segments", good + b"NTE|1||x\r" * 25_000
    yield f"{name}/wide_segment", good + b"NTE" + b"|" * 100_000 + b"\r"
    yield f"{name}/deep_components", good + b"NTE|1||" + b"^&" * 50_000 + b"\r"
    yield f"{name}/many_repetitions", good.replace(b"^MR", b"^MR" + b"~x^^^y^PI" * 5000, 1)


def _header_fields(name: str, good: bytes) -> Iterator[tuple[str, bytes]]:
    header, rest = good.decode().split("\r", 1)
    fields = header.split("|")
    for number in range(1, 19):
        for kind, value in _HEADER_VALUES.items():
            changed = [*fields, *[""] * (20 - len(fields))]
            changed[number] = value
            yield f"{name}/msh_{number + 1}_{kind}", f"{'|'.join(changed)}\r{rest}".encode()


def _cut(name: str, good: bytes) -> Iterator[tuple[str, bytes]]:
    for end in range(0, len(good), 7):
        yield f"{name}/cut_at_{end}", good[:end]
    for start in range(1, len(good), 23):
        yield f"{name}/begun_at_{start}", good[start:]


def _bytes(name: str, good: bytes) -> Iterator[tuple[str, bytes]]:
    for kind, added in _BYTES.items():
        for place in range(4, len(good), len(good) // 12):
            yield f"{name}/{kind}_at_{place}", good[:place] + added + good[place:]


def _segments(name: str, good: bytes) -> Iterator[tuple[str, bytes]]:
    lines = good.rstrip(b"\r").split(b"\r")
    for number, line in enumerate(lines):
        yield f"{name}/without_{number}", b"\r".join(lines[:number] + lines[number + 1 :])
        yield f"{name}/doubled_{number}", b"\r".join([*lines[:number], line, *lines[number:]])
        yield f"{name}/renamed_{number}", b"\r".join([*lines[:number], b"Z!Z" + line[3:], *lines[number + 1 :]])
        yield f"{name}/first_{number}", b"\r".join([line, *lines[:number], *lines[number + 1 :]])
        yield f"{name}/bare_{number}", b"\r".join([*lines[:number], line[:3], *lines[number + 1 :]])
    yield f"{name}/backwards", b"\r".join([lines[0], *reversed(lines[1:])])


def _fields(name: str, good: bytes) -> Iterator[tuple[str, bytes]]:
    lines = good.decode().rstrip("\r").split("\r")
    for row, line in enumerate(lines[1:], 1):
        fields = line.split("|")
        for column in range(1, len(fields)):
            for kind in ("empty", "null", "long", "control", "open_escape"):
                changed = "|".join([*fields[:column], _HEADER_VALUES[kind], *fields[column + 1 :]])
                yield (
                    f"{name}/{fields[0].lower()}{row}_{column}_{kind}",
                    "\r".join([*lines[:row], changed, *lines[row + 1 :]]).encode(),
                )
