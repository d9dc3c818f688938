"""What the quality functions give to others: plain frozen values."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum


class Dimension(StrEnum):
    """The four dimensions of data quality."""

    COMPLETENESS = "completeness"
    TIMELINESS = "timeliness"
    CORRECTNESS = "correctness"
    LOGIC = "logic"

    @property
    def label(self) -> str:
        """Chinese name."""
        return _DIMENSIONS[self]


_DIMENSIONS = {
    Dimension.COMPLETENESS: "完整性",
    Dimension.TIMELINESS: "及时性",
    Dimension.CORRECTNESS: "正确性",
    Dimension.LOGIC: "逻辑性",
}


class Severity(IntEnum):
    """How much a failure harms. A severe rule that fails often caps the whole score."""

    HINT = 1
    NORMAL = 2
    SEVERE = 3

    @property
    def label(self) -> str:
        """Chinese name."""
        return {1: "提示", 2: "一般", 3: "严重"}[self.value]


class Status(StrEnum):
    """Outcome of a rule; the first that fits counts."""

    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"
    FAILED = "failed"
    PASSED = "passed"

    @property
    def label(self) -> str:
        """Chinese name."""
        return {"error": "无法判断", "not_applicable": "不适用", "failed": "不合格", "passed": "合格"}[self.value]


@dataclass(frozen=True)
class Period:
    """Local days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """A calendar month."""
        return cls(date(year, month, 1), date(year, month, monthrange(year, month)[1]))

    @classmethod
    def month_of(cls, day: date) -> Period:
        """The calendar month a day lies in."""
        return cls.month(day.year, day.month)

    def days(self) -> Iterator[date]:
        """Every day of the period."""
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    def before(self) -> Period:
        """The period of the same kind just before: the month before a month, else as many days."""
        day = self.first - timedelta(days=1)
        if self == Period.month_of(self.first):
            return Period.month_of(day)
        return Period(day - (self.last - self.first), day)


@dataclass(frozen=True)
class RuleResult:
    """What one rule found at one institution over a period.

    Attributes:
        applicable: rows that could be judged; ``failed`` of them break the rule.
        samples: keys of up to three failing rows per day (parts of a composed key joined by U+001F); read their values,
            masked, with ``sample_rows``.
        error: why the rule could not be run, for status ERROR.
    """

    rule: str
    version: int
    dataset: str
    dataset_label: str
    label: str
    mend: str
    dimension: Dimension
    severity: Severity
    weight: Decimal
    institution_id: int
    applicable: int
    failed: int
    status: Status
    samples: tuple[str, ...] = ()
    error: str = ""

    @property
    def rate(self) -> Decimal | None:
        """Share of judged rows that are good, 0 to 1; None when nothing was judged."""
        return 1 - Decimal(self.failed) / self.applicable if self.applicable else None


@dataclass(frozen=True)
class RulePart:
    """One rule's part in a score: ``lost`` points of the hundred were lost by it."""

    rule: str
    label: str
    dataset: str
    dimension: Dimension
    severity: Severity
    weight: Decimal
    applicable: int
    failed: int
    lost: Decimal


@dataclass(frozen=True)
class DatasetScore:
    """A dataset's part in a score. ``dimensions`` holds 0–100 for each dimension that had judged rows."""

    dataset: str
    label: str
    weight: Decimal
    rows: int
    score: Decimal
    dimensions: Mapping[Dimension, Decimal]


@dataclass(frozen=True)
class Score:
    """The score of an institution for a period, 0 to 100, with everything needed to explain it.

    ``total`` = ``content`` × ``coverage``, at most ``cap``. ``content`` is the weighted mean of the datasets' scores, each
    the weighted mean of its dimensions. ``coverage`` = ``dataset_share`` (datasets uploaded of those expected) × ``day_share``
    (days with an upload of those expected), so that an institution that sends nothing has 0.

    Attributes:
        dimensions: 0–100 per dimension over all datasets; missing where nothing was judged.
        caps: the severe rules that failed so often that they cap the score.
        parts: every judged rule, largest loss first.
        formula: the derivation in Chinese, line by line.
    """

    institution_id: int
    period: Period
    total: Decimal
    content: Decimal
    coverage: Decimal
    dataset_share: Decimal
    day_share: Decimal
    rows: int
    dimensions: Mapping[Dimension, Decimal]
    weights: Mapping[Dimension, Decimal]
    datasets: tuple[DatasetScore, ...] = ()
    missing: tuple[str, ...] = ()
    caps: tuple[str, ...] = ()
    cap: Decimal = Decimal(100)
    parts: tuple[RulePart, ...] = ()
    formula: tuple[str, ...] = ()


class DayState(StrEnum):
    """State of one institution's dataset on one day."""

    UPLOADED = "uploaded"
    LATE = "late"
    MISSING = "missing"
    ABNORMAL = "abnormal"
    NOTHING = "nothing"

    @property
    def label(self) -> str:
        """Chinese name."""
        labels = {"uploaded": "已上传", "late": "迟报", "missing": "缺报", "abnormal": "数量异常", "nothing": "无需上传"}
        return labels[self.value]


@dataclass(frozen=True)
class DayCell:
    """One square of the calendar. ``usual`` is the median of the same weekday in the eight weeks before, if known."""

    institution_id: int
    dataset: str
    day: date
    rows: int
    late: int
    state: DayState
    usual: Decimal | None = None
    declared: int | None = None


@dataclass(frozen=True)
class SampleRow:
    """A failing row's values as the caller may see them: field label → text, masked; ``key`` as in ``RuleResult.samples``."""

    key: str
    day: date | None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrendPoint:
    """A month's stored score of an institution, oldest first in lists."""

    institution_id: int
    month: date
    total: Decimal
    coverage: Decimal
    rows: int
    dimensions: Mapping[Dimension, Decimal]
    computed_at: datetime
