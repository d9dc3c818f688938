"""Cases of workflows: opened, moved by their parties, moved by time. Every party's copy is renewed in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from health_platform.access.api import Unit
from health_platform.engine import versions
from health_platform.engine.answers import Filled, Setting, fill, restored, stored
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.naming import Span
from health_platform.engine.definitions.workflows import CLOCK, Party, State, Transition, Workflow
from health_platform.engine.desk import Desk
from health_platform.engine.events import CaseMoved, Submitted
from health_platform.engine.filling import CURRENT, Subject, facts_of, refuse, setting_of
from health_platform.engine.members import Place, own_place
from health_platform.engine.models import Case, Submission
from health_platform.engine.ports import PersonCard
from health_platform.engine.protecting_cases import veiled_case
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Denied, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish


@dataclass(frozen=True)
class Move:
    """What somebody wants of a case: the form of the transition as written, and the revision that was looked at."""

    answers: Mapping[str, Any]
    confirmed: bool = False
    note: str = ""
    revision: int | None = None


def open_case(desk: Desk, workflow: Workflow, card: PersonCard | None, move: Move, place: Place | None = None) -> Case:
    """Open a case; publishes ``case.moved`` with transition "". Returns the opener's copy.

    Raises:
        Invalid: the opening form has faults, or names an institution that is not in service.
        Conflict: something must be confirmed.
    """
    own = place or own_place(desk)
    subject = _subject(card, own.division_code)
    filled = fill(workflow.opening, setting_of(desk, workflow.opening, subject, {}, clock.today()), move.answers)
    refuse(filled, move.confirmed)
    answers = stored(filled.answers)
    parties = _parties(desk, workflow, own, answers)
    now, number = clock.now(), new_id()
    state = workflow.states[0]
    line = desk.catalogue.home("workflow", workflow.code).line
    step = _step(desk, "", "", state, _name_of(parties, own), move.note, answers)
    rows = [
        Case(
            id=new_id(), case_no=number, workflow=workflow.code, party=party, institution_id=unit.id,
            institution_name=unit.name, division_code=unit.division_code, line_code=line, state=state.code, answers=answers,
            parties={code: {"id": str(one.id), "name": one.name} for code, one in parties.items()}, steps=[step],
            versions={workflow.opening.code: workflow.opening.version}, opened_at=now, moved_at=now, revision=1,
            due_at=_deadline(desk, workflow, state, own.division_code, now), **_about(card),
        )
        for party, unit in parties.items()
    ]  # fmt: skip
    with widened(desk.session, "write a case into every party's book") as session:
        session.add_all(rows)
    mine = next(row for row in rows if row.institution_id == own.institution_id)
    _keep_form(desk, workflow.opening, mine, filled)
    publish(desk.session, CaseMoved(workflow.code, number, "", state.code, mine.person_id, answers))
    return case(desk, workflow, number)


def case(desk: Desk, workflow: Workflow, case_no: int) -> Case:
    """A case as it stands in a book the caller may see.

    Raises:
        NotFound: ``engine.case``.
    """
    query = select(Case).where(Case.case_no == case_no, Case.workflow == workflow.code).order_by(Case.party)
    rows = list(desk.session.scalars(query))
    if not rows:
        raise NotFound("engine.case")
    own = desk.principal.institution_id
    return next((row for row in rows if row.institution_id == own), rows[0])


def allowed(desk: Desk, workflow: Workflow, row: Case) -> list[Transition]:
    """The transitions the caller's party may make now, guards included."""
    return [
        one
        for one in workflow.transitions
        if row.state in one.start and one.by != CLOCK and _stands_for(desk, one, row) and _guarded(desk, workflow, one, row)
    ]


def move_case(desk: Desk, workflow: Workflow, case_no: int, transition: Transition, move: Move) -> Case:
    """Make a transition; publishes ``case.moved``.

    Raises:
        Denied: another party's step, or what the case says is withheld from the caller.
        Conflict: the state or the guard forbids it, or somebody moved the case meanwhile.
        Invalid: the form has faults.
    """
    row = case(desk, workflow, case_no)
    _check(desk, workflow, transition, row, move)
    filled = _filled(desk, transition, row, move)
    answers = {**row.answers, **stored(filled.answers)} if filled else dict(row.answers)
    merged = _with_answers(row, answers)
    if not _holds(desk, workflow, transition, merged):
        raise Conflict("engine.guard", reason=transition.refusal)
    if transition.check and (reason := transition.check(desk, row, answers)):
        raise Conflict("engine.guard", reason=reason)
    state = workflow.by_code[transition.to]
    step = _step(
        desk, transition.code, row.state, state, row.institution_name or "", move.note, stored(filled.answers) if filled else {}
    )
    _write_all(desk, workflow, row, state, answers, step, transition.form)
    if filled and transition.form:
        _keep_form(desk, transition.form, row, filled)
    publish(desk.session, CaseMoved(workflow.code, case_no, transition.code, state.code, row.person_id, answers))
    return case(desk, workflow, case_no)


