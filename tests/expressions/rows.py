"""The fields of the tests, and rows with everything that is awkward: absent values, extremes, odd texts, old days."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from health_platform.expressions.api import Kind
from health_platform.kernel.warehouse.api import Column, TableSpec

FIELDS: dict[str, Kind] = {
    "name": Kind.TEXT,
    "code": Kind.TEXT,
    "note": Kind.TEXT,
    "amount": Kind.NUMBER,
    "times": Kind.NUMBER,
    "price": Kind.NUMBER,
    "born": Kind.DAY,
    "died": Kind.DAY,
    "came": Kind.INSTANT,
    "left_at": Kind.INSTANT,
    "stored_at": Kind.INSTANT,
    "urgent": Kind.BOOLEAN,
    "paid": Kind.BOOLEAN,
}

TABLE = TableSpec(
    "sample",
    (
        Column("id", "UInt64"),
        Column("name", "String"),
        Column("code", "LowCardinality(String)"),
        Column("note", "Nullable(String)"),  # as the fields of a joined row that was not found
        Column("amount", "Nullable(Decimal(18, 4))"),
        Column("times", "Nullable(Int64)"),
        Column("price", "Nullable(Decimal(18, 1))"),
        Column("born", "Nullable(Date32)"),
        Column("died", "Nullable(Date32)"),
        Column("came", "Nullable(DateTime64(3, 'UTC'))"),
        Column("left_at", "Nullable(DateTime64(3, 'UTC'))"),
        Column("stored_at", "DateTime64(3, 'UTC')"),
        Column("urgent", "Nullable(UInt8)"),
        Column("paid", "Nullable(UInt8)"),
        Column("version", "UInt64"),
        Column("is_deleted", "UInt8"),
    ),
    ("id",),
)

TEXTS = (
    *("", " ", "a", "A", "abc", "O80", "o80.1", "C50", "男", "王小明", " 王　", "张\n三", "it's", "%s", "\\", "{0}"),
    *("10.5", "-3", "1e5", "0007", "100%", "_", "𠮷野家", "𠮷", "ß", "é", "x" * 300),
    *("11010519491231002X", "11010519491231002x", "110105194912310021", "440524188001010014", "91350100M000100Y43"),
    *("11010520230229001X", "1101052023022900", "110105210002290013"),
    *("+5", "5.", ".5", "-0", "0.0000001", "1234567890123456789.123456", "9999999999999999999.999999", "12345678901234567890"),
    *("１０", "٣", "1 ", "\n1", "1\n", "a\x00b", "\x00", "👨‍👩‍👧", "e\u0301", "ſ", "K", "İ", "\u00a0x\u00a0", "\u2028", "\x1f"),
    *("a|b", "^a$", "'", "''", "aa", "aA\u3000aa", "TRUE", "null"),
)
NUMBERS = (0, 1, -1, 2, 3, 7, 10, 100, 999, -999)
EXTREME_WHOLES = (2**63 - 1, -(2**63), 10**15, -(10**15))
_GREATEST = "99999999999999.9999"
_AMOUNTS = ("0", "0.0001", "-0.0001", "0.5", "1.5", "-2.5", "2.3450", _GREATEST, f"-{_GREATEST}")
AMOUNTS = tuple(map(Decimal, _AMOUNTS))
PRICES = tuple(map(Decimal, ("0", "0.1", "-0.1", "12.5", "99999999999999999.9", "-99999999999999999.9", "-0.5")))
DAYS = (
    *(date(1900, 1, 1), date(1949, 10, 1), date(1988, 4, 17), date(2000, 2, 29), date(2001, 2, 28), date(2001, 3, 1)),
    *(date(2024, 2, 29), date(2026, 1, 31), date(2026, 2, 28), date(2026, 11, 21), date(2299, 12, 31)),
)
MOMENTS = (
    *(datetime(1900, 1, 1, tzinfo=UTC), datetime(1988, 6, 30, 15, 30, tzinfo=UTC), datetime(1991, 9, 14, 16, tzinfo=UTC)),
    *(datetime(2026, 1, 30, 15, 59, 59, 999000, tzinfo=UTC), datetime(2026, 1, 30, 16, tzinfo=UTC)),
    *(datetime(2026, 2, 1, 0, 0, 0, 1000, tzinfo=UTC), datetime(2299, 12, 31, 15, 59, tzinfo=UTC)),
    # summer times of 1940 and 1986, the last seconds of the calendar, a leap day that begins in Beijing
    *(datetime(1940, 6, 1, 15, 30, tzinfo=UTC), datetime(1986, 5, 4, 15, 30, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)),
    datetime(2299, 12, 31, 15, 59, 59, 999000, tzinfo=UTC),
    *(datetime(1969, 12, 31, 15, 59, 59, 999000, tzinfo=UTC), datetime(2024, 2, 28, 16, tzinfo=UTC)),
)

_CHANCE_ABSENT = 0.2


def sample(count: int, seed: int) -> list[dict[str, Any]]:
    """Rows by field name, as the warehouse takes them."""
    chance = random.Random(seed)
    return [_row(chance) for _ in range(count)]


def _row(chance: random.Random) -> dict[str, Any]:
    def some(*pools: Any) -> Any:
        return None if chance.random() < _CHANCE_ABSENT else chance.choice(chance.choice(pools))

    def day() -> Any:
        near = [date(2020, 1, 1) + timedelta(days=chance.randrange(2000)) for _ in range(3)]
        return some(DAYS, near)

    def moment() -> Any:
        near = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(10**10)) for _ in range(3)]
        return some(MOMENTS, near)

    return {
        "name": some(TEXTS) or "",
        "code": some(TEXTS) or "",
        "note": some(TEXTS),
        "amount": some(AMOUNTS, [Decimal(chance.randrange(-(10**7), 10**7)).scaleb(-4)]),
        "times": some(NUMBERS, NUMBERS, EXTREME_WHOLES),
        "price": some(PRICES),
        "born": day(),
        "died": day(),
        "came": moment(),
        "left_at": moment(),
        "stored_at": moment() or MOMENTS[0],
        "urgent": some((0, 1)),
        "paid": some((0, 1)),
    }
