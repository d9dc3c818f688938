"""Tables in tests that read like those of a norm."""

from __future__ import annotations


def rows(table: str) -> list[dict[str, str]]:
    """``a | b`` over ``1 | 2`` → ``[{"a": "1", "b": "2"}]``."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
