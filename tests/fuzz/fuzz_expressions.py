"""Fuzz the expression language: python -m tests.fuzz.fuzz_expressions [-runs=1000000] [corpus folder]

Half of the texts are made of the words of the language, one a byte. Whatever the text: it is refused with a position and a
reason, or it is a tree that is written out again as text with the same meaning.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["health_platform.expressions"]):
    from health_platform.expressions.api import FUNCTIONS, Kind, parse, to_text
    from health_platform.kernel.errors import PlatformError

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


def main() -> None:
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
