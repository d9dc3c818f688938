"""Coming into a register, staying in it, leaving it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import and_, not_, select

from health_platform.engine import alerts, planning, sealing, versions
from health_platform.engine.answers import Filled, Setting, fill, prefixed, stored
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.events import Closed, Enrolled, MemberChanged, Proposed, Submitted
from health_platform.engine.filling import (
    CURRENT,
    Subject,
    answers_of,
    picked,
    refuse,
    setting_of,
    stray_picks,
    submissions_of,
)
from health_platform.engine.models import Enrolment, Submission
from health_platform.engine.ports import PersonCard
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, Invalid, NotFound
from health_platform.kernel.ids import new_id
from health_platform.kernel.outbox import publish

PROPOSED, ACTIVE, CLOSED, DECLINED = "proposed", "active", "closed", "declined"
EXPIRED, RENEWED = "expired", "renewed"
ENDINGS = {EXPIRED: "到期", RENEWED: "已续签"}
"""Reasons for which the platform itself takes a member out."""


@dataclass(frozen=True)
class Place:
    """Where a member is managed. The default is the caller's own institution."""

    institution_id: int
    division_code: str
    team: str = ""
    worker: int | None = None
    worker_name: str = ""


@dataclass(frozen=True)
class Newcomer:
    """Somebody to be enrolled: the person (things have none), the entry form as written, the day, the membership it renews."""

    answers: Mapping[str, Any]
    day: date
    card: PersonCard | None = None
    place: Place | None = None
    confirmed: bool = False
    note: str = ""
    renews: Enrolment | None = None


def own_place(desk: Desk, institution_id: int | None = None) -> Place:
    """The caller's institution, or one of those the caller may act for.

    Raises:
        Invalid: the caller belongs to none, or the one named is not the caller's to choose.
    """
    wanted = institution_id or desk.principal.institution_id
    if wanted is None:
        raise Invalid("engine.unit")
    unit = desk.unit(wanted)
    scope = desk.principal.scope
    if unit is None or not (
        scope.everything or (scope.covers_institution(unit.id) and scope.covers_division(unit.division_code))
    ):
        raise NotFound("engine.unit_unknown")
    mine = unit.id == desk.principal.institution_id
    name = desk.principal.name if mine else ""
    return Place(unit.id, unit.division_code, worker=desk.principal.id if mine else None, worker_name=name)


def enrol(desk: Desk, register: Register, newcomer: Newcomer) -> Enrolment:
    """Take somebody into a register; publishes ``register.enrolled``.

    Raises:
        Invalid: the entry form has faults, the day lies in the future, or the person does not belong into the register.
        Conflict: the person is in it already, or something must be confirmed.
    """
    _check_day(newcomer.day)
    member = _row(desk, register, newcomer)
    _settle(desk, register, member, newcomer)
    return member


def propose(desk: Desk, register: Register, card: PersonCard, place: Place, note: str) -> Enrolment | None:
    """Suggest that somebody belongs into a register; ``None`` when it is known there already, whatever was decided.

    Who left for a reason of ``register.returns`` (moved away, lost) is proposed again: it was seen somewhere else. Two proposals
    at the same instant collide on ``once_key``, and the one that is tried again finds the other.
    """
    with widened(desk.session, "look for a member") as session:
        query = select(Enrolment.id).where(Enrolment.register == register.code, Enrolment.person_id == card.person_id)
        gone = and_(Enrolment.state == CLOSED, Enrolment.close_reason.in_(register.returns))
        if session.scalar(query.where(not_(gone)).limit(1)) is not None:
            return None
    member = _row(desk, register, Newcomer({}, clock.today(), card, place, note=note))
    member.state, member.once_key = PROPOSED, f"?{register.code}:{card.person_id}"
    desk.session.add(member)
    desk.session.flush()
    publish(desk.session, Proposed(register.code, member.id, member.person_id))
    return member


def accept(desk: Desk, member: Enrolment, newcomer: Newcomer) -> Enrolment:
    """Turn a proposal into a member.

    Raises:
        Conflict: it is no open proposal any more.
    """
    hold(desk, member)
    if member.state != PROPOSED:
        raise Conflict("engine.not_proposed")
    _check_day(newcomer.day)
    place = newcomer.place or own_place(desk, member.institution_id)
    _put(member, place)
    member.enrolled_on = newcomer.day
    _settle(desk, desk.catalogue.register(member.register), member, replace(newcomer, card=card_of(member), place=place))
    return member


