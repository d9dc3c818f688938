"""Work behind the pages: outbox deliveries and scheduled jobs, done by ``health-platform worker`` processes.

Several workers may run at once. A delivery or job is leased by one worker for ``LEASE``; a worker that dies loses its
lease and another one starts again. In a worker jobs run beside deliveries: to judge the quality of a history takes minutes, and
an upload must not wait so long. Ordinary consumers run in one transaction with the "done" mark, so their effect in the
database happens exactly once; leased consumers are restartable by contract.

What waits for one ordinary consumer is delivered together, each in a savepoint of its own: a load of a visit tells of eight
datasets, and eight commits cost more than the work. What was tried before is tried alone, so that it takes nothing along.

Every attempt is counted and committed before it is made. Work that takes its process down (out of memory, a crash in a
library) is so laid aside like work that fails, and a run of a job whose worker died is closed as "aborted".
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Thread
from typing import Final

from sqlalchemy import ColumnElement, Index, Update, and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock, giving_way, leases, metrics
from health_platform.kernel.claims import LEASE, anything_due, claim, claim_others, count, done, failed
from health_platform.kernel.db import Base, Instant, LongText, PrimaryKey, Text_, Unscoped
from health_platform.kernel.logs import redact_text
from health_platform.kernel.outbox import Consumer, OutboxDelivery, OutboxEvent, decode
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope

__all__ = ["Job", "JobRun", "JobState", "Worker"]

GRACE = timedelta(seconds=30)
"""How long an ordinary delivery may lie between being taken and being run; while it runs, the lock on its row holds it. It
grows with the attempts, so that what kills workers does not kill them one after another."""
RETRY = timedelta(minutes=5)
"""A job that took its worker down waits so long, or until its next time if that is sooner."""
ABORTED = "aborted"
_LOOK_SECONDS = 1.0
_SELDOM: Final = timedelta(minutes=5)
"""Jobs that are due so seldom may take minutes. The others are short, and must not wait for them: the audit log is sealed and
summaries are made anew within seconds."""
AT_ONCE: Final = 3
"""A delivery is tried so often without waiting although its worker died: the first time it was one of many, and says little."""
_TOGETHER_SECONDS: Final = 0.02
"""Deliveries share a transaction for so long at most: on SQLite it keeps all others from writing."""
_TRIED_FEW_TIMES: Final = and_(OutboxDelivery.state == "running", OutboxDelivery.attempts <= AT_ONCE)
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
    """One run of a job: the history operators read. Outcomes: running, done, failed, aborted (its worker died)."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_name", "name", "started_at"),)

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(Text_(64))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(Text_(8))
    error: Mapped[str | None] = mapped_column(LongText)


@dataclass(frozen=True)
class Taken:
    """A delivery a worker has taken: the attempt is counted, whatever becomes of the worker."""

    id: int
    attempt: int
    event: OutboxEvent
    consumer: Consumer | None


