"""What the data-table macro draws: columns, and one page of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from browser_ui import filters


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: attribute or key of the row.
        kind: text, number, money, duration (minutes), month, day, moment, badge, flag or mono.
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

    @property
    def look(self) -> str:
        """The style classes of its cells."""
        return _LOOKS.get(self.kind, "")


_LOOKS = {
    "number": "num", "money": "num", "duration": "num nowrap", "month": "nowrap", "day": "nowrap", "moment": "nowrap",
    "mono": "mono",
}  # fmt: skip


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


def drawn(columns: Iterable[Column], row: Any) -> Markup:
    """The cells of one row. Not a macro: a page has hundreds of cells, and a call costs a macro more than its text.

    What comes from the row is escaped; ``Markup.format`` would do that by itself, at several times the cost.
    """
    return Markup("".join(_drawn(column, row) for column in columns))  # noqa: S704 - every part is escaped below


def _drawn(column: Column, row: Any) -> str:
    value = cell(row, column.key)
    inner = _badge(column, value) if column.kind == "badge" else escape(_TEXTS.get(column.kind, filters.show)(value))
    if column.href and value not in (None, ""):
        inner = f'<a href="{escape(link(column.href, row))}">{inner}</a>'
    return f'<td class="{column.look}">{inner}</td>'


def _badge(column: Column, value: Any) -> str:
    label, look = column.badges.get(value, (value, ""))
    return f'<span class="badge {escape(look)}">{escape(label)}</span>' if label else filters.MISSING


_TEXTS: dict[str, Callable[[Any], Any]] = {
    "month": filters.month,
    "day": filters.day,
    "moment": filters.moment,
    "number": filters.number,
    "money": filters.money,
    "duration": filters.duration,
    "flag": lambda value: "是" if value else "否",
}


def cells(row: Any, columns: Iterable[Column]) -> dict[str, Any]:
    """A row as the columns need it: what it has under their keys, to which a page adds what has to be looked up."""
    return {column.key: cell(row, column.key) for column in columns}


def in_order(rows: Iterable[Any], columns: Iterable[Column], sort: str) -> list[Any]:
    """A short list in the order its headings ask for (``-`` before a key turns it round); blank cells come last."""
    key = sort.removeprefix("-")
    if not any(column.sort and column.key == key for column in columns):
        return list(rows)
    filled: list[Any] = []
    blank: list[Any] = []
    for row in rows:
        (blank if cell(row, key) is None else filled).append(row)
    return sorted(filled, key=lambda row: cell(row, key), reverse=sort.startswith("-")) + blank


def link(pattern: str, row: Any) -> str:
    """Fill ``{name}`` in an address from the row."""
    return pattern.format_map(_Cells(row))


class _Cells(dict[str, Any]):
    def __init__(self, row: Any) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, key: str) -> Any:
        return cell(self.row, key)