def decline(desk: Desk, member: Enrolment, note: str) -> Enrolment:
    """Say that a proposal is wrong; it is not made again."""
    hold(desk, member)
    if member.state != PROPOSED:
        raise Conflict("engine.not_proposed")
    if not note.strip():
        raise Invalid("engine.note")
    member.state, member.note = DECLINED, note.strip()
    return _changed(desk, member)


def close(desk: Desk, member: Enrolment, reason: str, day: date, note: str = "") -> Enrolment:
    """Take a member out of the register; publishes ``register.closed``. Its submissions stay.

    Raises:
        Conflict: it left before, or what must be filled in first (a settlement) is not there. Invalid: the reason is none of the
        register's, or the day does not fit.
    """
    register = desk.catalogue.register(member.register)
    if reason not in {option.code for option in register.leave}:
        raise Invalid("engine.reason", register=register.label)
    if owed := closing_owed(desk, register, member, reason):
        raise Conflict("engine.closing", form=owed.label)
    return leave(desk, member, reason, day, note)


def closing_owed(desk: Desk, register: Register, member: Enrolment, reason: str) -> Form | None:
    """The form that must be filled in before a member leaves for a reason; ``None`` when it is there, or none is needed."""
    wanted = register.closing
    if wanted is None or reason not in wanted.reasons:
        return None
    rows = submissions_of(desk, member.id)
    entries = answers_of(register.entry, rows)
    setting = setting_of(desk, register.entry, Subject.of(member), {}, member.enrolled_on)
    if any(row.form == wanted.form.code for row in rows) or not (entries and setting.holds(wanted.when, entries[-1][1])):
        return None
    return wanted.form


def leave(desk: Desk, member: Enrolment, reason: str, day: date, note: str = "") -> Enrolment:
    """``close`` for the reasons of the platform itself (``ENDINGS``), which ask for nothing."""
    register = desk.catalogue.register(member.register)
    hold(desk, member)
    if member.state != ACTIVE:
        raise Conflict("engine.not_active")
    if not member.enrolled_on <= day <= clock.today():
        raise Invalid("engine.day", day=day, first=member.enrolled_on, last=clock.today())
    member.state, member.closed_on, member.close_reason, member.once_key = CLOSED, day, reason, None
    member.note = note or member.note
    _changed(desk, member)
    planning.renew(desk, member)
    publish(desk.session, Closed(register.code, member.id, member.person_id, reason))
    return member


def hand_over(desk: Desk, member: Enrolment, place: Place) -> Enrolment:
    """Give a member, or a proposal, into the care of another place, team or worker.

    Past submissions stay where they were made. A proposal made to the wrong institution reaches the right one this way.
    """
    hold(desk, member)
    if member.state not in (ACTIVE, PROPOSED):
        raise Conflict("engine.not_active")
    with widened(desk.session, "hand a member over"):
        _put(member, place)
        _changed(desk, member)
        planning.renew(desk, member)
    publish(desk.session, MemberChanged(member.register, member.id))
    return member


def member(desk: Desk, register: Register, enrolment_id: int) -> Enrolment:
    """One member the caller may see.

    Raises:
        NotFound: ``engine.member``.
    """
    query = select(Enrolment).where(Enrolment.id == enrolment_id, Enrolment.register == register.code)
    found = desk.session.scalar(query)
    if found is None:
        raise NotFound("engine.member")
    return found


def hold(desk: Desk, one: Enrolment) -> None:
    """Read a member anew and keep it from others until the transaction ends, so that what follows is done once.

    Raises:
        NotFound: it went out of the caller's reach meanwhile.
    """
    query = select(Enrolment).where(Enrolment.id == one.id).with_for_update()
    if desk.session.scalar(query, execution_options={"populate_existing": True}) is None:
        raise NotFound("engine.member")


def card_of(one: Enrolment) -> PersonCard:
    """The person's facts as the register keeps them."""
    facts = json.loads(one.card or "{}")
    return PersonCard(
        one.person_id, one.title or "", one.sex or "", one.birth_date,
        facts.get("id_no", ""), facts.get("phone", ""), facts.get("address", ""), facts.get("division_code", ""),
    )  # fmt: skip


def put_card(one: Enrolment, card: PersonCard) -> None:
    """Write a person's facts into a member."""
    one.person_id, one.sex, one.birth_date = card.person_id, card.sex, card.birth_date
    one.title = one.title_index = card.name
    one.number_index = card.id_no
    facts = {key: value for key, value in asdict(card).items() if key in ("id_no", "phone", "address", "division_code") and value}
    one.card = json.dumps(facts, ensure_ascii=False)


def _check_day(day: date) -> None:
    if day > clock.today():
        raise Invalid("engine.day", day=day, first="—", last=clock.today())


