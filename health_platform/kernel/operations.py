"""Outbox and jobs for operators: what waits, what failed and why, try again, pause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import claims, clock, jobs, metrics
from health_platform.kernel.errors import NotFound, register_messages
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.jobs import JobRun, JobState
from health_platform.kernel.outbox import OutboxDelivery, OutboxEvent
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope

register_messages({"delivery.unknown": "没有这条投递记录", "job.unknown": "没有名为 {name} 的定时任务"})

blueprint = Blueprint("operations", __name__, url_prefix="/api/v1/operations", description="运行管理")


class DeliveryQuery(Schema):
    """Filter of deliveries."""

    state = fields.String(load_default="dead", validate=validate.OneOf(["waiting", "running", "dead", "done"]))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class DeliveryOut(Schema):
    """One event on its way to one consumer."""

    id = IdField()
    event = fields.String()
    consumer = fields.String()
    state = fields.String()
    attempts = fields.Integer()
    due_at = fields.AwareDateTime()
    occurred_at = fields.AwareDateTime()
    last_error = fields.String(allow_none=True)


class BacklogOut(Schema):
    """Deliveries that are not done, by state."""

    waiting = fields.Integer()
    running = fields.Integer()
    dead = fields.Integer()


class JobIn(Schema):
    """Pause or resume a job, or make it due now."""

    action = fields.String(required=True, validate=validate.OneOf(["pause", "resume", "run"]))


class JobRunQuery(Schema):
    """How many runs to list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class JobRunOut(Schema):
    """One run of a job. Outcomes: running, done, failed, aborted (its worker died)."""

    started_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String()
    error = fields.String(allow_none=True)


class JobOut(Schema):
    """A scheduled job with its last run."""

    name = fields.String()
    label = fields.String()
    every_seconds = fields.Float()
    paused = fields.Boolean()
    due_at = fields.AwareDateTime(allow_none=True)
    last_outcome = fields.String(allow_none=True)
    last_started_at = fields.AwareDateTime(allow_none=True)
    last_error = fields.String(allow_none=True)


@endpoint(
    blueprint,
    "GET",
    "/backlog",
    permission="operations.outbox.view",
    label="查看事件积压",
    scope="reference",
    response=BacklogOut,
)
def get_backlog(call: Call) -> dict[str, int]:
    """How many deliveries wait, run, or were laid aside."""
    return {"waiting": 0, "running": 0, "dead": 0, **claims.backlog(call.session)}


@endpoint(
    blueprint,
    "GET",
    "/deliveries",
    permission="operations.outbox.view",
    label="查看事件投递",
    scope="reference",
    query=DeliveryQuery,
    response=DeliveryOut,
    many=True,
)
def list_deliveries(call: Call, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Deliveries in one state, newest first."""
    return deliveries(call.session, query["state"], query["limit"])


@endpoint(
    blueprint,
    "POST",
    "/deliveries/<int:delivery_id>/replay",
    permission="operations.outbox.replay",
    label="重新投递",
    scope="reference",
    response=DeliveryOut,
)
def replay_delivery(call: Call, delivery_id: int) -> dict[str, Any]:
    """Try a dead delivery again."""
    if call.session.get(OutboxDelivery, delivery_id) is None:
        raise NotFound("delivery.unknown", delivery_id=str(delivery_id))
    claims.replay(call.session, delivery_id)
    return _delivery(*_find(call.session, delivery_id))


@endpoint(
    blueprint,
    "GET",
    "/jobs",
    permission="operations.job.view",
    label="查看定时任务",
    scope="reference",
    response=JobOut,
    many=True,
)
def list_jobs(call: Call) -> list[dict[str, Any]]:
    """Every scheduled job with its last run."""
    return job_lines(call.session, call.platform)


@endpoint(
    blueprint,
    "POST",
    "/jobs/<name>",
    permission="operations.job.edit",
    label="启停定时任务",
    scope="reference",
    body=JobIn,
    response=JobOut,
)
def change_job(call: Call, body: dict[str, Any], name: str) -> dict[str, Any]:
    """Pause, resume, or make a job due now."""
    steer(call.session, call.platform, name, body["action"])
    call.audit(**body)
    return next(line for line in job_lines(call.session, call.platform) if line["name"] == name)


@endpoint(
    blueprint,
    "GET",
    "/jobs/<name>/runs",
    permission="operations.job.view",
    label="查看任务运行记录",
    scope="reference",
    query=JobRunQuery,
    response=JobRunOut,
    many=True,
)
def list_runs(call: Call, query: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Past runs of a job, newest first."""
    return job_runs(call.session, call.platform, name, query["limit"])


def deliveries(session: Session, state: str, limit: int) -> list[dict[str, Any]]:
    """Deliveries in one state with their events."""
    query = select(OutboxDelivery, OutboxEvent).join(OutboxEvent, OutboxEvent.id == OutboxDelivery.event_id)
    query = query.where(OutboxDelivery.state == state).order_by(OutboxDelivery.id.desc()).limit(limit)
    return [_delivery(delivery, event) for delivery, event in session.execute(query)]


def _find(session: Session, delivery_id: int) -> tuple[OutboxDelivery, OutboxEvent]:
    delivery = session.get_one(OutboxDelivery, delivery_id)
    return delivery, session.get_one(OutboxEvent, delivery.event_id)


def _delivery(delivery: OutboxDelivery, event: OutboxEvent) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": event.name,
        "consumer": delivery.consumer,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "due_at": delivery.due_at,
        "occurred_at": event.occurred_at,
        "last_error": delivery.last_error,
    }


