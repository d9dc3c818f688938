"""What the health record knows of a member, beside the register's own forms: prescriptions and doses of every institution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from applications.collaboration.api import doses_of
from health_platform.access.api import document_access
from health_platform.engine.api import Enrolment, Form, Milestones, Register, caring, desk_of
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.http import Call
from health_platform.records.api import Record, Section, open_record


def prescriptions(call: Call, register: Register, row: Enrolment) -> dict[str, Any] | None:
    """The medications of a member from all institutions; ``None`` when the register does not show them.

    A record that cannot be read (out of scope, the warehouse is away) is told as such, never as an empty one.
    """
    if not _shows(register, row, "medication"):
        return None
    return _read(call, register, row, lambda record, wishes: record.medications()[:30])


def doses(call: Call, register: Register, row: Enrolment) -> dict[str, Any] | None:
    """Every dose of a vaccine given anywhere, in one list; ``None`` when the register does not show them."""
    if not _shows(register, row, "vaccination"):
        return None
    hidden = str(Section.VACCINATION)
    return _read(call, register, row, lambda record, wishes: doses_of(desk_of(call), record, not wishes.shows(hidden)))


def doses_before(call: Call, register: Register, form: Form, row: Enrolment) -> dict[str, Any] | None:
    """What to look at before giving a dose: those of every institution; ``None`` for forms that give none.

    The register's plan counts what stands in the register: a dose an institution uploaded is still due there.
    """
    gives = any(isinstance(plan, Milestones) and plan.form is form for plan in register.schedules)
    return doses(call, register, row) if gives else None


def _shows(register: Register, row: Enrolment, section: str) -> bool:
    """Who is only proposed is in nobody's care yet: his record is read once he has been accepted."""
    return section in register.sections and row.person_id is not None and row.state != "proposed"


def _read(call: Call, register: Register, row: Enrolment, find: Callable[[Record, Any], Sequence[Any]]) -> dict[str, Any]:
    person_id = row.person_id or 0
    try:
        with caring(desk_of(call), register, row):
            wishes = document_access(call.session, call.principal, person_id)
            record = open_record(call.platform, call.session, call.principal, person_id, wishes)
            return {"rows": find(record, wishes), "problem": ""}
    except PlatformError as error:
        return {"rows": [], "problem": error.message}
