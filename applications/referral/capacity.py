"""Whether a ward can take one more referred patient: registered beds against referrals that hold one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.engine.api import Case, Desk
from health_platform.kernel.db import widened
from registry.resources.api import Resource, ResourceFilter, listed

WORKFLOW = "referral"
HOLDING = ("accepted", "arrived", "late")
IN_BED, AT_CLINIC = "2", "1"
_KINDS = {"bed": IN_BED, "clinic": AT_CLINIC}
_ALL = 20_000


@dataclass(frozen=True)
class Free:
    """Beds or clinic places of one ward or department: registered, held by running referrals, and what is left."""

    institution_id: int
    kind: str
    ward: str
    registered: int
    held: int

    @property
    def free(self) -> int:
        return max(0, self.registered - self.held)


def resources_of(session: Session, institution_id: int) -> list[Free]:
    """Every registered ward and clinic of an institution, with what is left for referrals.

    Referred patients are counted, not the institution's own: a hospital registers what it keeps for referrals.
    """
    return _resources(session, institution_id)


def all_resources(session: Session) -> list[Free]:
    """What every institution of the city has registered and has left: where a patient can be referred to at all."""
    return _resources(session, None)


def _resources(session: Session, institution_id: int | None) -> list[Free]:
    registered: Counter[tuple[int, str, str]] = Counter()
    with widened(session, "beds and clinics of receiving institutions"):
        for kind in _KINDS:
            for row in listed(session, ResourceFilter(kind=kind, institution_id=institution_id, size=_ALL)).rows:
                registered[row.institution_id, row.kind, row.name] += row.quantity
        held = _held(session, institution_id)
    return [
        Free(unit, kind, ward, count, held[unit, _KINDS[kind], ward]) for (unit, kind, ward), count in sorted(registered.items())
    ]


def full(desk: Desk, row: Case, answers: Mapping[str, Any]) -> str:
    """Why a referral cannot be accepted into the ward it is given; "" when it can.

    An institution that has registered no beds keeps its own count: nothing is claimed about it. The registered rows of the
    ward are locked until the transaction ends: of two who accept into its last bed, the second counts when the first is done.
    """
    _lock(desk.session, row.institution_id or 0, answers)
    known = [one for one in resources_of(desk.session, row.institution_id or 0) if _KINDS[one.kind] == answers.get("arranged")]
    if not known:
        return ""
    ward = str(answers.get("ward") or "").strip()
    fitting = next((one for one in known if one.ward == ward), None)
    if fitting is None:
        return f"“{ward}”没有登记床位或号源；可选：{'、'.join(one.ward for one in known[:8])}"
    return "" if fitting.free else f"“{ward}”登记 {fitting.registered}，已被转诊占用 {fitting.held}，没有空余"


def _lock(session: Session, institution_id: int, answers: Mapping[str, Any]) -> None:
    kind = next((kind for kind, arranged in _KINDS.items() if arranged == answers.get("arranged")), "")
    ward = str(answers.get("ward") or "").strip()
    mine = (Resource.institution_id == institution_id, Resource.kind == kind, Resource.name == ward)
    with widened(session, "lock the ward of a receiving institution"):
        session.execute(select(Resource.id).where(*mine).order_by(Resource.id).with_for_update())


def _held(session: Session, institution_id: int | None) -> Counter[tuple[int, str, str]]:
    """(institution, arranged, ward) → running referrals that hold a place there."""
    query = select(Case.institution_id, Case.answers).where(
        Case.workflow == WORKFLOW, Case.party == "receiver", Case.state.in_(HOLDING)
    )
    if institution_id is not None:
        query = query.where(Case.institution_id == institution_id)
    counts: Counter[tuple[int, str, str]] = Counter()
    for unit, answers in session.execute(query):
        counts[unit or 0, str(answers.get("arranged") or ""), str(answers.get("ward") or "").strip()] += 1
    return counts
