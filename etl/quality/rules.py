"""What a rule is: two expressions over the rows of a dataset, and what a hospital needs to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from etl.quality.shapes import Dimension, Severity
from health_platform.datasets.api import Dataset, dataset
from health_platform.expressions.api import Kind, Node, names, parse
from health_platform.kernel.errors import DefinitionError, Invalid

KINDS: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "code": Kind.TEXT,
    "document": Kind.TEXT,
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "flag": Kind.BOOLEAN,
    "day": Kind.DAY,
    "instant": Kind.INSTANT,
}
"""Kind of a dataset's field in the expression language."""

COMMON: Mapping[str, Kind] = {
    "received_at": Kind.INSTANT,
    "first_received_at": Kind.INSTANT,
    "event_time": Kind.INSTANT,
    "due_at": Kind.INSTANT,
    "source": Kind.TEXT,
}
"""What every row has besides its fields: acceptance, event (absent for registers), deadline, way in. A correction
is received anew, but was first received when the row first came: it makes nothing late."""

OTHER = "other."
FOUND = "other.found"
REPEATED = "other.repeated"
GAP = "unmapped."


class Origin(StrEnum):
    """Where a rule comes from; an administrator's rule replaces one of the same code."""

    GENERATED = "generated"
    SHIPPED = "shipped"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """Chinese name."""
        return {"generated": "数据集定义", "shipped": "随平台提供", "administrator": "管理员"}[self.value]


class Source(StrEnum):
    """Where a rule's counts come from: the rows, the quarantine (rows refused on arrival), or the counts per day."""

    ROWS = "rows"
    REFUSED = "refused"
    COUNTS = "counts"


@dataclass(frozen=True)
class Partner:
    """Rows of another (or the same) dataset of the same institution, found by equal fields.

    Expressions see ``other.found`` (there is one), ``other.repeated`` (there are several) and, without ``totals``, every field of
    one partner row as ``other.<field>``; with totals (name → aggregate expression over the partner rows) the figures as
    ``other.<name>``. A rule that reads no values of the partner costs a fraction of one that does.
    """

    dataset: str
    on: tuple[tuple[str, str], ...]
    totals: tuple[tuple[str, str], ...] = ()

    def fields(self) -> dict[str, Kind]:
        """What expressions may read of the partner."""
        theirs = dataset_fields(dataset(self.dataset))
        values = {name: parse(text, theirs, aggregate=True).kind for name, text in self.totals} or theirs
        return {**{OTHER + name: kind for name, kind in values.items()}, FOUND: Kind.BOOLEAN, REPEATED: Kind.BOOLEAN}


@dataclass(frozen=True)
class Rule:
    """A rule over one dataset.

    A row is judged when ``applies`` is true and ``fails`` is known; it fails where ``fails`` is true. A comparison with an
    absent value is unknown, so such a row is not judged: neither a silent pass nor a second complaint about the absence.

    Attributes:
        code: stable name, e.g. ``visit.ended_at.after.started_at``.
        label: the rule as a hospital reads it; ``mend`` what to do about failures.
        weight: within its dimension.
        shown: fields shown of failing rows, besides the key.
        tolerance: share of failing rows (0–1) up to which the rule still counts as passed.
    """

    code: str
    dataset: str
    label: str
    dimension: Dimension
    fails: str
    mend: str
    applies: str = ""
    severity: Severity = Severity.NORMAL
    weight: Decimal = Decimal(1)
    partner: Partner | None = None
    shown: tuple[str, ...] = ()
    tolerance: Decimal = Decimal(0)
    valid_from: date | None = None
    valid_to: date | None = None
    version: int = 1
    origin: Origin = Origin.SHIPPED
    source: Source = field(default=Source.ROWS)

    def holds_on(self, day: date) -> bool:
        """True if the rule is in force for events of this day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def joins(self) -> Partner | None:
        """The partner, if the rule reads values of it and not only whether it exists (or cannot be read: its scan will tell)."""
        if self.partner is None:
            return None
        try:
            read = names(condition(self)) | names(scope(self))
        except Invalid:
            return self.partner
        return self.partner if any(name.startswith(OTHER) for name in read - {FOUND, REPEATED}) else None

    @property
    def fields(self) -> tuple[str, ...]:
        """Own fields to show of a failing row: those named, else those the expressions read."""
        known = dataset(self.dataset).by_name
        if self.shown or self.source is not Source.ROWS:
            return self.shown
        return tuple(name for name in sorted(names(condition(self)) | names(scope(self))) if name in known)


def dataset_fields(definition: Dataset) -> dict[str, Kind]:
    """Every name an expression over a dataset may use, with its kind."""
    own = {each.name: KINDS[each.kind] for each in definition.fields}
    gaps = {GAP + each.name: Kind.BOOLEAN for each in definition.coded}
    return {**own, **COMMON, **gaps}


@lru_cache(maxsize=8192)
def condition(rule: Rule) -> Node:
    """The parsed ``fails``.

    Raises:
        Invalid: the expression is wrong.
    """
    return parse(rule.fails, _names(rule), gives=Kind.BOOLEAN)


@lru_cache(maxsize=8192)
def scope(rule: Rule) -> Node:
    """The parsed ``applies``; true when the rule is for every row."""
    return parse(rule.applies or "true", _names(rule), gives=Kind.BOOLEAN)


def checked(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules, after a check at start-up that the shipped ones can be read and have names of their own.

    Raises:
        DefinitionError: two rules share a code, or a rule compares fields of two datasets that are stored differently.
    """
    codes = [rule.code for rule in rules]
    if twice := {code for code in codes if codes.count(code) > 1}:
        raise DefinitionError(f"rules defined twice: {sorted(twice)}")
    if unlike := sorted(rule.code for rule in rules if rule.partner and not _alike(rule.dataset, rule.partner)):
        raise DefinitionError(f"rules find partners by fields of unlike types: {unlike}")
    return rules


def _alike(name: str, partner: Partner) -> bool:
    """True if equal values of the fields that lead to a partner row have equal hashes."""
    mine, theirs = dataset(name).by_name, dataset(partner.dataset).by_name
    return all(mine[own].column_type() == theirs[other].column_type() for own, other in partner.on)


def _names(rule: Rule) -> dict[str, Kind]:
    own = dataset_fields(dataset(rule.dataset))
    return {**own, **rule.partner.fields()} if rule.partner else own