class Worker:
    """One worker process: a loop over deliveries, and beside it one over short jobs and one over long ones: a long job keeps
    nothing waiting."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.name = f"{leases.HOST}:{os.getpid()}"
        self.stopping = False
        self._rests: dict[str, timedelta] = {}
        self._failure: BaseException | None = None

    def run(self, idle: float = 0.2) -> None:
        """Work until ``stop``. Every second jobs and dead workers are looked for, and SQLite's log is carried over.

        Raises:
            Exception: what ended any of the loops, as when the database has gone.
        """
        every = [consumer for consumers in self.platform.consumers.values() for consumer in consumers]
        self._rests = {consumer.name: consumer.rest for consumer in every if consumer.rest}
        with self._unit() as session:
            _free_orphans(session, {self.name})  # a process before us had our number, as in a container started again
        Thread(target=self.platform.database.read_ahead, daemon=True).start()
        ended = Event()
        works = {"jobs": self._look_after_jobs, "long": self._look_after_long_jobs, "log": self.platform.database.carry_over}
        loops = [Thread(target=self._repeat, args=(work, ended), name=name, daemon=True) for name, work in works.items()]
        for loop in loops:
            loop.start()
        try:
            while not self.stopping:
                if not self.deliver():
                    time.sleep(idle)
                for work in self.platform.after_work:
                    work()
        finally:
            ended.set()
        for loop in loops:
            loop.join()
        if self._failure is not None:
            raise self._failure

    def _repeat(self, work: Callable[[], object], ended: Event) -> None:
        try:
            while not ended.is_set():
                work()
                ended.wait(_LOOK_SECONDS)
        except BaseException as error:
            self._failure = error
            self.stop()

    def stop(self) -> None:
        """Finish the current pieces of work and return from ``run``."""
        self.stopping = True

    def step(self) -> bool:
        """Do the next due deliveries and all due jobs, one after another; says whether there was anything to do."""
        delivered = self.deliver()
        return self._look_around() or bool(delivered)

    def _look_around(self) -> bool:
        often, seldom = self._look_after_jobs(), self._look_after_long_jobs()
        return often or seldom

    def _look_after_jobs(self) -> bool:
        with self._unit(reading=True) as session:
            dead = _dead_holders(session)
        if dead:
            with self._unit() as session:
                _free_orphans(session)
        return self._run_all(job.name for job in self.platform.jobs.values() if job.every < _SELDOM)

    def _look_after_long_jobs(self) -> bool:
        return self._run_all(job.name for job in self.platform.jobs.values() if job.every >= _SELDOM)

    def _run_all(self, names: Iterable[str]) -> bool:
        """Run those of the jobs that are due; says whether there were any."""
        wanted = set(names)
        ran = [name for name in self._due_jobs() if name in wanted and self._run_due(name)]
        return bool(ran)

    def drain(self) -> int:
        """Deliver everything that is due now, what a running worker lets rest as well; returns how many deliveries were made."""
        total = 0
        while made := self.deliver():
            total += made
        return total

    # --- deliveries

    def deliver(self) -> int:
        """Hand the delivery that has waited longest to its consumer, with others for the same one; returns how many."""
        taken = self._take()
        together = list(filter(_is_ordinary, taken))
        while together:
            together = self._deliver_here(together)
        for one in taken:
            if not _is_ordinary(one):
                self._deliver_leased(one)
        return len(taken)

    def _take(self) -> list[Taken]:
        with self._unit(reading=True) as session:  # looked at only: to claim one takes the place of SQLite's writer
            if not anything_due(session, self._rests):
                return []
        with self._unit() as session:
            first = claim(session, self.name, self._rests)
            if first is None:
                return []
            taken = self._taken(session, [first])
            if not _is_ordinary(taken[0]) or first.attempts > 1:
                return taken
            return [*taken, *self._taken(session, claim_others(session, self.name, first.consumer, self._rests))]

    def _taken(self, session: Session, deliveries: Sequence[OutboxDelivery]) -> list[Taken]:
        wanted = select(OutboxEvent).where(OutboxEvent.id.in_([delivery.event_id for delivery in deliveries]))
        events = {row.id: row for row in session.scalars(wanted)} if deliveries else {}
        taken: list[Taken] = []
        for delivery in deliveries:
            row = events[delivery.event_id]
            consumer = self._consumer(row.name, delivery.consumer)
            if consumer is not None and not consumer.leased:
                delivery.due_at = clock.now() + GRACE * delivery.attempts
            taken.append(Taken(delivery.id, delivery.attempts, row, consumer))
        return taken

    def _deliver_here(self, taken: Sequence[Taken]) -> list[Taken]:
        """Deliver as many as the time of one transaction allows; returns those that are left."""
        ends = time.monotonic() + _TOGETHER_SECONDS
        with self._unit() as session:
            for place, one in enumerate(taken):
                if place and time.monotonic() > ends:
                    return list(taken[place:])
                if (delivery := self._held(session, one)) is not None:
                    _deliver(session, one, delivery)
        return []

    def _deliver_leased(self, taken: Taken) -> None:
        problem: Exception | None = None
        try:
            if taken.consumer is None:
                raise LookupError("no component of this deployment consumes this event any more")
            with leases.kept(partial(self._extend_delivery, taken), LEASE / 3):
                taken.consumer.handler(self.platform, decode(taken.event))
        except Exception as error:
            problem = error
        with self._unit() as session:
            if (delivery := self._held(session, taken)) is not None:
                failed(delivery, problem) if problem else done(delivery)
                count(delivery)

    def _held(self, session: Session, taken: Taken) -> OutboxDelivery | None:
        """The delivery, locked; None when the lease ran out meanwhile and another worker is at it, or was."""
        mine = self._mine(taken)
        return session.scalars(select(OutboxDelivery).where(mine).with_for_update(skip_locked=True)).one_or_none()

    def _extend_delivery(self, taken: Taken) -> None:
        with self._unit() as session:
            session.execute(update(OutboxDelivery).where(self._mine(taken)).values(due_at=clock.now() + LEASE))

    def _mine(self, taken: Taken) -> ColumnElement[bool]:
        held = (OutboxDelivery.state == "running", OutboxDelivery.leased_by == self.name)
        return and_(OutboxDelivery.id == taken.id, OutboxDelivery.attempts == taken.attempt, *held)

    def _consumer(self, event: str, name: str) -> Consumer | None:
        return next((c for c in self.platform.consumers.get(event, ()) if c.name == name), None)

    # --- jobs

    def _due_jobs(self) -> list[str]:
        """Jobs that look due. Only looked at: taking a lease writes, and every worker asks after every delivery."""
        now = clock.now()
        waiting = or_(JobState.due_at > now, JobState.paused.is_(True), JobState.leased_until >= now)
        with self._unit(reading=True) as session:
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
            with leases.kept(partial(self._extend_job, name), LEASE / 3), giving_way.unawaited():
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
        unfinished = _state_of(session, job.name, now).leased_by is not None
        free = or_(JobState.leased_until.is_(None), JobState.leased_until < now)
        due = and_(JobState.name == job.name, JobState.due_at <= now, JobState.paused.is_(False), free)
        lease = {"leased_by": self.name, "leased_until": now + LEASE, "due_at": now + min(job.every, RETRY)}
        taken = session.execute(update(JobState).where(due).values(**lease))
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        if unfinished:
            _close_aborted(session, job.name, now)
        run = JobRun(name=job.name, started_at=now, outcome="running")
        session.add(run)
        session.flush()
        return run.id

    def _finish_job(self, session: Session, job: Job, run_id: int, problem: str | None) -> None:
        run = session.get_one(JobRun, run_id)
        run.ended_at, run.outcome, run.error = clock.now(), "failed" if problem else "done", problem
        next_time = run.started_at + job.every
        session.execute(self._of_job(job.name).values(due_at=next_time, leased_by=None, leased_until=None))

    def _extend_job(self, name: str) -> None:
        with self._unit() as session:
            session.execute(self._of_job(name).values(leased_until=clock.now() + LEASE))

    def _of_job(self, name: str) -> Update:
        return update(JobState).where(JobState.name == name, JobState.leased_by == self.name)

    def _unit(self, *, reading: bool = False) -> AbstractContextManager[Session]:
        return self.platform.database.unit_of_work(system_scope("worker"), reading=reading)


def _is_ordinary(taken: Taken) -> bool:
    return taken.consumer is not None and not taken.consumer.leased


def _deliver(session: Session, taken: Taken, delivery: OutboxDelivery) -> None:
    """Run an ordinary consumer in a savepoint: what it wrote before it failed is undone, and nothing else."""
    try:
        with session.begin_nested():
            if taken.consumer is not None:
                taken.consumer.handler(session, decode(taken.event))
            session.flush()
        done(delivery)
    except Exception as error:
        failed(delivery, error)
    count(delivery)


def _free_orphans(session: Session, gone: Collection[str] = ()) -> None:
    """End the leases of workers that died on this machine. Elsewhere, and for a delivery that was tried several times before,
    the lease runs out by itself: what may have killed workers is not tried at once again. ``gone``: holders known to be dead."""
    dead = _dead_holders(session, gone)
    if not dead:
        return
    plain = {"synchronize_session": False}
    orphans = update(OutboxDelivery).where(_TRIED_FEW_TIMES, OutboxDelivery.leased_by.in_(dead))
    session.execute(orphans.values(due_at=clock.now()), execution_options=plain)
    for name in session.scalars(select(JobState.name).where(JobState.leased_by.in_(dead))).all():
        _close_aborted(session, name, clock.now())
    ended = update(JobState).where(JobState.leased_by.in_(dead))
    session.execute(ended.values(leased_by=None, leased_until=None), execution_options=plain)


def _dead_holders(session: Session, gone: Collection[str] = ()) -> list[str]:
    holders = set(session.scalars(select(OutboxDelivery.leased_by).where(_TRIED_FEW_TIMES).distinct()))
    holders |= set(session.scalars(select(JobState.leased_by).where(JobState.leased_until.is_not(None))))
    return [holder for holder in holders if holder and (holder in gone or not leases.alive(holder))]


def _state_of(session: Session, job: str, now: datetime) -> JobState:
    if session.get(JobState, job) is None:
        with suppress(IntegrityError), session.begin_nested():  # another worker may see the job first, too
            session.add(JobState(name=job, due_at=now))
    return session.get_one(JobState, job)


def _close_aborted(session: Session, job: str, now: datetime) -> None:
    """Close the runs of a job whose worker died or fell silent."""
    open_runs = update(JobRun).where(JobRun.name == job, JobRun.outcome == "running")
    closed = {"outcome": ABORTED, "ended_at": now, "error": "the worker that ran it died or fell silent"}
    session.execute(open_runs.values(**closed), execution_options={"synchronize_session": False})


def outcome_of(run: JobRun, state: JobState | None) -> str:
    """How a run ended, or goes: one that nobody holds a lease for any more was broken off, even before the next one says so."""
    held = state is not None and state.leased_until is not None and state.leased_until >= clock.now()
    return ABORTED if run.outcome == "running" and not held else run.outcome
