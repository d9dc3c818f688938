"""A membership that ends (a contract) goes on: the old one closes as renewed, a new one begins, nothing is typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from health_platform.engine.answers import prefixed, stored
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.filling import answers_of, submissions_of
from health_platform.engine.members import ACTIVE, CLOSED, EXPIRED, RENEWED, Newcomer, Place, card_of, enrol, hold, leave
from health_platform.engine.models import Enrolment
from health_platform.engine.submitting import carried
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict


def renew(desk: Desk, member: Enrolment, newcomer: Newcomer) -> Enrolment:
    """Begin the next term of a membership with the entry form as written; gives the new member, managed where the old one is.

    The new term begins when the old one would have ended, so that who renews early loses nothing.

    Raises:
        Conflict: it is too early, or the membership was taken out for another reason than its end. Invalid: as ``enrol``.
    """
    register = desk.catalogue.register(member.register)
    hold(desk, member)
    if not renewable(desk, register, member, clock.today()):
        raise Conflict("engine.not_renewable", register=register.label, days=_window(desk, register, member))
    if member.state == ACTIVE:
        leave(desk, member, RENEWED, newcomer.day)
    place = Place(
        member.institution_id or 0, member.division_code or "", member.team or "", member.worker, member.worker_name or ""
    )
    return enrol(desk, register, replace(newcomer, card=card_of(member), place=place, renews=member))


def renewable(desk: Desk, register: Register, member: Enrolment, today: date) -> bool:
    """Whether a membership is near its end, or ended by itself."""
    if register.renews is None or member.ends_on is None:
        return False
    if member.state == CLOSED:
        return member.close_reason == EXPIRED
    return member.state == ACTIVE and (member.ends_on - today).days <= _window(desk, register, member)


def _window(desk: Desk, register: Register, member: Enrolment) -> int:
    """How many days before its end a membership may be renewed."""
    if register.renews is None or member.ends_on is None:
        return 0
    application = desk.catalogue.home("register", register.code)
    parameters: Mapping[str, Any] = desk.parameters(application, member.division_code or "")
    return (member.ends_on - register.renews.before(member.ends_on, dict(parameters))).days


def renewal(desk: Desk, register: Register, member: Enrolment) -> dict[str, Any]:
    """The answers the form of the next term starts with, as JSON: those of the old one that carry over."""
    entries = answers_of(register.entry, submissions_of(desk, member.id))
    return stored(carried(register.entry, prefixed("previous_", entries[-1][1]))) if entries else {}
