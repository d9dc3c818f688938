"""What the health record knows of a member, beside the register's own forms: prescriptions of every hospital."""

from __future__ import annotations

from typing import Any

from health_platform.access.api import document_access
from health_platform.engine.api import Register
from health_platform.kernel.errors import PlatformError
from health_platform.kernel.http import Call
from health_platform.records.api import open_record


def prescriptions(call: Call, register: Register, person_id: int | None) -> dict[str, Any] | None:
    """The medications of a member from all institutions; ``None`` when the register does not show them.

    A record that cannot be read (out of scope, the warehouse is away) is told as such, never as an empty one.
    """
    if "medication" not in register.sections or person_id is None:
        return None
    try:
        wishes = document_access(call.session, call.principal, person_id)
        record = open_record(call.platform, call.session, call.principal, person_id, wishes)
        return {"rows": record.medications()[:30], "problem": ""}
    except PlatformError as error:
        return {"rows": [], "problem": error.message}
