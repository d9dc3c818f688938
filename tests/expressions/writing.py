"""Hypothesis strategies that write expressions of every function over the fields of :mod:`.rows`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache, wraps

from hypothesis import strategies as st

from tests.expressions.rows import DAYS, FIELDS, MOMENTS, NUMBERS, TEXTS

PATTERNS = (
    "[A-Z][0-9]{2}(\\.[0-9]+)?",
    "a.*",
    ".",
    "..",
    "",
    "[一-龥]+",
    "(?i)ABC",
    "\\d+",
    "it''s",
    "a|b",
    "^a$",
    ".{2,}",
    *(
        "\\S+",
        "[^a]*",
        "\\p{Han}+",
        "a{2,3}",
        "(a|b)*c?",
        "(?i)s",
        "(?i)k",
        "\\bO.*",
        "(?m)^a$",
        "\\.",
        "x+",
        "(?:1\\n|\\x00)",
        "[\\s\\S]*",
    ),
)
ENDS = (
    "",
    ".*",
    "\\.*",
    "\\\\.*",
    ".*?",
    ".*+",
    ".*{2}",
    "a.*",
    "[.*",
    "]",
    ".*a",
    "(",
    ")",
    "(?i)",
    "\\Q",
    "\\E",
    "|",
    "^",
    "$",
)
MIDDLES = ("a", "a|b", "(a|b)", "[|]", "[^]|]", "\\|", "\\(", "O[0-9]{2}", "", "(a|b)|c", "((a|b)c)", "[(]", "x\\Q|\\E", "(?s:.)")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "<>")


def shared(make: Callable[[int], st.SearchStrategy[str]]) -> Callable[[int], st.SearchStrategy[str]]:
    """One lazily built strategy for every depth: the strategies refer to each other many times over."""

    @cache
    @wraps(make)
    def strategy(depth: int) -> st.SearchStrategy[str]:
        return st.deferred(lambda: make(depth))

    return strategy


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def fields(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, each in FIELDS.items() if each.value == kind])


numbers_written = st.one_of(
    st.sampled_from([str(each) for each in (*NUMBERS, "0.5", "2.345", "0.000001", "9999999999999999999.999999")]),
    st.decimals(-1000, 1000, places=3).map(lambda value: format(value + Decimal(0), "f")),
)
texts_written = st.sampled_from([quoted(text) for text in TEXTS if text])
days_written = st.sampled_from([f"date '{day}'" for day in DAYS])
moments_written = st.sampled_from([f"instant '{moment.isoformat(sep=' ')}'" for moment in MOMENTS])


@shared
def text(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(fields("text"), fields("text"), texts_written, st.just(":wanted"))
    if depth == 0:
        return leaf
    part = text(depth - 1)
    return st.one_of(
        leaf,
        st.builds("{}({})".format, st.sampled_from(["upper", "trim"]), part),
        st.builds("substring({}, {}, {})".format, part, st.integers(1, 5), st.integers(1, 5)),
        st.builds("coalesce({}, {})".format, part, part),
        choice(depth, part),
    )


@shared
def number(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(fields("number"), fields("number"), numbers_written, st.just(":limit"))
    if depth == 0:
        return leaf
    part = number(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, part, st.sampled_from("+-*/"), part),
        st.builds("{} {} {}".format, part, st.sampled_from("+-*/"), part),
        st.builds("-{}".format, part),
        st.builds("{}({})".format, st.sampled_from(["abs", "round"]), part),
        st.builds("round({}, {})".format, part, st.integers(0, 6)),
        st.builds("ratio({}, {})".format, part, part),
        st.builds("coalesce({}, {})".format, part, part),
        st.builds("length({})".format, text(depth - 1)),
        st.builds("number({})".format, text(depth - 1)),
        st.builds("{}({})".format, st.sampled_from(["year", "month", "quarter"]), dated(depth - 1)),
        st.builds(
            "{}({}, {})".format,
            st.sampled_from(["days_between", "months_between", "years_between"]),
            dated(depth - 1),
            dated(depth - 1),
        ),
        st.builds("{}({}, {})".format, st.sampled_from(["hours_between", "minutes_between"]), moment(), moment()),
        choice(depth, part),
    )


@shared
def day(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(fields("day"), fields("day"), days_written, st.just("today()"))
    if depth == 0:
        return leaf
    shift = st.one_of(st.integers(-3000, 3000).map(str), number(depth - 1))
    return st.one_of(
        leaf,
        st.builds("day_of({})".format, moment()),
        st.builds("{}({}, {})".format, st.sampled_from(["add_days", "add_months"]), dated(depth - 1), shift),
        choice(depth, day(depth - 1)),
    )


def moment() -> st.SearchStrategy[str]:
    return st.one_of(fields("instant"), fields("instant"), moments_written)


@shared
def dated(depth: int) -> st.SearchStrategy[str]:
    return st.one_of(day(depth), moment())


def choice(depth: int, part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("if({}, {}, {})".format, boolean(depth - 1), st.one_of(part, st.just("null")), part)


@shared
def boolean(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(fields("boolean"), st.sampled_from(["true", "false"]))
    if depth == 0:
        return st.one_of(leaf, compared(0))
    part = boolean(depth - 1)
    return st.one_of(
        compared(depth - 1),
        compared(0),
        st.builds("({}) {} ({})".format, part, st.sampled_from(["and", "or"]), part),
        st.builds("{} {} {}".format, compared(0), st.sampled_from(["and", "or"]), compared(0)),
        st.builds("not ({})".format, part),
        st.builds("({}) {} {}".format, part, st.sampled_from(["=", "!="]), leaf),
        st.builds("({}) is {}null".format, part, st.sampled_from(["", "not "])),
        st.builds("if({}, {}, {})".format, part, leaf, part),
    )


@shared
def compared(depth: int) -> st.SearchStrategy[str]:
    sign = st.sampled_from(COMPARISONS)
    negated = st.sampled_from(["", "not "])
    kinds = [text(depth), number(depth), day(depth), moment()]
    tests = [st.builds("{} {} {}".format, part, sign, part) for part in kinds]
    tests += [st.builds("{} {}between {} and {}".format, part, negated, part, part) for part in kinds]
    tests += [st.builds("{} is {}null".format, part, negated) for part in kinds]
    tests += [
        st.builds("{} {}in ({}, {})".format, text(depth), negated, texts_written, st.one_of(texts_written, st.just(":wanted"))),
        st.builds("{} {}in ({}, {})".format, number(depth), negated, numbers_written, numbers_written),
        st.builds("{} in ({})".format, day(depth), days_written),
        st.builds("{}({}, {})".format, st.sampled_from(["starts_with", "contains"]), text(depth), text(depth)),
        st.builds("matches({}, {})".format, text(depth), st.sampled_from([f"'{each}'" for each in PATTERNS if each])),
        st.builds("{}({})".format, st.sampled_from(["valid_id_number", "valid_credit_code"]), text(depth)),
    ]
    return st.one_of(tests)


@shared
def total(depth: int) -> st.SearchStrategy[str]:
    where = st.one_of(st.just(""), boolean(depth).map(" where {}".format))
    anything = st.one_of(text(depth), number(depth), day(depth), moment())
    leaf = st.one_of(
        where.map("count({})".format),
        st.builds("{}({}{})".format, st.sampled_from(["sum", "avg", "min", "max"]), number(depth), where),
        st.builds("distinct({}{})".format, anything, where),
    )
    return st.one_of(
        leaf, st.builds("{}({}, {})".format, st.just("ratio"), leaf, leaf), st.builds("{} * 100 - {}".format, leaf, leaf)
    )
