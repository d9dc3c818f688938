"""Who was shown to whom: every person in a list of results gets an entry of their own, so that they can read who looked."""

from __future__ import annotations

from collections.abc import Sequence

from health_platform.kernel.audit import AuditFact, record
from health_platform.kernel.http import Call


def audit_shown(call: Call, persons: Sequence[int], **facts: object) -> None:
    """Note the persons a search has shown. The call's own entry names the first; the others get one each."""
    call.audit(found=len(persons), **facts, **({"person_id": persons[0]} if persons else {}))
    for person in persons[1:]:
        record(
            call.session,
            AuditFact(
                str(call.spec.audit),
                "person",
                str(person),
                person_id=person,
                principal=call.principal,
                kind="browse",
                address=call.address,
                request_id=call.request_id,
                detail={"found": len(persons), **facts},
            ),
        )
