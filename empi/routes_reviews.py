"""The stewards' work list and the feed of link changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from empi import answering, subscribing
from empi.models import DecisionRow, ReviewRow, SubscriptionRow
from empi.routes_persons import ruling_of
from empi.schemas_decisions import (
    AcknowledgeIn,
    DecisionIn,
    LinkChangesOut,
    LinkChangesQuery,
    LinkSubscriptionIn,
    LinkSubscriptionOut,
)
from empi.schemas_reviews import AnswerOut, IdentityReviewOut, IdentityReviewQuery, ReviewAnswerIn, ReviewAnswersIn
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint

READ, ANSWER, FOLLOW = "empi.review.read", "empi.review.answer", "empi.change.read"
PAGE = 50

reviews = Blueprint("empi_reviews", __name__, url_prefix="/api/v1/empi/reviews", description="主索引复核")
changes = Blueprint("empi_changes", __name__, url_prefix="/api/v1/empi", description="关联变更订阅")


def listed(session: Session, query: dict[str, Any], size: int = PAGE) -> tuple[list[ReviewRow], int]:
    """One page of questions, the surest first, and how many there are."""
    conditions = [ReviewRow.state == query["state"]]
    conditions += [ReviewRow.kind == query["kind"]] if query["kind"] else []
    conditions += [ReviewRow.institution == query["institution"]] if query["institution"] else []
    total = int(session.scalar(select(func.count()).select_from(ReviewRow).where(*conditions)) or 0)
    order = (ReviewRow.closed_at.desc(),) if query["state"] == "closed" else (ReviewRow.weight.desc(), ReviewRow.id)
    statement = select(ReviewRow).where(*conditions).order_by(*order).limit(size).offset((query["page"] - 1) * size)
    return list(session.scalars(statement)), total


@endpoint(
    reviews,
    "GET",
    "",
    permission=READ,
    label="复核事项列表",
    query=IdentityReviewQuery,
    response=IdentityReviewOut,
    many=True,
)
def review_list(call: Call, query: dict[str, Any]) -> list[ReviewRow]:
    """Questions in the caller's scope."""
    return listed(call.session, query)[0]


@endpoint(reviews, "GET", "/<int:review_id>", permission=READ, label="复核事项", response=IdentityReviewOut, audit="read:review")
def review(call: Call, review_id: int) -> ReviewRow:
    """One question."""
    row = call.session.scalar(select(ReviewRow).where(ReviewRow.id == review_id))
    if row is None:
        raise NotFound("empi.review_unknown", review_id=str(review_id))
    call.audit(person_id=row.person_id)
    return row


@endpoint(
    reviews,
    "POST",
    "/<int:review_id>/answer",
    permission=ANSWER,
    label="处理复核事项",
    body=ReviewAnswerIn,
    response=AnswerOut,
    audit="answer:review",
)
def answer(call: Call, body: dict[str, Any], review_id: int) -> Any:
    """Answer one question."""
    result = answering.answer(call.session, review_id, body["verdict"], ruling_of(call, body))
    call.audit(verdict=body["verdict"], waiting=result.waiting)
    return result


@endpoint(
    reviews,
    "POST",
    "/<int:review_id>/undo",
    permission=ANSWER,
    label="撤销复核结论",
    body=DecisionIn,
    response=AnswerOut,
    audit="undo:review",
)
def undo(call: Call, body: dict[str, Any], review_id: int) -> Any:
    """Take an answer back: links as before, the question open again."""
    return answering.take_back(call.session, review_id, ruling_of(call, body))


@endpoint(
    reviews,
    "POST",
    "/answers",
    permission=ANSWER,
    label="批量处理复核事项",
    body=ReviewAnswersIn,
    response=AnswerOut,
    many=True,
    audit="answer:review",
)
def answers(call: Call, body: dict[str, Any]) -> Any:
    """Answer several questions alike; each stands for itself."""
    call.audit(verdict=body["verdict"], reviews=[str(one) for one in body["review_ids"]])
    return answering.answer_many(call.session, body["review_ids"], body["verdict"], ruling_of(call, body))


@endpoint(changes, "GET", "/changes", permission=FOLLOW, label="关联变更", query=LinkChangesQuery, response=LinkChangesOut)
def change_list(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Decisions about links in the caller's scope after a cursor, in order."""
    rows = subscribing.changes_after(call.session, query["after"], query["limit"])
    return {"changes": rows, "next": rows[-1].id if rows else query["after"]}


@endpoint(
    changes,
    "POST",
    "/subscriptions",
    permission=FOLLOW,
    label="订阅关联变更",
    body=LinkSubscriptionIn,
    response=LinkSubscriptionOut,
    status=201,
)
def subscribe(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Follow link changes from now on; the platform remembers how far the subscriber has read."""
    return _subscription(subscribing.subscribe(call.session, call.principal, body["name"], body["kinds"]))


@endpoint(changes, "GET", "/subscriptions", permission=FOLLOW, label="我的订阅", response=LinkSubscriptionOut, many=True)
def subscriptions(call: Call) -> list[dict[str, Any]]:
    """The caller's own subscriptions."""
    return [_subscription(row) for row in subscribing.subscriptions(call.session, call.principal)]


@endpoint(
    changes,
    "GET",
    "/subscriptions/<int:subscription_id>/changes",
    permission=FOLLOW,
    label="读取订阅的变更",
    response=LinkChangesOut,
)
def pending(call: Call, subscription_id: int) -> dict[str, Any]:
    """Changes the subscriber has not confirmed; asked again, the same answer."""
    row = subscribing.subscription(call.session, call.principal, subscription_id)
    found: list[DecisionRow] = subscribing.pending(call.session, row)
    return {"changes": found, "next": found[-1].id if found else row.cursor}


@endpoint(
    changes,
    "POST",
    "/subscriptions/<int:subscription_id>/confirm",
    permission=FOLLOW,
    label="确认已读取的变更",
    body=AcknowledgeIn,
    response=LinkSubscriptionOut,
)
def confirm(call: Call, body: dict[str, Any], subscription_id: int) -> dict[str, Any]:
    """Move the subscriber's cursor forward; it never moves back."""
    row = subscribing.subscription(call.session, call.principal, subscription_id)
    row.cursor = max(row.cursor, body["cursor"])
    return _subscription(row)


@endpoint(changes, "DELETE", "/subscriptions/<int:subscription_id>", permission=FOLLOW, label="取消订阅", status=204)
def unsubscribe(call: Call, subscription_id: int) -> None:
    """End a subscription."""
    call.session.delete(subscribing.subscription(call.session, call.principal, subscription_id))


def _subscription(row: SubscriptionRow) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "kinds": subscribing.kinds_of(row), "cursor": row.cursor}
