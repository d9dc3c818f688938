"""Escape sequences of HL7 v2 chapter 2.7, both ways."""

import re
from functools import lru_cache

from exchange.hl7v2.delimiters import Delimiters

_FORMAT = re.compile(r"\.(br|sp|sk|in|ti|fi|nf|ce)([+-]?\d{0,3})")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_LONGEST = 8192  # an escape longer than any \X...\ seen in the field is text, not an escape


@lru_cache(maxsize=64)
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}([^{mark}\r\n]{{1,{_LONGEST}}}){mark}")


@lru_cache(maxsize=64)
def _literals(marks: Delimiters) -> dict[str, str]:
    return {
        "F": marks.field,
        "S": marks.component,
        "R": marks.repetition,
        "E": marks.escape,
        "T": marks.subcomponent,
        "P": marks.truncation or "#",
        "H": "",  # highlighting carries no content
        "N": "",
    }


def decode(text: str, marks: Delimiters, charset: str = "utf-8") -> str:
    """Text with its escape sequences resolved.

    An unknown, local (``\\Z..\\``) or unterminated sequence stays as it was sent: leaving it visible is safer than guessing.

    Args:
        charset: Python codec of the message, used for ``\\Xhh..\\``.
    """
    if not marks.escape or marks.escape not in text:
        return text
    text = _decode_multibyte(text, marks.escape)
    literals = _literals(marks)

    def resolve(match: re.Match[str]) -> str:
        body = match[1]
        literal = literals.get(body)
        return literal if literal is not None else _resolve_long(body, match[0], charset)

    return _pattern(marks.escape).sub(resolve, text)


def _resolve_long(body: str, whole: str, charset: str) -> str:
    kind, rest = body[0], body[1:]
    if kind == "." and (command := _FORMAT.fullmatch(body)):
        return _formatted(command[1], command[2])
    if kind == "X" and _HEX.fullmatch(rest):
        return _hexadecimal(bytes.fromhex(rest), charset)
    if kind == "C" and _HEX.fullmatch(rest):
        return ""  # switches back to a single-byte set; the text itself was decoded with the message
    return whole


def _formatted(command: str, count: str) -> str:
    times = min(abs(int(count)), 100) if count.strip("+-") else 1
    if command in ("br", "sp", "ce"):
        return "\n" * (times if command == "sp" else 1)
    return " " * times if command == "sk" else ""


def _hexadecimal(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decode_multibyte(text: str, escape: str) -> str:
    """Sections switched by ``\\Mxxyyzz\\`` to a 7-bit multi-byte set of ISO 2022, up to the next ``\\C..\\``."""
    mark = re.escape(escape)
    section = re.compile(f"{mark}M((?:[0-9A-Fa-f]{{2}}){{2,3}}){mark}([^{mark}]*)(?:{mark}C[0-9A-Fa-f]{{4,6}}{mark})?")

    def switch(match: re.Match[str]) -> str:
        try:
            return (b"\x1b" + bytes.fromhex(match[1]) + match[2].encode("ascii")).decode("iso2022_jp_2")
        except UnicodeError:
            return match[0]

    return section.sub(switch, text) if f"{escape}M" in text else text


def encode(text: str, marks: Delimiters) -> str:
    """Text that can stand in a field: ``decode(encode(text)) == text``."""
    return text.translate(_table(marks))


@lru_cache(maxsize=64)
def _table(marks: Delimiters) -> dict[int, str]:
    mark = marks.escape
    if not mark:  # a sender without an escape character cannot be told apart; a blank keeps the structure whole
        return {ord(character): " " for character in f"{marks.field}{marks.encoding_characters}\r\n"}
    named = {marks.field: "F", marks.component: "S", marks.repetition: "R", mark: "E", marks.subcomponent: "T"}
    if marks.truncation:
        named[marks.truncation] = "P"
    table = {ord(character): f"{mark}{name}{mark}" for character, name in named.items() if character}
    table.update({code: f"{mark}X{code:02X}{mark}" for code in range(32) if code not in (9, 10)})
    table[10] = f"{mark}.br{mark}"
    return table
