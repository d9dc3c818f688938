"""Scheduled jobs: run when due, by one worker at a time, with a history; they keep nothing waiting."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from health_platform.kernel import clock, jobs
from health_platform.kernel.giving_way import is_unawaited
from health_platform.kernel.jobs import JobRun, Worker
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope
from tests.kernel.happenings import count, happen

pytestmark = pytest.mark.system("A15")


def test_a_long_job_keeps_no_delivery_and_no_short_job_waiting(platform: Platform) -> None:
    platform.jobs.clear()
    begun, sealed, arrived = threading.Event(), threading.Event(), threading.Event()
    seen: list[bool] = []
    platform.consume("test.happened", "test.heard", lambda session, fact: arrived.set())
    worker = Worker(platform)

    def long(platform: Platform) -> None:
        begun.set()
        happen(platform, 1)
        seen.extend((arrived.wait(30), sealed.wait(30), is_unawaited()))
        worker.stop()

    def short(platform: Platform) -> None:
        if begun.wait(30):
            sealed.set()

    platform.schedule(Job("test.long", timedelta(hours=1), long))
    platform.schedule(Job("test.short", timedelta(seconds=10), short))
    worker.run(idle=0.01)
    assert seen == [True, True, True]


def test_jobs_run_when_due_keep_history_and_can_be_paused(platform: Platform, as_principal: Any) -> None:
    ran: list[int] = []
    platform.jobs.clear()
    platform.schedule(Job("test.job", timedelta(minutes=5), lambda p: ran.append(1)))
    worker, start = Worker(platform), clock.now()
    for minute in (0, 1, 6):
        with clock.travel(start + timedelta(minutes=minute)):
            worker.step()
    assert len(ran) == count(platform, JobRun) == 2
    operator = as_principal()
    assert operator.post("/api/v1/operations/jobs/test.job", json={"action": "pause"}).get_json()["paused"] is True
    with clock.travel(start + timedelta(hours=1)):
        worker.step()
    assert len(ran) == 2
    assert operator.post("/api/v1/operations/jobs/none", json={"action": "run"}).status_code == 404


def test_a_failing_job_is_recorded_and_runs_again(platform: Platform) -> None:
    platform.jobs.clear()
    platform.schedule(Job("test.broken", timedelta(minutes=5), lambda p: 1 / 0))
    Worker(platform).step()
    with platform.database.unit_of_work(system_scope("test")) as session:
        run = session.scalars(select(JobRun)).one()
        assert run.outcome == "failed" and "ZeroDivisionError" in str(run.error)


def runs(as_principal: Any) -> list[tuple[str, bool]]:
    found = as_principal().get("/api/v1/operations/jobs/test.deadly/runs").get_json()
    return [(run["outcome"], run["ended_at"] is not None) for run in found]


def test_a_run_whose_worker_died_is_closed_by_the_next_owner(platform: Platform, as_principal: Any) -> None:
    platform.jobs.clear()
    died: list[int] = []

    def once(p: Platform) -> None:
        if not died:
            died.append(1)
            raise SystemExit

    platform.schedule(Job("test.deadly", timedelta(hours=1), once))
    with pytest.raises(SystemExit):
        Worker(platform).step()
    start = clock.now()
    assert runs(as_principal) == [("running", False)]
    with clock.travel(start + timedelta(minutes=2)):
        assert Worker(platform).step() is False
    with clock.travel(start + jobs.LEASE + timedelta(minutes=1)):
        assert runs(as_principal) == [("aborted", False)], "told even before the next run"
        Worker(platform).step()
        assert runs(as_principal) == [("done", True), ("aborted", True)]
        page = as_principal().get("/console/operations/jobs/test.deadly").text
    assert "已中断" in page and "the worker that ran it died or fell silent" in page


def test_the_lease_of_a_long_job_is_kept(platform: Platform) -> None:
    platform.jobs.clear()
    ends: list[Any] = []

    def slow(p: Platform) -> None:
        for _ in range(100):
            with p.database.unit_of_work(system_scope("test")) as session:
                ends.append(session.scalars(select(jobs.JobState.leased_until)).one())
            if len(set(ends)) >= 3:
                return
            time.sleep(0.05)

    platform.schedule(Job("test.slow", timedelta(hours=1), slow))
    lease = jobs.LEASE
    jobs.LEASE = timedelta(seconds=0.3)
    try:
        Worker(platform).step()
    finally:
        jobs.LEASE = lease
    assert len(set(ends)) >= 3 and ends == sorted(ends)
