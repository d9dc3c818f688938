"""Work behind the pages: outbox deliveries and scheduled jobs, done by ``health-platform worker`` processes.

Several workers may run at once. A delivery or job is leased by one worker for ``LEASE``; a worker that dies loses its
lease and another one starts again. Ordinary consumers run in one transaction with the "done" mark, so their effect in the
database happens exactly once; leased consumers are restartable by contract.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, and_, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock, metrics
from health_platform.kernel.db import Base, Instant, LongText, PrimaryKey, Text_, Unscoped
from health_platform.kernel.logs import redact_text
from health_platform.kernel.outbox import MAX_ATTEMPTS, Consumer, OutboxDelivery, OutboxEvent, decode
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope

__all__ = ["Job", "JobRun", "JobState", "Progress", "Worker"]

LEASE = timedelta(minutes=10)
CANDIDATES = 16  # more than there are workers at once, or they wait for each other's rows
log = logging.getLogger("health_platform.worker")


class JobState(Unscoped, Base):
    """When a job is due next, and who runs it now."""

    __tablename__ = "job_state"

    name: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    leased_by: Mapped[str | None] = mapped_column(Text_(64))
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    paused: Mapped[bool] = mapped_column(default=False)


class JobRun(Unscoped, Base):
    """One run of a job: the history operators read."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_name", "name", "started_at"),)

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(Text_(64))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(Text_(8))
    error: Mapped[str | None] = mapped_column(LongText)


