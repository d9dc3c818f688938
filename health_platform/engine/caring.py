"""The care of a member as a relationship: whoever manages a person reads of the record what the programme shows of it.

A village clinic's jurisdiction is its village; the hospitals whose prescriptions its doctor must know lie outside. What the
resident hides, and classes the doctor is not cleared for, stay hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.members import ACTIVE
from health_platform.engine.models import Enrolment
from health_platform.kernel.db import change_scope
from health_platform.kernel.scope import Scope, scope_of


def in_care(desk: Desk, register: Register, row: Enrolment) -> bool:
    """Whether the caller works for the institution that manages an active member, and fills in its forms."""
    works = any(desk.principal.may(f"form.{form.code}.submit") for form in register.work_forms)
    return row.state == ACTIVE and row.person_id is not None and desk.belongs_to(row.institution_id) and works


@contextmanager
def caring(desk: Desk, register: Register, row: Enrolment) -> Iterator[None]:
    """Work under the relationship of the care inside the block; a caller who has none keeps his own scope."""
    if not in_care(desk, register, row):
        yield
        return
    before = scope_of(desk.session)
    change_scope(desk.session, Scope(persons=frozenset({row.person_id or 0}), classes=before.classes))
    try:
        yield
    finally:
        if desk.session.is_active:
            change_scope(desk.session, before)
