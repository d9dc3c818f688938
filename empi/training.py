"""Models learned from the index's own identities: drafts first, active when somebody has looked at them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from empi.identity import Actor
from empi.judges import EVERYONE, Judge, field_labels, forget_judge, judge_of
from empi.matching import Model, load_rules, train
from empi.models import IdentityRow, ModelRow
from empi.storing import facts_of, known
from empi.wide import whole_index
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, NotFound, register_messages
from health_platform.kernel.ids import new_id

register_messages(
    {
        "empi.model_unknown": "未找到该模型",
        "empi.model_rules": "该模型是按另一版规则训练的,不能启用",
    }
)


@dataclass(frozen=True)
class WeightLine:
    """One level of one field: its weight now and in the draft, in bits."""

    field: str
    label: str
    level: str
    now: float
    then: float


def train_draft(session: Session, sample: int, actor: Actor) -> ModelRow:
    """Learn a model from at most ``sample`` random identities; it judges nothing until it is activated."""
    with whole_index(session, "train model"):
        judge = judge_of(session)
        rows = known(session, _random_keys(session, sample))
        model = train([judge.read(facts_of(session, row)) for row in rows.values()], load_rules())
        row = {
            "id": new_id(),
            "version": model.version,
            "tenant": EVERYONE,
            "state": "draft",
            "trained_on": model.trained_on,
            "content": model.to_json(),
            "made_at": clock.now(),
            "made_by": actor.name,
        }
        session.execute(insert(ModelRow), [row])
    return _model_row(session, int(str(row["id"])))


def _random_keys(session: Session, wanted: int) -> list[int]:
    """Patient keys are hashes: a run of them from a random start is a random sample."""
    start = secrets.randbelow(2**63)
    after = select(IdentityRow.patient_key).where(IdentityRow.patient_key >= start)
    keys = list(session.scalars(after.order_by(IdentityRow.patient_key).limit(wanted)))
    before = select(IdentityRow.patient_key).where(IdentityRow.patient_key < start)
    return keys + list(session.scalars(before.order_by(IdentityRow.patient_key).limit(wanted - len(keys))))


def activate(session: Session, model_id: int) -> ModelRow:
    """Put a reviewed model into force; links change when the city is linked again or identities arrive.

    Raises:
        NotFound: no such model.
        Conflict: it was trained under other rules.
    """
    row = _model_row(session, model_id)
    try:
        Model.from_json(row.content, load_rules())
    except ValueError as error:
        raise Conflict("empi.model_rules", model_id=str(model_id)) from error
    session.execute(update(ModelRow).where(ModelRow.state == "active", ModelRow.id != model_id).values(state="retired"))
    row.state = "active"
    session.flush()
    forget_judge(session)
    return row


def models(session: Session) -> list[ModelRow]:
    """All models, newest first."""
    return list(session.scalars(select(ModelRow).order_by(ModelRow.id.desc())))


def difference(session: Session, model_id: int) -> list[WeightLine]:
    """What a model would weigh otherwise than the one in force."""
    now = judge_of(session).model
    then = Judge(Model.from_json(_model_row(session, model_id).content, load_rules())).model
    labels = field_labels(then.rules)
    return [
        WeightLine(name, labels[name], level, float(now.weights[name][place]), float(then.weights[name][place]))
        for name in then.weights
        for place, level in enumerate(then.levels(name))
        if place
    ]


def _model_row(session: Session, model_id: int) -> ModelRow:
    row = session.get(ModelRow, model_id)
    if row is None:
        raise NotFound("empi.model_unknown", model_id=str(model_id))
    return row
