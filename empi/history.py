"""The history of decisions: one row for every link made, moved or undone, with its evidence and who decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from empi.identity import RULES_ACTOR, Actor
from empi.models import DecisionRow
from empi.plain import write
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id

DECISION_LABELS: dict[str, str] = {
    "link": "首次关联",
    "move": "改变关联",
    "merge": "合并",
    "unmerge": "撤销合并",
    "split": "拆分",
    "join": "人工关联",
    "unlink": "解除关联",
    "apart": "禁止关联",
    "allow": "解除禁止",
    "overlay": "信息覆盖处理",
    "dismiss": "复核驳回",
}


@dataclass(frozen=True)
class Decision:
    """One decision to be recorded.

    ``patient_key`` is the identity decided about (none for decisions about whole persons), ``evidence_key`` the identity it
    resembles most, ``before`` what is needed to undo the decision.
    """

    kind: str
    person_id: int
    actor: Actor = RULES_ACTOR
    patient_key: int | None = None
    evidence_key: int | None = None
    weight: float | None = None
    contributions: dict[str, float] | None = None
    rule_version: str | None = None
    person_before: int | None = None
    reason: str = ""
    before: dict[str, Any] | None = None
    division_code: str | None = None
    id: int = field(default_factory=new_id)

    def as_row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "decided_at": clock.now(),
            "by_kind": self.actor.kind,
            "by_name": self.actor.name,
            "rule_version": self.rule_version,
            "patient_key": self.patient_key,
            "evidence_key": self.evidence_key,
            "weight": self.weight,
            "contributions": self.contributions,
            "person_before": self.person_before,
            "person_id": self.person_id,
            "reason": self.reason,
            "before": self.before,
            "undone_by": None,
            "division_code": self.division_code,
            "line_code": None,
        }


def record(session: Session, decisions: Iterable[Decision]) -> None:
    """Append decisions to the history."""
    write(session, DecisionRow, [decision.as_row() for decision in decisions])


def with_division(decision: Decision, division_code: str | None) -> Decision:
    """The decision as seen by those responsible for a division."""
    return replace(decision, division_code=division_code)


def mark_undone(session: Session, decision_id: int, by: int) -> None:
    """Note on a decision which later one undid it."""
    session.execute(
        update(DecisionRow).where(DecisionRow.id == decision_id).values(undone_by=by).execution_options(synchronize_session=False)
    )


def history_of(session: Session, person_id: int, limit: int = 200) -> list[DecisionRow]:
    """Decisions that touched a person, newest first."""
    touches = or_(DecisionRow.person_id == person_id, DecisionRow.person_before == person_id)
    return list(session.scalars(select(DecisionRow).where(touches).order_by(DecisionRow.id.desc()).limit(limit)))
