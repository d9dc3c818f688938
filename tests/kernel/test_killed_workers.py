"""Workers killed at random instants on PostgreSQL: no event lost, none doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import select

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.kernel.happenings import happen, note, states
from tests.support.models import Clinic

pytestmark = pytest.mark.system("A15")


WORKER = """
import sys
import threading
from pathlib import Path
from health_platform.app import create_platform
from health_platform.kernel.jobs import Worker
from health_platform.settings import Settings
from tests.kernel.happenings import note
platform = create_platform(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2], components=""))
platform.jobs.clear()
platform.consume("test.happened", "test.note", note)
print("ready", flush=True)
Worker(platform).run(idle=0.01)
"""


def _spawn(platform: Platform) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WORKER, str(platform.settings.home), platform.settings.database]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _ready(worker: subprocess.Popen[bytes]) -> None:
    """A worker that is killed while Python still starts proves nothing."""
    assert worker.stdout is not None and worker.stdout.readline() == b"ready\n"


def _delivered(platform: Platform, seconds_without_progress: float = 120) -> None:
    """Wait until nothing is left to deliver, however slow the machine, as long as it goes on. A delivery whose workers were
    killed more than ``AT_ONCE`` times waits for its grace, which is seldom."""
    left, since = states(platform), time.monotonic()
    while left and time.monotonic() < since + seconds_without_progress:
        time.sleep(0.2)
        now = states(platform)
        if now != left:
            left, since = now, time.monotonic()


def _kill_workers(platform: Platform, kills: int, each: int) -> None:
    """Two workers at once; again and again events are published, one worker is killed at a random instant and replaced."""
    platform.consume("test.happened", "test.note", note)
    chance, workers = random.Random(kills), [_spawn(platform) for _ in range(2)]
    try:
        for number in range(kills):
            victim = number % 2
            _ready(workers[victim])
            happen(platform, *range(number * each, (number + 1) * each))
            time.sleep(chance.uniform(0, 0.7))
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            workers[victim] = _spawn(platform)
        _delivered(platform)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert states(platform) == {}
    with platform.database.unit_of_work(system_scope("test")) as session:
        noted = session.scalars(select(Clinic.name)).all()
    assert sorted(map(int, noted)) == list(range(kills * each))


def test_killed_workers_lose_and_double_nothing(postgres_platform: Platform) -> None:
    _kill_workers(postgres_platform, kills=6, each=250)


@pytest.mark.long
def test_two_hundred_killed_workers_lose_and_double_nothing(postgres_platform: Platform) -> None:
    _kill_workers(postgres_platform, kills=200, each=60)
