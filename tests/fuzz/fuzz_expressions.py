"""Fuzz the expression language: python -m tests.fuzz.fuzz_expressions [-runs=5000000] [corpus folder]

Half of the texts are made of the words of the language, one a byte. Whatever the text: it is refused with a position and a
reason, or it is a tree that is written out again as text with the same meaning.
"""

from __future__ import annotations

import atheris

with atheris.instrument_imports(include=["health_platform.expressions"]):
    from health_platform.expressions.api import FUNCTIONS, Kind, parse, to_text
    from health_platform.kernel.errors import PlatformError
from tests.fuzz.driving import fuzz

WORDS = (
    "a", "b", "c", "d", "e", ":p", "x", "1", "-2.5", "0", "'t'", "''", "true", "false", "null", "today()", "2026-01-31",
    "and", "or", "not", "=", "!=", "<", "<=", ">", ">=", "in", "between", "is", "+", "-", "*", "/", "(", ")", ",", "where",
    "count", "sum", "ratio", "avg", "min", "max", *(name + "(" for name in sorted(FUNCTIONS)),
)  # fmt: skip
FIELDS = {"a": Kind.NUMBER, "b": Kind.TEXT, "c": Kind.BOOLEAN, "d": Kind.DAY, "e": Kind.INSTANT}


def exercise(data: bytes) -> None:
    """Read, write out, read again."""
    choice = data[0] if data else 0
    text = data[1:].decode("utf-8", "replace") if choice % 4 < 2 else " ".join(WORDS[each % len(WORDS)] for each in data[1:])
    try:
        node = parse(text, FIELDS, aggregate=bool(choice % 2))
    except PlatformError as error:
        assert error.facts.get("reason")
        return
    again = parse(to_text(node), FIELDS, aggregate=bool(choice % 2))
    assert again == node, (text, to_text(node))


def seeds() -> list[bytes]:
    """Every function and kind of comparison once, as text, alone and as a sum over rows."""
    texts = (
        "a > 1 and b = 't' or not c", "a between 1 and 2.5", "b in ('t', 'u')", "d is null or e is not null",
        "d >= 2026-01-31 and d < today()", "a + 1 - 2 * 3 / 4 != -2.5", "a <= :p and (c or false)", "null", "true",
    )  # fmt: skip
    totals = ("count where a > 1", "sum(a) where c", "ratio(c, a > 1)", "avg(a) / max(a) - min(a)")
    calls = [f"{name}({', '.join('abcde'[:count])})" for name in sorted(FUNCTIONS) for count in (1, 2)]
    alone = [bytes([0]) + text.encode() for text in (*texts, *calls)]
    return alone + [bytes([1]) + text.encode() for text in totals] + [bytes([2]) + bytes(range(len(WORDS)))]


if __name__ == "__main__":
    fuzz(exercise, seeds(), longest=48)
