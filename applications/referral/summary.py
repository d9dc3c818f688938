"""The clinical summary both sides read while a referral lives: by their case, not by where the patient lives."""

from __future__ import annotations

from dataclasses import dataclass, replace

from health_platform.access.api import document_access
from health_platform.engine.api import Case, Desk, case
from health_platform.kernel.db import change_scope
from health_platform.kernel.errors import Denied, register_messages
from health_platform.kernel.scope import Scope, scope_of
from health_platform.records.api import Overview, open_record

register_messages({"referral.over": "转诊已结束，不再共享健康档案", "referral.nobody": "该转诊没有关联居民"})


@dataclass(frozen=True)
class Shared:
    """The case in the caller's book, and the overview of the patient's record."""

    case: Case
    overview: Overview


def shared(desk: Desk, case_no: int, running: frozenset[str]) -> Shared:
    """The patient's summary for a party of a running referral.

    Raises:
        NotFound: no such case in the caller's book. Denied: the referral is over; what was shared is no longer.
    """
    row = case(desk, desk.catalogue.workflow("referral"), case_no)
    if row.state not in running:
        raise Denied("referral.over")
    if row.person_id is None:
        raise Denied("referral.nobody")
    before = scope_of(desk.session)
    reader = replace(desk.principal, purpose="REFERRAL", scope=Scope(persons=frozenset({row.person_id})))
    change_scope(desk.session, reader.scope)
    try:
        wishes = document_access(desk.session, reader, row.person_id)
        overview = open_record(desk.platform, desk.session, reader, row.person_id, wishes).overview()
    finally:
        change_scope(desk.session, before)
    return Shared(case(desk, desk.catalogue.workflow("referral"), case_no), overview)