def trial_of_case(desk: Desk, form: Form, row: Case | None, written: Mapping[str, Any] | None = None) -> Filled:
    """Fill in a form of a case without keeping anything."""
    subject = subject_of(row) if row else _subject(None, desk.principal.division_code)
    return fill(form, setting_of(desk, form, subject, {}, clock.today()), written or {})


def overdue_moves(desk: Desk, now: datetime) -> int:
    """Make the transitions whose time has come; returns how many. The session must see everything."""
    moved: set[int] = set()
    for row in list(desk.session.scalars(select(Case).where(Case.due_at <= now).order_by(Case.due_at).limit(500))):
        workflow = desk.catalogue.workflow(row.workflow)
        state = workflow.by_code.get(row.state)
        if row.case_no not in moved and state is not None and state.then:
            moved.add(row.case_no)
            move_case(desk, workflow, row.case_no, workflow.transition(state.then), Move({}, confirmed=True, note="期限已到"))
    return len(moved)


def _subject(card: PersonCard | None, division: str) -> Subject:
    return Subject(card.birth_date if card else None, card.sex if card else "", division)


def subject_of(row: Case) -> Subject:
    """Whom a case is about."""
    return _subject(card_of(row), row.division_code or "")


def card_of(row: Case) -> PersonCard:
    """The person's facts as the case keeps them."""
    facts = json.loads(row.card or "{}")
    birth = restored_day(facts.pop("birth_date", None))
    return PersonCard(row.person_id, row.title or "", birth_date=birth, **facts)


def restored_day(text: str | None) -> Any:
    """An ISO day, or ``None``."""
    return datetime.fromisoformat(text).date() if text else None


def _about(card: PersonCard | None) -> dict[str, Any]:
    if card is None:
        return {}
    facts = {key: value for key, value in asdict(card).items() if key not in ("person_id", "name", "birth_date") and value}
    if card.birth_date:
        facts["birth_date"] = card.birth_date.isoformat()
    return {
        "person_id": card.person_id, "origin_person_id": card.person_id, "title": card.name, "title_index": card.name,
        "card": json.dumps(facts, ensure_ascii=False),
    }  # fmt: skip


def _parties(desk: Desk, workflow: Workflow, own: Place, answers: Mapping[str, Any]) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for party in workflow.parties:
        unit = desk.unit(own.institution_id) if not party.field else _named(desk, party, answers)
        if unit is not None:
            found[party.code] = unit
    return found


def _named(desk: Desk, party: Party, answers: Mapping[str, Any]) -> Unit | None:
    """The institution a field names; an optional one may be left open."""
    if party.field not in answers:
        return None
    unit = desk.unit(int(answers[party.field]))
    if unit is None:
        findings = [{"field": party.field, "problem": f"{party.label}：未找到所选机构"}]
        raise Invalid("engine.answers", count=1, findings=findings)
    return unit


def _name_of(parties: Mapping[str, Unit], own: Place) -> str:
    return next((unit.name for unit in parties.values() if unit.id == own.institution_id), "")


def _step(
    desk: Desk, transition: str, start: str, state: State, unit: str, note: str, answers: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "transition": transition, "from": start, "to": state.code, "at": clock.now().isoformat(), "by": desk.principal.name,
        "unit": unit, "note": note.strip()[:400], "answers": dict(answers),
    }  # fmt: skip


def _deadline(desk: Desk, workflow: Workflow, state: State, division: str, now: datetime) -> datetime | None:
    span: Span | None = state.deadline
    if span is None:
        return None
    parameters: dict[str, object] = dict(desk.parameters(desk.catalogue.home("workflow", workflow.code), division))
    if span.unit == "hours":
        return now + timedelta(hours=span.amount_in(parameters))
    today = clock.local(now).date()
    return now + (span.after(today, parameters) - today)


def _stands_for(desk: Desk, transition: Transition, row: Case) -> bool:
    if desk.principal.kind == "system" or not transition.by:
        return True
    return row.party == transition.by and desk.principal.scope.covers_institution(row.institution_id)


