"""What the data-table macro draws: columns, and one page of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: attribute or key of the row.
        kind: text, number, money, duration (minutes), day, moment, badge, flag or mono.
        sort: whether the heading is a sort link (``?sort=key`` and ``?sort=-key``).
        href: address of the cell's link; ``{id}`` is replaced by the row's attribute of that name.
        badges: for kind ``badge``: value -> (label, "ok" | "warn" | "bad" | "info" | "").
    """

    key: str
    label: str
    kind: str = "text"
    sort: bool = False
    href: str = ""
    badges: dict[Any, tuple[str, str]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Page:
    """One page of a longer list; ``number`` counts from 1."""

    rows: Sequence[Any]
    total: int
    number: int = 1
    size: int = 50

    @property
    def last(self) -> int:
        """Number of the last page, at least 1."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last_row(self) -> int:
        return (self.number - 1) * self.size + len(self.rows)


def cell(row: Any, key: str) -> Any:
    """The value of a row under a key, whether the row is a mapping or an object. Missing is ``None``."""
    return row.get(key) if isinstance(row, dict) else getattr(row, key, None)


def link(pattern: str, row: Any) -> str:
    """Fill ``{name}`` in an address from the row."""
    return pattern.format_map(_Cells(row))


class _Cells(dict[str, Any]):
    def __init__(self, row: Any) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, key: str) -> Any:
        return cell(self.row, key)
