"""Which names an expression of a definition may use, and its value. Expressions are parsed once and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from health_platform.datasets.api import dataset
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.fields import Field, Pick
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.indicators import Rows, Tally
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.schedules import Milestone, Milestones
from health_platform.engine.definitions.workflows import Workflow
from health_platform.expressions.api import Kind, Node, evaluate, kind, parse
from health_platform.kernel import clock

FACT_KINDS: dict[str, Kind] = {
    "day": Kind.DAY,
    "age": Kind.NUMBER,
    "sex": Kind.TEXT,
    "birth_date": Kind.DAY,
    "enrolled_on": Kind.DAY,
}

FORM_KINDS: dict[str, Kind] = {**FACT_KINDS, "ends_on": Kind.DAY}

MEMBER_KINDS: dict[str, Kind] = {
    **{name: one for name, one in FACT_KINDS.items() if name != "day"},
    "closed_on": Kind.DAY,
    "close_reason": Kind.TEXT,
    "active": Kind.BOOLEAN,
    "quarters": Kind.NUMBER,
    "period_start": Kind.DAY,
    "period_end": Kind.DAY,
}


@dataclass
class Environment:
    """Names with their kinds, and the expressions over them."""

    kinds: Mapping[str, Kind]
    params: Mapping[str, Kind]
    _nodes: dict[str, Node] = field(default_factory=dict)

    def node(self, text: str) -> Node:
        """The parsed expression.

        Raises:
            Invalid: the text is no expression over these names.
        """
        if text not in self._nodes:
            self._nodes[text] = parse(text, self.kinds, params=self.params)
        return self._nodes[text]

    def value(self, text: str, row: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
        """The value for a row; names the row lacks are unknown."""
        full = {**dict.fromkeys(self.kinds), **row}
        return evaluate(self.node(text), full, today=clock.today(), params=parameters)

    def holds(self, text: str, row: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
        """Whether it is true; "" always is, unknown is not."""
        return not text or self.value(text, row, parameters) is True


def parameter_kinds(application: Application) -> dict[str, Kind]:
    """The parameters of an application are numbers."""
    return {param.code: Kind.NUMBER for param in application.params}


def of_fields(fields: Iterable[Field], prefix: str = "") -> dict[str, Kind]:
    """The kinds of fields under their names in expressions."""
    return {f"{prefix}{one.code}": one.kind for one in fields}


def of_form(application: Application, form: Form) -> Environment:
    """What a form's own expressions, its marks, prompts and schedules may name."""
    register = application.register_of(form)
    entry = of_fields(register.entry.fields, "entry_") if register else {}
    done = {f"done_{item.code}": Kind.DAY for item in _milestones(register, form)}
    sums = {f"so_far_{one.code}": Kind.NUMBER for one in summed(application, register)}
    outer = {**FORM_KINDS, **entry, **done, **sums, **_picked(application, form)}
    return Environment({**outer, **of_fields(form.fields, "previous_"), **of_fields(form.fields)}, parameter_kinds(application))


def summed(application: Application, register: Register | None) -> list[Tally]:
    """The tallies the forms of a register may name as ``so_far_``: those that add up."""
    forms = register.all_forms if register else ()
    return [one for one in application.tallies if one.form in forms and one.how != "latest"]


def _picked(application: Application, form: Form) -> dict[str, Kind]:
    """What a form sees of the things it picks, ``<pick>_<field>``."""
    known = {one.code: one for one in application.registers}
    picks = [field for field in form.fields if isinstance(field, Pick) and field.register in known]
    return {name: one for pick in picks for name, one in of_fields(known[pick.register].entry.fields, f"{pick.code}_").items()}


def _milestones(register: Register | None, form: Form) -> list[Milestone]:
    plans = register.schedules if register else ()
    return [item for plan in plans if isinstance(plan, Milestones) and plan.form is form for item in plan.items]


def of_rows(application: Application, form: Form) -> Environment:
    """What indicators over the submissions of a form may name."""
    kinds = {name: FACT_KINDS[name] for name in ("day", "age", "sex", "enrolled_on")}
    kinds["full_quarter"] = Kind.BOOLEAN
    return Environment({**kinds, **of_fields(form.fields)}, parameter_kinds(application))


_FIELD_KINDS: dict[str, Kind] = {
    "integer": Kind.NUMBER, "decimal": Kind.NUMBER, "flag": Kind.BOOLEAN, "day": Kind.DAY, "instant": Kind.INSTANT,
}  # fmt: skip


def of_dataset(application: Application, rows: Rows) -> Environment:
    """What indicators over the rows of a dataset may name."""
    kinds = {field.name: _FIELD_KINDS.get(field.kind, Kind.TEXT) for field in dataset(rows.dataset).fields}
    known = {"age": Kind.NUMBER, "day": Kind.DAY, "period_start": Kind.DAY, "period_end": Kind.DAY}
    return Environment({**kinds, **known, **({"stay": Kind.NUMBER} if rows.until else {})}, parameter_kinds(application))


def of_members(application: Application, register: Register) -> Environment:
    """What indicators over the members of a register may name."""
    kinds = {**MEMBER_KINDS, **of_fields(register.entry.fields, "entry_")}
    for tally in application.tallies:
        if tally.form in register.all_forms:
            kinds[tally.code] = tally_kind(application, tally)
    return Environment(kinds, parameter_kinds(application))


def tally_kind(application: Application, tally: Tally) -> Kind:
    """A latest value keeps its kind; the others are numbers."""
    if tally.how != "latest":
        return Kind.NUMBER
    from_form = of_rows(application, tally.form)
    return kind(from_form.node(tally.value))


def of_case(application: Application, workflow: Workflow) -> Environment:
    """What guards of a workflow may name: the answers of all its forms."""
    kinds = {name: FACT_KINDS[name] for name in ("day", "age", "sex", "birth_date")}
    for form in workflow.forms:
        kinds |= of_fields(form.fields)
    return Environment(kinds, parameter_kinds(application))