def _row(desk: Desk, register: Register, newcomer: Newcomer) -> Enrolment:
    place = newcomer.place or own_place(desk)
    line = desk.catalogue.home("register", register.code).line
    row = Enrolment(
        id=new_id(), register=register.code, state=ACTIVE, line_code=line, enrolled_on=newcomer.day, latest={}, note=newcomer.note
    )
    _put(row, place)
    if newcomer.card is not None:
        put_card(row, newcomer.card)
        row.origin_person_id = newcomer.card.person_id
    row.changed_at, row.changed_by = clock.now(), desk.principal.name
    return row


def _put(row: Enrolment, place: Place) -> None:
    row.institution_id, row.division_code, row.team = place.institution_id, place.division_code, place.team
    row.worker, row.worker_name = place.worker, place.worker_name


def _changed(desk: Desk, row: Enrolment) -> Enrolment:
    row.changed_at, row.changed_by = clock.now(), desk.principal.name
    desk.session.flush()
    return row


def _settle(desk: Desk, register: Register, row: Enrolment, newcomer: Newcomer) -> None:
    """Check the entry form, make the member active, write the entry submission, plan."""
    _alone(desk, register, row)
    setting = entry_setting(desk, register, Subject.of(row), newcomer)
    filled = fill(register.entry, setting, newcomer.answers)
    filled.findings += stray_picks(desk, register.entry, filled.answers)
    refuse(filled, newcomer.confirmed)
    if not setting.holds(register.admit, filled.answers):
        raise Invalid("engine.not_admitted", reason=register.admit_message)
    if register.team:
        row.team = _team(desk, filled.answers[register.team])
    if register.check and (reason := register.check(desk, row, filled.answers)):
        raise Conflict("engine.not_admitted", reason=reason)
    if register.title:
        row.title = row.title_index = str(filled.answers[register.title] or "")
    row.state = ACTIVE
    row.once_key = f"{register.code}:{row.person_id}" if register.once and row.person_id is not None else None
    if register.lasts:
        earlier = newcomer.renews.ends_on if newcomer.renews else None
        row.ends_on = register.lasts.after(max(earlier or row.enrolled_on, row.enrolled_on), dict(setting.parameters))
    desk.session.add(row)
    _changed(desk, row)
    versions.keep(desk.session, register.entry)
    entry = _write_entry(desk, register, row, filled)
    alerts.raise_all(desk, row, entry, alerts.called_for(desk, register.entry, setting, filled))
    planning.renew(desk, row)
    publish(desk.session, Enrolled(register.code, row.id, row.person_id))


def entry_setting(desk: Desk, register: Register, subject: Subject, newcomer: Newcomer) -> Setting:
    """What surrounds an entry form: facts of the things it picks, and of the membership it renews as ``previous_``."""
    before: dict[str, Any] = {}
    if newcomer.renews is not None:
        entries = answers_of(register.entry, submissions_of(desk, newcomer.renews.id))
        before = prefixed("previous_", entries[-1][1]) if entries else {}
    return setting_of(desk, register.entry, subject, {**before, **picked(desk, register.entry, newcomer.answers)}, newcomer.day)


def _team(desk: Desk, chosen: Any) -> str:
    return desk.things([int(chosen)]).get(int(chosen), "") if chosen else ""


def _alone(desk: Desk, register: Register, row: Enrolment) -> None:
    """A person stands in a register once, wherever that is; the caller learns that, and nothing more."""
    if not register.once or row.person_id is None:
        return
    with widened(desk.session, "look for a member") as session:
        key = f"{register.code}:{row.person_id}"
        if session.scalar(select(Enrolment.id).where(Enrolment.once_key == key)) is not None:
            raise Conflict("engine.enrolled")


def _write_entry(desk: Desk, register: Register, row: Enrolment, filled: Filled) -> Submission:
    identity = new_id()
    entry = Submission(
        id=identity, root_id=identity, form=register.entry.code, form_version=register.entry.version, state=CURRENT,
        enrolment_id=row.id, person_id=row.person_id, division_code=row.division_code, line_code=row.line_code,
        institution_id=row.institution_id, team=row.team, worker=desk.principal.id, worker_name=desk.principal.name,
        day=row.enrolled_on, answers=stored(filled.answers), submitted_at=clock.now(), confirmed=filled.asked,
    )  # fmt: skip
    desk.session.add(entry)
    desk.session.flush()
    sealing.seal(desk, register.entry, entry, row)
    publish(desk.session, Submitted(register.entry.code, identity, identity, row.id, row.person_id, row.enrolled_on.isoformat()))
    return entry
