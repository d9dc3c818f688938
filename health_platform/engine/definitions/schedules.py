"""When something is due: again and again, once per calendar period, or at fixed milestones."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Literal

from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.naming import Span, days, named, require

TWO_WEEKS, ONE_WEEK = days(14), days(7)


@dataclass(frozen=True)
class Step:
    """How long after the last submission the next one is due, when ``when`` holds for the last one ("" always)."""

    after: Span
    when: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Recurring:
    """Due ``first`` after ``anchor``, then by the first step whose condition the last submission meets.

    Attributes:
        anchor: ``enrolled_on``, ``birth_date`` or ``entry_<day field>``.
        lead: how long before the due day it appears in the list of what can be done.
        counts: expression; submissions for which it is not true do not count as done (nobody was met).
    """

    code: str
    label: str
    form: Form
    _: KW_ONLY
    first: Span
    steps: tuple[Step, ...]
    anchor: str = "enrolled_on"
    lead: Span = TWO_WEEKS
    counts: str = ""

    def __post_init__(self) -> None:
        named("schedule", self.code, self.label)
        require(bool(self.steps) and not self.steps[-1].when, f"schedule {self.code}: the last step must have no condition")

    @property
    def expressions(self) -> str:
        """All its conditions, to look for names in."""
        return "\n".join((self.counts, *(step.when for step in self.steps)))


@dataclass(frozen=True)
class PerPeriod:
    """Due once in every calendar ``period``, by its last day, beginning with the period of enrolment."""

    code: str
    label: str
    form: Form
    _: KW_ONLY
    period: Literal["year", "quarter", "month"]
    counts: str = ""

    def __post_init__(self) -> None:
        named("schedule", self.code, self.label)

    @property
    def expressions(self) -> str:
        """All its conditions, to look for names in."""
        return self.counts


@dataclass(frozen=True)
class Milestone:
    """One fixed point: ``at`` after the anchor, ``gap`` after the milestone ``follows``; of no use later than ``until``."""

    code: str
    label: str
    _: KW_ONLY
    at: Span
    until: Span | None = None
    follows: str = ""
    gap: Span | None = None
    when: str = ""


@dataclass(frozen=True)
class Milestones:
    """Fixed points after an anchor (doses, visits of a pregnancy). ``match`` is the form's field that names the milestone."""

    code: str
    label: str
    form: Form
    _: KW_ONLY
    items: tuple[Milestone, ...]
    match: str
    anchor: str = "birth_date"
    lead: Span = ONE_WEEK
    counts: str = ""

    def __post_init__(self) -> None:
        named("schedule", self.code, self.label)
        codes = [item.code for item in self.items]
        require(bool(codes) and len(set(codes)) == len(codes), f"schedule {self.code}: milestones are missing or repeat")
        require(self.match in {f.code for f in self.form.fields}, f"schedule {self.code}: the form has no field {self.match}")
        for place, item in enumerate(self.items):
            require(
                not item.follows or item.follows in codes[:place], f"schedule {self.code}: {item.code} follows {item.follows}"
            )

    @property
    def expressions(self) -> str:
        """All its conditions, to look for names in."""
        return "\n".join((self.counts, *(item.when for item in self.items)))


Schedule = Recurring | PerPeriod | Milestones
