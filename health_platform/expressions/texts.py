"""Functions on text. Length and position count characters; upper case is that of the Latin alphabet."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import re2

from health_platform.expressions.functions import Emitter, Function, Term, fixed, takes
from health_platform.expressions.nodes import Call, Kind, Literal, Node
from health_platform.expressions.problems import Mistyped

_WIDE: Final = "\u3000"
_BLANKS: Final = f" \t\r\n{_WIDE}"
_TRIM: Final = "^[ \\t\\r\\n\\x{3000}]+|[ \\t\\r\\n\\x{3000}]+$"
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_MAX_PATTERN = 500


def whole(pattern: str) -> str:
    """The RE2 pattern to search for, in memory as in ClickHouse, so that the written one covers the whole text.

    ``.*`` at an end is left away with its anchor: it says that anything may stand there, and would be matched sign by sign.
    """
    head, tail = r"\A", r"\z"
    if _simple(pattern):
        if pattern.startswith(".*") and pattern[2:3] not in ("?", "*", "+", "{"):
            head, pattern = "", pattern[2:]
        if re.search(r"(?<!\\)(\\\\)*\.\*\Z", pattern):
            tail, pattern = "", pattern[:-2]
    return f"{head}(?s:{pattern}){tail}"


def _simple(pattern: str) -> bool:
    """True without flags and quotations, and without alternatives outside of brackets."""
    bare = re.sub(r"\\.", "", pattern, flags=re.DOTALL)
    if "(?" in bare or "\\Q" in pattern:
        return False
    bare = re.sub(r"\[\^?\]?[^\]]*\]", "", bare)
    while (inner := re.sub(r"\([^()]*\)", "", bare)) != bare:
        bare = inner
    return "|" not in bare


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """A checked pattern.

    Raises:
        Mistyped: RE2, which never takes exponential time, cannot read it (back references, look-around).
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(whole(pattern), options)
    except re2.error as error:
        raise Mistyped(f"格式“{pattern}”无法识别（RE2 语法，不支持反向引用和环视）：{error}") from None


def _matches_kind(arguments: Sequence[Node]) -> Kind:
    takes(Kind.TEXT, Kind.TEXT, gives=Kind.BOOLEAN)(arguments)
    pattern = arguments[1]
    if not isinstance(pattern, Literal):
        raise Mistyped("matches 的格式应直接写出")
    if len(str(pattern.value)) > _MAX_PATTERN:
        raise Mistyped(f"格式不能超过 {_MAX_PATTERN} 个字符")
    compiled(str(pattern.value))
    return Kind.BOOLEAN


def _emit_matches(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
    pattern = call.arguments[1]
    assert isinstance(pattern, Literal)  # noqa: S101  # see _matches_kind
    return f"match({terms[0].text}, {emitter.bind(whole(str(pattern.value)))})"


def _substring_kind(arguments: Sequence[Node]) -> Kind:
    takes(Kind.TEXT, Kind.NUMBER, Kind.NUMBER, gives=Kind.TEXT)(arguments)
    for argument in arguments[1:]:
        fixed(argument, "substring 的位置和长度")
        if not isinstance(argument, Literal) or argument.value not in range(1, 10_000):
            raise Mistyped("substring 的位置和长度应为 1 至 9999 的整数")
    return Kind.TEXT


def _substring(text: str, start: Decimal, length: Decimal) -> str:
    return text[int(start) - 1 : int(start) - 1 + int(length)]


def _emit_substring(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
    start, length = (int(each.value) for each in call.arguments[1:] if isinstance(each, Literal))  # type: ignore[arg-type]
    return _known(terms[0], f"substringUTF8({terms[0].text}, {start}, {length})")


def _emit_trim(emitter: Emitter, call: Call, terms: Sequence[Term]) -> str:
    text = terms[0].text
    trimmed = f"trimBoth({text}, {emitter.bind(_BLANKS[:-1])})"
    # Only a text that still begins or ends with the wide blank needs the regular expression; ClickHouse trims bytes.
    wide = f"(startsWith({trimmed}, '{_WIDE}') OR endsWith({trimmed}, '{_WIDE}'))"
    return _known(terms[0], f"if({wide}, replaceRegexpAll({text}, {emitter.bind(_TRIM)}, ''), {trimmed})")


def _known(term: Term, made: str) -> str:
    """What was made of a text: unknown if nothing is left."""
    return made if term.blank else f"nullIf({made}, '')"


_PAIR = takes(Kind.TEXT, Kind.TEXT, gives=Kind.BOOLEAN)

TEXTS: Final = (
    Function(
        "length",
        "length(文本)",
        "字数",
        takes(Kind.TEXT, gives=Kind.NUMBER),
        lambda text: Decimal(len(text)),
        "nullIf(toInt64(lengthUTF8({0})), 0)",
        "{0}的字数",
    ),
    Function(
        "starts_with",
        "starts_with(文本, 开头)",
        "以此开头",
        _PAIR,
        lambda a, b: a.startswith(b),
        "startsWith({0}, {1})",
        "{0}以{1}开头",
    ),
    Function(
        "contains",
        "contains(文本, 片段)",
        "包含片段",
        _PAIR,
        lambda a, b: b in a,
        "(position({0}, {1}) > 0)",
        "{0}包含{1}",
    ),
    Function(
        "matches",
        "matches(文本, '格式')",
        "整个文本符合正则表达式（RE2）",
        _matches_kind,
        lambda text, pattern: compiled(pattern).search(text) is not None,
        _emit_matches,
        "{0}符合格式{1}",
    ),
    Function(
        "upper",
        "upper(文本)",
        "拉丁字母转为大写",
        takes(Kind.TEXT, gives=Kind.TEXT),
        lambda text: text.translate(_UPPER),
        "upper({0})",
        "{0}的大写",
    ),
    Function(
        "trim",
        "trim(文本)",
        "去掉首尾空白",
        takes(Kind.TEXT, gives=Kind.TEXT),
        lambda text: text.strip(_BLANKS),
        _emit_trim,
        "去空白的{0}",
        partial=True,
    ),
    Function(
        "substring",
        "substring(文本, 起始位置, 长度)",
        "取一段，位置从 1 数起",
        _substring_kind,
        _substring,
        _emit_substring,
        "{0}第{1}位起{2}位",
        partial=True,
    ),
)
