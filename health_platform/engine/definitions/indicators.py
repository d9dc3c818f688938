"""What is counted. All sums, so that any number of indicators is one scan and areas add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.naming import named, require
from health_platform.engine.definitions.registers import Register


@dataclass(frozen=True)
class Tally:
    """A fact about a member, taken from its submissions of ``form`` in the period.

    ``count``: how many, of those for which ``value`` is true ("" all); ``sum``, ``distinct``: of ``value``; ``latest``: ``value``
    at the last one, unknown when there is none. Named by indicators over the register.
    """

    code: str
    form: Form
    how: Literal["count", "sum", "distinct", "latest"] = "count"
    value: str = ""

    def __post_init__(self) -> None:
        named("tally", self.code, self.code)
        require(self.how == "count" or bool(self.value), f"tally {self.code}: {self.how} of nothing")


@dataclass(frozen=True)
class Rows:
    """The rows of a regional dataset as uploaded, without those the sender withdrew: what happened in the period.

    ``day`` is the field that dates a row. With ``until`` the rows are spans, and those that overlap the period count; ``stay`` is
    then the nights of the span inside the period (a span that ends on the day it began is one).
    """

    code: str
    label: str
    dataset: str
    _: KW_ONLY
    day: str
    until: str = ""

    def __post_init__(self) -> None:
        named("rows", self.code, self.label)


@dataclass(frozen=True)
class Population:
    """A figure entered per division and year (residents of an age), times the parameter ``rate`` when given.

    With ``counted`` nobody enters it: ``counted(desk, period, by)`` gives it by division code as recorded, by institution id, or
    under "" for the total, whichever ``by`` says. ``period`` has ``start`` and ``end``.
    """

    code: str
    label: str
    rate: str = ""
    counted: Callable[[Any, Any, str], Mapping[str, Decimal]] | None = None


@dataclass(frozen=True)
class Indicator:
    """A count, share, sum or mean over the members of a register, the submissions of a form, or the rows of a dataset.

    Over a ``Register`` the rows are members who were in it during the period; expressions name ``enrolled_on``, ``closed_on``,
    ``close_reason``, ``active`` (still in at the end), ``age`` (at the end), ``sex``, ``quarters`` (whole calendar quarters of
    the period that were over and spent in the register), ``entry_<field>`` and tallies. Over a ``Form`` the rows are the
    submissions of the period, with the form's fields, ``day``, ``age``, ``sex``, ``enrolled_on`` and ``full_quarter`` (the
    quarter of that day was begun as a member). Over ``Rows`` expressions name the fields of the dataset, ``age``, ``day``,
    ``period_start``, ``period_end`` and, for spans, ``stay``.

    Attributes:
        among: which rows count ("" all).
        share: of those, the share for which this holds. Without ``share`` and ``total`` the indicator is a count.
        total: sum of a number; ``mean`` divides it by the count of rows.
        per: with ``total``, divides by the sum of another number of the same rows.
        of: divides by a population instead of by rows.
        by: divides by what another indicator counts, which may be over something else (cost per visit).
        figure: the indicator is an entered population itself.
        good: whether more is better, for ranking and colour.
    """

    code: str
    label: str
    over: Register | Form | Rows
    _: KW_ONLY
    among: str = ""
    share: str = ""
    total: str = ""
    mean: bool = False
    per: str = ""
    of: Population | None = None
    by: Indicator | None = None
    figure: Population | None = None
    unit: str = ""
    factor: int = 0
    places: int = 2
    good: Literal["more", "less", ""] = ""
    basis: str = ""

    def __post_init__(self) -> None:
        named("indicator", self.code, self.label)
        require(not (self.share and self.total), f"indicator {self.code}: share and total at once")
        require(not self.mean or bool(self.total), f"indicator {self.code}: the mean of nothing")
        require(not self.per or bool(self.total), f"indicator {self.code}: nothing is divided by {self.per}")
        below = [one for one in (self.share, self.mean, self.per, self.of, self.by) if one]
        require(len(below) < 2, f"indicator {self.code}: two denominators")
        require(self.by is None or not self.by.is_ratio, f"indicator {self.code}: divides by a quotient")
        counted = self.among or self.share or self.total or self.of or self.by
        require(not (self.figure and counted), f"indicator {self.code}: an entered figure counts nothing")

    @property
    def is_ratio(self) -> bool:
        """Whether it has a denominator."""
        return bool(self.share or self.mean or self.per or self.of or self.by)

    @property
    def scale(self) -> int:
        """What the quotient is multiplied with: 100 for shares unless ``factor`` says otherwise."""
        return self.factor or (100 if self.share or self.of else 1)

    @property
    def shown_unit(self) -> str:
        """The unit people read."""
        return self.unit or ("%" if self.is_ratio and self.scale == 100 else "")


@dataclass(frozen=True)
class Counting:
    """A hand that writes indicators over one thing: their codes begin with ``prefix``, and what they share is said once."""

    prefix: str
    over: Register | Form | Rows
    _: KW_ONLY
    basis: str = ""
    among: str = ""
    good: Literal["more", "less", ""] = ""

    def of(self, code: str, label: str, among: str | None = None, **more: Any) -> Indicator:
        """An indicator; ``among`` takes the place of the shared one, ``more`` are those of ``Indicator``."""
        shared: dict[str, Any] = {"among": self.among if among is None else among, "basis": self.basis, "good": self.good}
        return Indicator(f"{self.prefix}_{code}", label, self.over, **{**shared, **more})

    def count(self, code: str, label: str, among: str | None = None, unit: str = "人", **more: Any) -> Indicator:
        """A number of people, visits or things."""
        return self.of(code, label, among, **{"unit": unit, "places": 0, **more})

    def on(self, over: Register | Form | Rows) -> Counting:
        """The same over something else."""
        return replace(self, over=over)
