"""A business capability as one value: everything the engine needs to run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.indicators import Indicator, Population, Rows, Tally
from health_platform.engine.definitions.naming import Param, named, require
from health_platform.engine.definitions.prompts import Prompt
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.workflows import Workflow


@dataclass(frozen=True)
class Hook:
    """Code for what a definition cannot say: ``run(desk, event)`` is an outbox consumer (idempotent, retried).

    ``wants(event)`` spares it the events that do not concern it.
    """

    event: str
    name: str
    run: Callable[[Any, Any], None]
    wants: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Application:
    """A business capability.

    Attributes:
        heading: the menu heading it stands under.
        basis: the norm it follows.
        line: the line of work its rows belong to ("" every line may see them).
        requirements: requirement ids with their state, ``("D03", "partial", "what is missing")``.
        workers: role codes that do the work (every permission of the application).
        readers: role codes that read lists and indicators.
    """

    code: str
    label: str
    _: KW_ONLY
    heading: str
    basis: str = ""
    line: str = ""
    order: int = 100
    requirements: tuple[tuple[str, str, str], ...] = ()
    workers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    registers: tuple[Register, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    tallies: tuple[Tally, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    hooks: tuple[Hook, ...] = ()
    install: Callable[[Any], None] | None = None

    def __post_init__(self) -> None:
        named("application", self.code, self.label)
        for kind, found in (
            ("form", self.forms),
            ("register", self.registers),
            ("workflow", self.workflows),
            ("indicator", self.indicators),
            ("prompt", self.prompts),
            ("parameter", self.params),
            ("tally", self.tallies),
        ):
            codes = [one.code for one in found]
            require(len(set(codes)) == len(codes), f"application {self.code}: a {kind} is defined twice")

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """Every form of its registers and workflows."""
        found = [form for register in self.registers for form in register.all_forms]
        found += [form for workflow in self.workflows for form in workflow.forms]
        return tuple(dict.fromkeys(found))

    @cached_property
    def populations(self) -> tuple[Population, ...]:
        """The figures its indicators need entered."""
        named_by = [one for i in self.indicators for one in (i.of, i.figure) if one and one.counted is None]
        return tuple({one.code: one for one in named_by}.values())

    @cached_property
    def datasets(self) -> tuple[Rows, ...]:
        """The rows of regional datasets its indicators count."""
        return tuple(dict.fromkeys(one.over for one in self.indicators if isinstance(one.over, Rows)))

    def register(self, code: str) -> Register:
        """A register by code."""
        return next(one for one in self.registers if one.code == code)

    def workflow(self, code: str) -> Workflow:
        """A workflow by code."""
        return next(one for one in self.workflows if one.code == code)

    def form(self, code: str) -> Form:
        """A form by code."""
        return next(one for one in self.forms if one.code == code)

    def register_of(self, form: Form) -> Register | None:
        """The register a form belongs to."""
        return next((one for one in self.registers if form in one.all_forms), None)