class Worker:
    """One worker process's loop over deliveries and jobs."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.stopping = False

    def run(self, idle: float = 0.2) -> None:
        """Work until ``stop``."""
        while not self.stopping:
            if not self.step():
                time.sleep(idle)
            for work in self.platform.after_work:
                work()

    def stop(self) -> None:
        """Finish the current piece of work and return from ``run``."""
        self.stopping = True

    def step(self) -> bool:
        """Do one due delivery and all due jobs; says whether there was anything to do."""
        delivered = self.deliver_one()
        ran = [name for name in self._due_jobs() if self._run_due(name)]
        return delivered or bool(ran)

    def drain(self, limit: int = 1_000_000) -> int:
        """Deliver everything that is due now; returns how many deliveries were made."""
        return next((count for count in range(limit) if not self.deliver_one()), limit)

    # --- deliveries

    def deliver_one(self) -> bool:
        """Take one due delivery and hand it to its consumer."""
        with self._unit() as session:
            delivery = _claim(session, self.name)
            if delivery is None:
                return False
            row = session.get_one(OutboxEvent, delivery.event_id)
            consumer = self._consumer(row.name, delivery.consumer)
            if consumer is not None and not consumer.leased:
                return self._deliver_here(session, delivery, row, consumer)
            identity = delivery.id
        self._deliver_leased(identity, row, consumer)
        return True

    def _deliver_here(self, session: Session, delivery: OutboxDelivery, row: OutboxEvent, consumer: Consumer) -> bool:
        try:
            with session.begin_nested():
                consumer.handler(session, decode(row))
                session.flush()
            _done(delivery)
        except Exception as error:
            _failed(delivery, error)
        _count(delivery)
        return True

    def _deliver_leased(self, identity: int, row: OutboxEvent, consumer: Consumer | None) -> None:
        problem: Exception | None = None
        try:
            if consumer is None:
                raise LookupError("no component of this deployment consumes this event any more")
            consumer.handler(self.platform, decode(row))
        except Exception as error:
            problem = error
        with self._unit() as session:
            delivery = session.get_one(OutboxDelivery, identity)
            if delivery.leased_by == self.name:
                _failed(delivery, problem) if problem else _done(delivery)
                _count(delivery)

    def _consumer(self, event: str, name: str) -> Consumer | None:
        return next((c for c in self.platform.consumers.get(event, ()) if c.name == name), None)

    # --- jobs

    def _due_jobs(self) -> list[str]:
        """Jobs that look due. Only looked at: taking a lease writes, and every worker asks after every delivery."""
        now = clock.now()
        waiting = or_(JobState.due_at > now, JobState.paused.is_(True), JobState.leased_until >= now)
        with self._unit() as session:
            quiet = set(session.scalars(select(JobState.name).where(waiting)))
        return [name for name in self.platform.jobs if name not in quiet]

    def _run_due(self, name: str) -> bool:
        job = self.platform.jobs[name]
        with self._unit() as session:
            run = self._lease_job(session, job)
        if run is None:
            return False
        problem, started = None, time.perf_counter()
        try:
            job.run(self.platform)
        except Exception:
            problem = redact_text(traceback.format_exc(limit=8))
            log.error("job failed", extra={"facts": {"job": name}}, exc_info=True)
        metrics.JOBS_RUN.labels(name, "failed" if problem else "done").observe(time.perf_counter() - started)
        with self._unit() as session:
            self._finish_job(session, job, run, problem)
        return True

    def _lease_job(self, session: Session, job: Job) -> int | None:
        now = clock.now()
        if session.get(JobState, job.name) is None:
            session.add(JobState(name=job.name, due_at=now))
            session.flush()
        free = or_(JobState.leased_until.is_(None), JobState.leased_until < now)
        due = and_(JobState.name == job.name, JobState.due_at <= now, JobState.paused.is_(False), free)
        taken = session.execute(update(JobState).where(due).values(leased_by=self.name, leased_until=now + LEASE))
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        run = JobRun(name=job.name, started_at=now, outcome="running")
        session.add(run)
        session.flush()
        return run.id

    def _finish_job(self, session: Session, job: Job, run_id: int, problem: str | None) -> None:
        run = session.get_one(JobRun, run_id)
        run.ended_at, run.outcome, run.error = clock.now(), "failed" if problem else "done", problem
        mine = and_(JobState.name == job.name, JobState.leased_by == self.name)
        session.execute(update(JobState).where(mine).values(due_at=run.started_at + job.every, leased_by=None, leased_until=None))

    def _unit(self) -> Any:
        return self.platform.database.unit_of_work(system_scope("worker"))


def _claim(session: Session, worker: str) -> OutboxDelivery | None:
    """Lease the delivery that has waited longest. Rows locked by other workers are passed over."""
    now = clock.now()
    due = and_(OutboxDelivery.state.in_(("waiting", "running")), OutboxDelivery.due_at <= now)
    oldest = select(OutboxDelivery.id).where(due).order_by(OutboxDelivery.due_at, OutboxDelivery.id).limit(CANDIDATES)
    for identity in session.scalars(oldest).all():
        # Oracle allows no row limit together with FOR UPDATE, hence one row by its id.
        mine = select(OutboxDelivery).where(OutboxDelivery.id == identity, due).with_for_update(skip_locked=True)
        delivery = session.scalars(mine).one_or_none()
        if delivery is not None and delivery.attempts >= MAX_ATTEMPTS:
            delivery.state, delivery.leased_by, delivery.last_error = "dead", None, "no worker that took it came back"
            _count(delivery)
        elif delivery is not None:
            delivery.state, delivery.leased_by, delivery.due_at = "running", worker, now + LEASE
            delivery.attempts += 1
            session.flush()
            return delivery
    return None


def _done(delivery: OutboxDelivery) -> None:
    delivery.state, delivery.done_at, delivery.last_error, delivery.leased_by = "done", clock.now(), None, None


def _failed(delivery: OutboxDelivery, error: Exception | None) -> None:
    """Retry with exponential back-off (2, 4, 8 ... seconds), then lay aside."""
    delivery.last_error = redact_text("".join(traceback.format_exception(error, limit=8)))[:8000]
    delivery.leased_by = None
    delivery.state = "dead" if delivery.attempts >= MAX_ATTEMPTS else "waiting"
    delivery.due_at = clock.now() + timedelta(seconds=2**delivery.attempts)
    log.warning("delivery failed", extra={"facts": {"consumer": delivery.consumer, "attempts": delivery.attempts}})


def _count(delivery: OutboxDelivery) -> None:
    metrics.EVENTS_DELIVERED.labels(delivery.consumer, delivery.state).inc()


def replay(session: Session, delivery_id: int) -> None:
    """Try a dead delivery again from the first attempt."""
    delivery = session.get_one(OutboxDelivery, delivery_id)
    delivery.state, delivery.attempts, delivery.due_at = "waiting", 0, clock.now()


def backlog(session: Session) -> dict[str, int]:
    """Deliveries by state, without the done ones."""
    rows = session.execute(
        select(OutboxDelivery.state, func.count()).where(OutboxDelivery.state != "done").group_by(OutboxDelivery.state)
    )
    return {state: int(count) for state, count in rows}


class Progress:
    """A progress line for long commands: percentage, rate and remaining time, at most twice a second."""

    def __init__(self, total: int, label: str, write: Callable[[str], Any] | None = None) -> None:
        self.total, self.label, self.done = max(total, 1), label, 0
        self._write = write or sys.stderr.write
        self._started = self._shown = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Say that ``count`` more units are done."""
        self.done += count
        now = time.monotonic()
        if now - self._shown >= 0.5 or self.done >= self.total:
            self._shown = now
            self._write(self._line(now) + ("\n" if self.done >= self.total else "\r"))

    def _line(self, now: float) -> str:
        rate = self.done / max(now - self._started, 1e-6)
        remaining = max(self.total - self.done, 0) / max(rate, 1e-6)
        share = min(self.done / self.total, 1)
        return f"{self.label}: {share:4.0%} {self.done:,}/{self.total:,} {rate:,.0f}/s, {remaining:,.0f} s left   "