def _check(desk: Desk, workflow: Workflow, transition: Transition, row: Case, move: Move) -> None:
    if move.revision is not None and move.revision != row.revision:
        raise Conflict("engine.stale")
    if row.state not in transition.start:
        raise Conflict("engine.state", state=workflow.by_code[row.state].label, transition=transition.label)
    if transition.by == CLOCK and desk.principal.kind != "system":
        raise Denied("engine.party", transition=transition.label, party="平台")
    if not _stands_for(desk, transition, row):
        party = next((one.label for one in workflow.parties if one.code == transition.by), "")
        raise Denied("engine.party", transition=transition.label, party=party)
    if veiled_case(desk, workflow, row):  # whoever may not read it does not become one who wrote it
        raise Denied("engine.withheld")


def _filled(desk: Desk, transition: Transition, row: Case, move: Move) -> Filled | None:
    form = transition.form
    if form is None:
        if move.answers:
            raise Invalid("engine.answers", count=1, findings=[{"field": next(iter(move.answers)), "problem": "此步骤没有表单"}])
        return None
    filled = fill(form, setting_of(desk, form, subject_of(row), {}, clock.today()), move.answers)
    refuse(filled, move.confirmed)
    return filled


def _with_answers(row: Case, answers: Mapping[str, Any]) -> tuple[Subject, Mapping[str, Any]]:
    return subject_of(row), answers


def _guarded(desk: Desk, workflow: Workflow, transition: Transition, row: Case) -> bool:
    """Before its form is filled in, a guard that is not yet known does not hide the step."""
    if not transition.guard:
        return True
    setting = _case_setting(desk, workflow, (subject_of(row), row.answers))
    found = setting.value(transition.guard, {})
    return found is True or (found is None and transition.form is not None)


def _holds(desk: Desk, workflow: Workflow, transition: Transition, merged: tuple[Subject, Mapping[str, Any]]) -> bool:
    return _case_setting(desk, workflow, merged).holds(transition.guard, {})


def _case_setting(desk: Desk, workflow: Workflow, merged: tuple[Subject, Mapping[str, Any]]) -> Setting:
    subject, answers = merged
    application = desk.catalogue.home("workflow", workflow.code)
    known: dict[str, Any] = {}
    for form in workflow.forms:
        known |= {code: answer for code, answer in restored(form, answers).items() if answer is not None}
    facts = {**facts_of(subject, clock.today()), **known}
    environment = desk.catalogue.case_environment(workflow)
    return Setting(environment, facts, desk.parameters(application, subject.division_code))


def _write_all(
    desk: Desk, workflow: Workflow, mine: Case, state: State, answers: dict[str, Any], step: dict[str, Any], form: Form | None
) -> None:
    """Renew the copy of every party; the revision catches two who move at once."""
    now, seen = clock.now(), mine.revision
    with widened(desk.session, "write a case into every party's book") as session:
        query = select(Case).where(Case.case_no == mine.case_no).order_by(Case.id).with_for_update()
        # Without populate_existing a row that was read before keeps the revision it had then, and nobody is ever too late.
        rows = list(session.scalars(query, execution_options={"populate_existing": True}))
        if any(row.revision != seen for row in rows):
            raise Conflict("engine.stale")
        opener = next(party for party in workflow.parties if not party.field)
        home = next((row for row in rows if row.party == opener.code), mine)
        due_at = _deadline(desk, workflow, state, home.division_code or "", now)
        for row in rows:
            row.state, row.answers, row.moved_at, row.due_at = state.code, answers, now, due_at
            row.steps = [*row.steps, step]
            row.versions = {**row.versions, form.code: form.version} if form else row.versions
            row.revision += 1


def _keep_form(desk: Desk, form: Form, row: Case, filled: Filled) -> None:
    """The form of a step as a submission of the party that made it."""
    versions.keep(desk.session, form)
    identity = new_id()
    today = clock.today()
    desk.session.add(
        Submission(
            id=identity, root_id=identity, form=form.code, form_version=form.version, state=CURRENT, case_no=row.case_no,
            person_id=row.person_id, division_code=row.division_code, line_code=row.line_code,
            institution_id=row.institution_id, worker=desk.principal.id, worker_name=desk.principal.name, day=today,
            answers=stored(filled.answers), submitted_at=clock.now(),
        )
    )  # fmt: skip
    desk.session.flush()
    publish(desk.session, Submitted(form.code, identity, identity, None, row.person_id, today.isoformat()))
