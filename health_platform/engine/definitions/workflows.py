"""A workflow: a case that moves between states by what its parties do, with forms, guards and deadlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, Literal

from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.naming import Span, named, require

CLOCK = "clock"
"""The party of transitions that only time or the platform itself makes."""


@dataclass(frozen=True)
class State:
    """Where a case can stand. A ``deadline`` after entering it makes the transition ``then``."""

    code: str
    label: str
    _: KW_ONLY
    final: bool = False
    deadline: Span | None = None
    then: str = ""
    kind: Literal["ok", "warn", "bad", "info", ""] = ""

    def __post_init__(self) -> None:
        named("state", self.code, self.label)
        require((self.deadline is None) == (not self.then), f"state {self.code}: a deadline needs a transition, and the reverse")
        require(not (self.final and self.deadline), f"state {self.code}: nothing happens after the end")


@dataclass(frozen=True)
class Party:
    """An institution that takes part.

    ``field`` is the field (a ``Unit``) of the opening form that names it; the party without one opens the case.
    """

    code: str
    label: str
    field: str = ""


@dataclass(frozen=True)
class Transition:
    """A step from one of some states to another.

    Attributes:
        by: the party that may do it; ``CLOCK`` is the platform; "" any party.
        form: what is filled in with it; its answers join the case's.
        guard: expression over the case's answers that must be true, with ``refusal`` for when it is not.
        check: code for what an expression cannot ask (free beds): ``check(desk, case, answers)`` tells why not, or "".
    """

    code: str
    label: str
    start: tuple[str, ...]
    to: str
    _: KW_ONLY
    by: str = ""
    form: Form | None = None
    guard: str = ""
    refusal: str = ""
    check: Callable[[Any, Any, Mapping[str, Any]], str] | None = None
    kind: Literal["primary", "danger", ""] = ""

    def __post_init__(self) -> None:
        named("transition", self.code, self.label)
        require(bool(self.start), f"transition {self.code}: starts nowhere")
        require(bool(self.guard) == bool(self.refusal), f"transition {self.code}: guard and refusal belong together")


@dataclass(frozen=True)
class Workflow:
    """Cases of one kind. The first state is where a case stands after ``opening`` was filled in.

    ``links`` are pages beside a case, as (label, address with ``{case_no}``).
    """

    code: str
    label: str
    opening: Form
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    _: KW_ONLY
    parties: tuple[Party, ...] = (Party("own", "本机构"),)
    subject: Literal["person", "thing"] = "person"
    shown: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        named("workflow", self.code, self.label)
        require(len(self.by_code) == len(self.states), f"workflow {self.code}: two states share a code")
        codes = [one.code for one in self.transitions]
        require(len(set(codes)) == len(codes), f"workflow {self.code}: two transitions share a code")
        openers = [party for party in self.parties if not party.field]
        require(len(openers) == 1, f"workflow {self.code}: exactly one party opens the case, the others are named by a field")

    @cached_property
    def by_code(self) -> dict[str, State]:
        """States by code."""
        return {state.code: state for state in self.states}

    def transition(self, code: str) -> Transition:
        """A transition by code."""
        return next(one for one in self.transitions if one.code == code)

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """The opening form and those of the transitions."""
        return tuple(dict.fromkeys((self.opening, *(one.form for one in self.transitions if one.form))))