def job_lines(session: Session, platform: Platform) -> list[dict[str, Any]]:
    """Every declared job with its state and last run."""
    states = {state.name: state for state in session.scalars(select(JobState))}
    return [_job_line(session, platform.jobs[name], states.get(name)) for name in sorted(platform.jobs)]


def job_runs(session: Session, platform: Platform, name: str, limit: int) -> list[dict[str, Any]]:
    """Past runs of a job, newest first.

    Raises:
        NotFound: ``job.unknown``.
    """
    if name not in platform.jobs:
        raise NotFound("job.unknown", name=name)
    state = session.get(JobState, name)
    runs = _runs(session, name, limit)
    return [_run_line(run, state if newer == 0 else None) for newer, run in enumerate(runs)]


def _runs(session: Session, name: str, limit: int) -> Sequence[JobRun]:
    newest_first = select(JobRun).where(JobRun.name == name).order_by(JobRun.started_at.desc(), JobRun.id.desc())
    return session.scalars(newest_first.limit(limit)).all()


def _run_line(run: JobRun, state: JobState | None) -> dict[str, Any]:
    outcome = jobs.outcome_of(run, state)
    return {"started_at": run.started_at, "ended_at": run.ended_at, "outcome": outcome, "error": run.error}


def _job_line(session: Session, job: Job, state: JobState | None) -> dict[str, Any]:
    run = next(iter(_runs(session, job.name, 1)), None)
    return {
        "name": job.name,
        "label": job.label,
        "every_seconds": job.every.total_seconds(),
        "paused": bool(state and state.paused),
        "due_at": state.due_at if state else None,
        "last_outcome": jobs.outcome_of(run, state) if run else None,
        "last_started_at": run.started_at if run else None,
        "last_error": run.error if run else None,
    }


def steer(session: Session, platform: Platform, name: str, action: str) -> None:
    """Pause, resume or hasten a job."""
    if name not in platform.jobs:
        raise NotFound("job.unknown", name=name)
    state = session.get(JobState, name) or JobState(name=name, due_at=clock.now())
    session.add(state)
    if action == "run":
        state.due_at = clock.now()
    else:
        state.paused = action == "pause"
    session.flush()


def install(platform: Platform) -> None:
    """Register the API."""
    platform.blueprint(blueprint)
    platform.schedule(Job("operations.backlog", timedelta(seconds=15), _measure_backlog, "统计事件积压"))


def _measure_backlog(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("measure backlog"), reading=True) as session:
        counts = claims.backlog(session)
    for state in ("waiting", "running", "dead"):
        metrics.BACKLOG.labels(state).set(counts.get(state, 0))
