"""What definitions must satisfy together; run when the platform starts. One small check per rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from health_platform.access.api import ROLES
from health_platform.datasets.api import catalogue as datasets
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.fields import Choice, Field, Pick, Unit
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.indicators import Indicator, Rows, Tally
from health_platform.engine.definitions.naming import Span
from health_platform.engine.definitions.registers import Register
from health_platform.engine.definitions.schedules import Milestones, PerPeriod, Recurring, Schedule
from health_platform.engine.definitions.workflows import CLOCK, Workflow
from health_platform.engine.environments import Environment
from health_platform.expressions.api import Kind, kind
from health_platform.kernel.errors import DefinitionError, PlatformError


def check(catalogue: Catalogue) -> None:
    """Refuse to start on definitions that contradict themselves or each other.

    Raises:
        DefinitionError: every fault found, one per line.
    """
    faults = [f"{one.code}: {fault}" for one in catalogue.applications.values() for fault in faults_of(catalogue, one)]
    if faults:
        raise DefinitionError("\n".join(faults))


def faults_of(catalogue: Catalogue, application: Application) -> Iterator[str]:
    """Everything wrong with one application."""
    yield from _roles(application)
    for form in application.forms:
        yield from _form(catalogue, application, form)
    for register in application.registers:
        yield from _register(catalogue, application, register)
    for workflow in application.workflows:
        yield from _workflow(catalogue, application, workflow)
    for tally in application.tallies:
        yield from _tally(catalogue, application, tally)
    for indicator in application.indicators:
        yield from _indicator(catalogue, application, indicator)
    for prompt in application.prompts:
        if prompt.form not in application.forms:
            yield f"prompt {prompt.code}: the form {prompt.form.code} is not of this application"
        else:
            yield from _expression(catalogue.form_environment(prompt.form), prompt.when, f"prompt {prompt.code}", Kind.BOOLEAN)


def _roles(application: Application) -> Iterator[str]:
    known = {role.code for role in ROLES}
    for code in (*application.workers, *application.readers):
        if code not in known:
            yield f"role {code} is unknown"


def _expression(environment: Environment, text: str, where: str, wanted: Kind | None = None) -> Iterator[str]:
    """Parse an expression; "" is fine."""
    if not text:
        return
    try:
        found = kind(environment.node(text))
    except PlatformError as error:
        yield f"{where}: {text!r}: {error.message} ({error})"
        return
    if wanted is not None and found is not wanted:
        yield f"{where}: {text!r} gives {found.name}, not {wanted.name}"


def _form(catalogue: Catalogue, application: Application, form: Form) -> Iterator[str]:
    full = catalogue.form_environment(form)
    ahead = {field.code for field in form.fields}
    for section in form.sections:
        seen = replace_kinds(full, {name: k for name, k in full.kinds.items() if name not in ahead})
        yield from _expression(seen, section.when, f"form {form.code}, section {section.label}", Kind.BOOLEAN)
        yield from _fields(catalogue, full, form, section.fields, ahead)
    for rule in form.rules:
        yield from _expression(full, rule.holds, f"form {form.code}, rule {rule.message}", Kind.BOOLEAN)
    yield from _signature(form)


def _signature(form: Form) -> Iterator[str]:
    """The way of signing is a choice, and a way that needs a third party is one of its options."""
    if form.signature is None:
        return
    way = form.field(form.signature.way)
    if not isinstance(way, Choice):
        yield f"form {form.code}: the way of signing, {way.code}, is no choice"
    elif form.signature.certified and form.signature.certified not in way.labels():
        yield f"form {form.code}: {form.signature.certified} is no way of signing"


def _fields(catalogue: Catalogue, full: Environment, form: Form, fields: Iterable[Field], ahead: set[str]) -> Iterator[str]:
    """Every field sees the ones above it only."""
    for field in fields:
        seen = replace_kinds(full, {name: k for name, k in full.kinds.items() if name not in ahead})
        where = f"form {form.code}, field {field.code}"
        yield from _expression(seen, field.when, where, Kind.BOOLEAN)
        for text in (field.value, field.proposal):
            yield from _expression(seen, text, where, field.kind)
        ahead.discard(field.code)
        if isinstance(field, Pick):
            yield from _thing(catalogue, field, where)


def replace_kinds(environment: Environment, kinds: dict[str, Kind]) -> Environment:
    """The same environment with other names."""
    return replace(environment, kinds=kinds, _nodes={})


def _thing(catalogue: Catalogue, field: Pick, where: str) -> Iterator[str]:
    if not catalogue.knows("register", field.register):
        yield f"{where}: register {field.register} is unknown"
    elif catalogue.register(field.register).subject != "thing":
        yield f"{where}: register {field.register} is not one of things"


def _spans(application: Application, spans: Iterable[Span | None], where: str) -> Iterator[str]:
    known = {param.code for param in application.params}
    for span in spans:
        if span is not None and isinstance(span.amount, str) and span.amount not in known:
            yield f"{where}: parameter {span.amount} is unknown"


def _register(catalogue: Catalogue, application: Application, register: Register) -> Iterator[str]:
    where = f"register {register.code}"
    entry = catalogue.form_environment(register.entry)
    yield from _expression(entry, register.admit, where, Kind.BOOLEAN)
    yield from _spans(application, (register.lasts, register.renews), where)
    if register.closing:
        yield from _expression(entry, register.closing.when, f"{where}, closing", Kind.BOOLEAN)
    if register.title and register.title not in {field.code for field in register.entry.fields}:
        yield f"{where}: the entry form has no field {register.title}"
    if register.team and not isinstance(next((f for f in register.entry.fields if f.code == register.team), None), Pick):
        yield f"{where}: its team {register.team} is picked by no field of the entry form"
    for shown in register.shown:
        if shown.form not in register.all_forms or shown.field not in {field.code for field in shown.form.fields}:
            yield f"{where}: shows {shown.form.code}.{shown.field}, which is not there"
    for mark in register.marks:
        if mark.form not in register.all_forms:
            yield f"{where}: mark {mark.code} judges a form of another register"
        yield from _expression(catalogue.form_environment(mark.form), mark.when, f"{where}, mark {mark.code}", Kind.BOOLEAN)
    for schedule in register.schedules:
        yield from _schedule(catalogue, application, register, schedule)


def _schedule(catalogue: Catalogue, application: Application, register: Register, schedule: Schedule) -> Iterator[str]:
    where, environment = f"schedule {schedule.code}", catalogue.form_environment(schedule.form)
    if "so_far_" in schedule.counts or any("so_far_" in step.when for step in getattr(schedule, "steps", ())):
        yield f"{where}: forms and marks know so_far_, schedules do not"
    yield from _expression(environment, schedule.counts, where, Kind.BOOLEAN)
    if isinstance(schedule, PerPeriod):
        return
    if environment.kinds.get(schedule.anchor) is not Kind.DAY or schedule.anchor in {f.code for f in schedule.form.fields}:
        yield f"{where}: its anchor {schedule.anchor} is no day known before the submission"
    if isinstance(schedule, Recurring):
        yield from _spans(application, (schedule.first, schedule.lead, *(step.after for step in schedule.steps)), where)
        for step in schedule.steps:
            yield from _expression(environment, step.when, where, Kind.BOOLEAN)
    if isinstance(schedule, Milestones):
        for item in schedule.items:
            yield from _spans(application, (item.at, item.until, item.gap, schedule.lead), where)
            yield from _expression(environment, item.when, where, Kind.BOOLEAN)


def _workflow(catalogue: Catalogue, application: Application, workflow: Workflow) -> Iterator[str]:
    yield from _references(application, workflow)
    yield from _reachable(workflow)
    yield from _deadlines(application, workflow)
    environment = catalogue.case_environment(workflow)
    for one in workflow.transitions:
        yield from _expression(environment, one.guard, f"workflow {workflow.code}, {one.code}", Kind.BOOLEAN)
    fields = {field.code: field for field in workflow.opening.fields}
    for party in workflow.parties:
        if party.field and not isinstance(fields.get(party.field), Unit):
            yield f"workflow {workflow.code}: party {party.code} is named by {party.field}, which is no institution field"
    for name in workflow.shown:
        if name not in environment.kinds:
            yield f"workflow {workflow.code}: shows {name}, which is not there"


def _references(application: Application, workflow: Workflow) -> Iterator[str]:
    parties = {party.code for party in workflow.parties} | {"", CLOCK}
    for one in workflow.transitions:
        for state in (*one.start, one.to):
            if state not in workflow.by_code:
                yield f"workflow {workflow.code}, {one.code}: state {state} is unknown"
        if one.by not in parties:
            yield f"workflow {workflow.code}, {one.code}: party {one.by} is unknown"
        for state in one.start:
            if state in workflow.by_code and workflow.by_code[state].final:
                yield f"workflow {workflow.code}, {one.code}: leaves the final state {state}"


def _reachable(workflow: Workflow) -> Iterator[str]:
    """Every state can be reached, and from every state the end can."""
    steps = {(start, one.to) for one in workflow.transitions for start in one.start}
    for state in set(workflow.by_code) - _closure({workflow.states[0].code}, steps):
        yield f"workflow {workflow.code}: no way leads to {state}"
    ends = {state.code for state in workflow.states if state.final}
    for state in set(workflow.by_code) - _closure(ends, {(to, start) for start, to in steps}):
        yield f"workflow {workflow.code}: no way leads from {state} to an end"


def _closure(start: set[str], steps: set[tuple[str, str]]) -> set[str]:
    found = set(start)
    while new := {to for begin, to in steps if begin in found} - found:
        found |= new
    return found


def _deadlines(application: Application, workflow: Workflow) -> Iterator[str]:
    known = {one.code: one for one in workflow.transitions}
    for state in workflow.states:
        yield from _spans(application, (state.deadline,), f"workflow {workflow.code}")
        if state.then and (state.then not in known or state.code not in known[state.then].start):
            yield f"workflow {workflow.code}: {state.then} does not leave {state.code} when its time is over"
        elif state.then and (form := known[state.then].form) and any(field.required for field in form.fields):
            yield f"workflow {workflow.code}: time cannot fill in the form of {state.then}"


def _tally(catalogue: Catalogue, application: Application, tally: Tally) -> Iterator[str]:
    if application.register_of(tally.form) is None:
        yield f"tally {tally.code}: the form {tally.form.code} belongs to no register"
        return
    wanted = {"count": Kind.BOOLEAN, "sum": Kind.NUMBER}.get(tally.how)
    yield from _expression(catalogue.row_environment(tally.form), tally.value, f"tally {tally.code}", wanted)


def _indicator(catalogue: Catalogue, application: Application, indicator: Indicator) -> Iterator[str]:
    where = f"indicator {indicator.code}"
    if isinstance(indicator.over, Register):
        if indicator.over not in application.registers:
            yield f"{where}: the register {indicator.over.code} is not of this application"
            return
        environment = catalogue.member_environment(indicator.over)
    elif isinstance(indicator.over, Rows):
        if faults := list(_rows(indicator.over)):
            yield from (f"{where}: {fault}" for fault in faults)
            return
        environment = catalogue.dataset_environment(indicator.over)
    else:
        if indicator.over not in application.forms:
            yield f"{where}: the form {indicator.over.code} is not of this application"
            return
        environment = catalogue.row_environment(indicator.over)
    for text in (indicator.among, indicator.share):
        yield from _expression(environment, text, where, Kind.BOOLEAN)
    for text in (indicator.total, indicator.per):
        yield from _expression(environment, text, where, Kind.NUMBER)
    if indicator.by is not None and indicator.by not in application.indicators:
        yield f"{where}: divides by {indicator.by.code}, which is no indicator of this application"
    for population in (indicator.of, indicator.figure):
        if population and population.rate and population.rate not in environment.params:
            yield f"{where}: parameter {population.rate} is unknown"


def _rows(rows: Rows) -> Iterator[str]:
    """The dataset is there, and is dated by what it is said to be dated by."""
    found = datasets().get(rows.dataset)
    if found is None:
        yield f"dataset {rows.dataset} is unknown"
        return
    for name in (rows.day, rows.until):
        if name and (name not in found.by_name or found.by_name[name].kind not in ("instant", "day")):
            yield f"{rows.code}: {name} is no time of {rows.dataset}"
