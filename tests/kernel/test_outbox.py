"""Events: delivered once to each consumer, whatever fails and whatever dies."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel import claims, clock, jobs, keeping, leases, outbox
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.jobs import JobRun, Worker
from health_platform.kernel.outbox import OutboxDelivery, OutboxEvent, publish
from health_platform.kernel.platform import Job, Platform
from health_platform.kernel.scope import system_scope
from tests.kernel.happenings import Happened, count, happen, note, states
from tests.support.models import Clinic

pytestmark = pytest.mark.system("A15")


def test_a_worker_with_nothing_to_do_is_in_nobodys_way(platform: Platform) -> None:
    platform.consume("test.happened", "test.note", note)
    platform.jobs.clear()
    happen(platform, 1)
    worker = Worker(platform)
    assert worker.drain() == 1
    began = time.monotonic()
    with platform.database.unit_of_work(system_scope("somebody else writes")) as session:
        session.add(Clinic(name="2", division_code="4115"))
        session.flush()
        assert not worker.step()
    assert time.monotonic() - began < 30, "it waited for the writer"
    assert count(platform) == 2


def test_each_consumer_gets_each_event_once(platform: Platform) -> None:
    seen: list[int] = []
    platform.consume("test.happened", "test.note", note)
    platform.consume("test.happened", "test.list", lambda p, fact: seen.append(fact.number), leased=True)
    happen(platform, 1, 2, 3)
    assert Worker(platform).drain() == 6
    assert (count(platform), seen, Worker(platform).drain()) == (3, [1, 2, 3], 0)


def test_an_act_that_fails_publishes_nothing(platform: Platform) -> None:
    platform.consume("test.happened", "test.note", note)
    with pytest.raises(ZeroDivisionError), platform.database.unit_of_work(system_scope("test")) as session:
        publish(session, Happened(1))
        _ = 1 / 0
    assert Worker(platform).drain() == 0


def test_a_failing_consumer_is_retried_alone_and_then_laid_aside_and_replayed(platform: Platform) -> None:
    broken = {"now": True}

    def fragile(session: Session, fact: Happened) -> None:
        note(session, fact)
        session.flush()
        if broken["now"]:
            raise RuntimeError("no 13900001111 today")

    platform.consume("test.happened", "test.fragile", fragile)
    platform.consume("test.happened", "test.note", note)
    happen(platform, 1)
    start = clock.now()
    for hour in range(1, outbox.MAX_ATTEMPTS + 1):
        with clock.travel(start + timedelta(hours=hour)):
            Worker(platform).drain()
    assert (count(platform), states(platform)) == (1, {"dead": 1})
    with platform.database.unit_of_work(system_scope("test")) as session:
        dead = session.scalars(select(OutboxDelivery).where(OutboxDelivery.state == "dead")).one()
        assert "[phone]" in str(dead.last_error) and "13900001111" not in str(dead.last_error)
        claims.replay(session, dead.id)
    broken["now"] = False
    Worker(platform).drain()
    assert (count(platform), states(platform)) == (2, {})


def test_what_waits_together_is_delivered_together_and_a_failing_one_takes_nothing_along(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_TOGETHER_SECONDS", 60.0)  # however slow the machine
    units: list[int] = []

    def fragile(session: Session, fact: Happened) -> None:
        note(session, fact)
        session.flush()
        units.append(id(session))
        if fact.number == 2:
            raise RuntimeError

    platform.consume("test.happened", "test.fragile", fragile)
    happen(platform, *range(claims.TOGETHER))
    assert Worker(platform).deliver() == claims.TOGETHER
    assert len(set(units)) == 1
    assert (count(platform), states(platform)) == (claims.TOGETHER - 1, {"waiting": 1})


def test_what_ended_a_worker_is_tried_alone_and_the_others_come_through(platform: Platform) -> None:
    def deadly(session: Session, fact: Happened) -> None:
        note(session, fact)
        if fact.number == 2:
            raise SystemExit

    platform.consume("test.happened", "test.deadly", deadly)
    happen(platform, 1, 2, 3)
    start = clock.now()
    for turn in range(1, 4):
        with clock.travel(start + turn * timedelta(hours=1)), suppress(SystemExit):
            Worker(platform).drain()
    assert (count(platform), states(platform)) == (2, {"running": 1})


def test_a_running_worker_leaves_what_gathers_alone_for_a_while(platform: Platform) -> None:
    platform.jobs.clear()
    platform.consume("test.happened", "test.note", note, rest=timedelta(seconds=20))
    happen(platform, 1, 2)
    worker = Worker(platform)
    platform.after_work.append(worker.stop)
    worker.run(idle=0)
    assert count(platform) == 0
    worker.stopping = False
    with clock.travel(clock.now() + timedelta(seconds=21)):
        worker.run(idle=0)
    assert (count(platform), states(platform)) == (2, {})


def test_the_lease_of_a_dead_worker_runs_out(platform: Platform) -> None:
    done: list[int] = []

    def die(p: Platform, fact: Happened) -> None:
        if not done:
            done.append(0)
            raise SystemExit
        done.append(fact.number)

    platform.consume("test.happened", "test.leased", die, leased=True)
    happen(platform, 5)
    with pytest.raises(SystemExit):
        Worker(platform).drain()
    assert (Worker(platform).drain(), states(platform)) == (0, {"running": 1})
    with clock.travel(clock.now() + jobs.LEASE + timedelta(seconds=1)):
        assert Worker(platform).drain() == 1
    assert done == [0, 5]


def test_an_event_that_kills_every_worker_is_laid_aside(platform: Platform) -> None:
    taken: list[int] = []

    def die(p: Platform, fact: Happened) -> None:
        taken.append(fact.number)
        raise SystemExit

    platform.consume("test.happened", "test.deadly", die, leased=True)
    happen(platform, 5)
    start = clock.now()
    for turn in range(1, outbox.MAX_ATTEMPTS + 1):
        with clock.travel(start + turn * 2 * jobs.LEASE), pytest.raises(SystemExit):
            Worker(platform).drain()
    with clock.travel(start + 2 * jobs.LEASE * (outbox.MAX_ATTEMPTS + 1)):
        assert Worker(platform).drain() == 0
    assert (len(taken), states(platform)) == (outbox.MAX_ATTEMPTS, {"dead": 1})


def test_an_ordinary_consumer_that_kills_every_worker_is_laid_aside(platform: Platform) -> None:
    """Its transaction is lost with the process, so the attempt must have been counted before."""
    taken: list[int] = []

    def die(session: Session, fact: Happened) -> None:
        note(session, fact)
        taken.append(fact.number)
        raise SystemExit

    platform.consume("test.happened", "test.deadly", die)
    happen(platform, 5)
    start = clock.now()
    for turn in range(1, outbox.MAX_ATTEMPTS + 1):
        with clock.travel(start + turn * timedelta(hours=1)), pytest.raises(SystemExit):
            Worker(platform).drain()
    with clock.travel(start + timedelta(days=1)):
        assert Worker(platform).drain() == 0
    assert (len(taken), count(platform), states(platform)) == (outbox.MAX_ATTEMPTS, 0, {"dead": 1})


def test_a_consumer_is_not_run_for_a_worker_that_lost_the_delivery_meanwhile(platform: Platform) -> None:
    platform.consume("test.happened", "test.note", note)
    happen(platform, 5)
    slow = Worker(platform)
    taken = slow._take()
    assert len(taken) == 1
    with clock.travel(clock.now() + timedelta(minutes=5)):
        assert Worker(platform).drain() == 1
        slow._deliver_here(taken)
    assert (count(platform), states(platform)) == (1, {})


def test_listening_to_an_unknown_event_is_refused(platform: Platform) -> None:
    with pytest.raises(DefinitionError):
        platform.consume("test.never", "test.x", note)


def test_leases_of_dead_processes_of_this_machine_end_at_once(platform: Platform) -> None:
    """A killed worker's job is closed, and its delivery tried again, by the next look of any other worker."""
    platform.consume("test.happened", "test.note", note)
    platform.jobs.clear()
    platform.schedule(Job("test.deadly", timedelta(hours=1), lambda p: None))
    happen(platform, 5)
    gone = subprocess.Popen(["true"])
    gone.wait()
    dead, other = Worker(platform), Worker(platform)
    dead.name = f"{leases.HOST}:{gone.pid}"
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert dead._lease_job(session, platform.jobs["test.deadly"])
    assert dead._take()
    other.step()
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert session.scalars(select(JobRun.outcome)).all() == ["aborted"]
    assert (other.drain(), count(platform)) == (1, 1)


def test_what_is_done_is_forgotten_in_time_and_what_is_not_is_kept(platform: Platform) -> None:
    def refuse(session: Session, fact: Happened) -> None:
        if fact.number == 2:
            raise RuntimeError

    platform.consume("test.happened", "test.refuse", refuse)
    platform.jobs.clear()
    platform.schedule(Job("test.job", timedelta(minutes=5), lambda p: None))
    happen(platform, 1, 2)
    Worker(platform).step()
    Worker(platform).drain()
    with clock.travel(clock.now() + timedelta(days=13)):
        keeping.forget_old(platform)
    assert (count(platform, OutboxEvent), count(platform, JobRun)) == (2, 1)
    with clock.travel(clock.now() + timedelta(days=15)):
        keeping.forget_old(platform)
    assert (count(platform, OutboxEvent), count(platform, OutboxDelivery), count(platform, JobRun)) == (1, 1, 0)
