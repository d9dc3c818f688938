"""A register: who is in it, how they come in and leave, what is done with them while they are in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, Literal

from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.naming import Option, Span, named, require
from health_platform.engine.definitions.schedules import Schedule


@dataclass(frozen=True)
class Shown:
    """The last answer to a field, as a column of the list; ``heading`` replaces the field's label."""

    form: Form
    field: str
    heading: str = ""

    @property
    def key(self) -> str:
        """Under which a member's latest answers are kept."""
        return f"{self.form.code}.{self.field}"

    @property
    def label(self) -> str:
        """The column's heading."""
        return self.heading or self.form.field(self.field).label


@dataclass(frozen=True)
class Mark:
    """A badge a member carries while ``when`` holds for the last submission of ``form``; lists can be filtered by it."""

    code: str
    label: str
    form: Form
    when: str
    kind: Literal["ok", "warn", "bad", "info"] = "info"


@dataclass(frozen=True)
class Closing:
    """What must be filled in before a member is taken out for one of ``reasons`` (a settlement), while ``when`` holds for its
    entry answers ("" always). It may be filled in afterwards too, when the platform itself took the member out (a death)."""

    form: Form
    reasons: tuple[str, ...]
    when: str = ""


@dataclass(frozen=True)
class Register:
    """People (or things) under care.

    Attributes:
        entry: the form they are enrolled with.
        admit: expression over ``entry`` and the person's facts that must be true, with ``admit_message`` for when it is not.
        leave: reasons for leaving.
        forms: what may be filled in for a member, beside the forms of the schedules.
        subject: ``person``, or ``thing`` for registers of teams, packages and the like, whose name is ``title`` of ``entry``.
        lasts: membership ends by itself after this time (a contract); the reason is then ``expired``.
        renews: how long before its end a membership can be renewed; the old one closes as ``renewed``, the new one lasts on.
        closing: what must be filled in before somebody leaves.
        returns: reasons for leaving after which a person may be proposed again.
        once: a person stands in it at most once at a time.
        team: field of ``entry`` (a ``Pick``) that names the team in charge: lists, workload and indicators go by its name.
        check: code for what an expression cannot ask (a team that is full): ``check(desk, member, answers)`` tells why somebody
            cannot be taken in, or "".
        sections: sections of the health record shown beside a member: medication, laboratory, diagnosis, visit ...
    """

    code: str
    label: str
    entry: Form
    _: KW_ONLY
    admit: str = ""
    admit_message: str = ""
    leave: tuple[Option, ...]
    forms: tuple[Form, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    shown: tuple[Shown, ...] = ()
    marks: tuple[Mark, ...] = ()
    subject: Literal["person", "thing"] = "person"
    title: str = ""
    member: str = "对象"
    lasts: Span | None = None
    renews: Span | None = None
    closing: Closing | None = None
    once: bool = True
    returns: tuple[str, ...] = ("moved", "lost")
    team: str = ""
    check: Callable[[Any, Any, Mapping[str, Any]], str] | None = None
    sections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named("register", self.code, self.label)
        require(bool(self.leave), f"register {self.code}: nobody could ever leave it")
        require(bool(self.admit) == bool(self.admit_message), f"register {self.code}: admit and admit_message belong together")
        require((self.subject == "thing") == bool(self.title), f"register {self.code}: a thing needs a title, a person has none")
        require(self.renews is None or self.lasts is not None, f"register {self.code}: what does not end is not renewed")
        reasons = {option.code for option in self.leave}
        require(self.closing is None or reasons.issuperset(self.closing.reasons), f"register {self.code}: closing, but no reason")
        codes = [one.code for one in self.all_forms]
        require(len(set(codes)) == len(codes), f"register {self.code}: two forms share a code")
        plans = [one.code for one in self.schedules]
        require(len(set(plans)) == len(plans), f"register {self.code}: two schedules share a code")

    @cached_property
    def work_forms(self) -> tuple[Form, ...]:
        """What can be filled in for a member."""
        last = (self.closing.form,) if self.closing else ()
        return tuple(dict.fromkeys((*(plan.form for plan in self.schedules), *self.forms, *last)))

    @cached_property
    def all_forms(self) -> tuple[Form, ...]:
        """The entry form and the work forms."""
        return (self.entry, *self.work_forms)

    def form(self, code: str) -> Form:
        """One of its forms by code."""
        return next(form for form in self.all_forms if form.code == code)
