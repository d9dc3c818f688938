"""Nothing acknowledged is lost and nothing is doubled, whoever is killed and whenever."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from etl import queue
from health_platform.kernel.errors import Unavailable
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import endpoint_status
from tests.etl.conftest import Hospital

pytestmark = pytest.mark.system("A01", "A16")

ROOT = Path(__file__).parents[2]
ROWS = 50


def test_workers_and_endpoint_killed_at_random(hospital: Hospital) -> None:
    _torture(hospital, kills=3, uploads=6, seed=1)


@pytest.mark.long
def test_two_hundred_kills(new_hospital: Callable[[], Hospital]) -> None:
    for seed in range(10):
        _torture(new_hospital(), kills=20, uploads=60, seed=seed)


def _torture(hospital: Hospital, *, kills: int, uploads: int, seed: int) -> None:
    dice = random.Random(seed)
    acknowledged: set[int] = set()
    victims = ["worker", "worker", "sender", "endpoint"]
    for number in range(kills):
        with _process(hospital.platform, "health_platform.cli", "worker") as worker:
            share = uploads // kills
            numbers = (str(hospital.sender.institution_id), str(number * share), str(share), str(ROWS))
            with _process(hospital.platform, "tests.etl.sending", *numbers) as sender:
                time.sleep(dice.uniform(0.5, 2.5))
                _kill(hospital.platform, {"worker": worker, "sender": sender}, victims[number % len(victims)])
                acknowledged |= _acknowledged(sender)
    _finish(hospital)
    found = hospital.platform.warehouse.execute(
        f"SELECT id, count() FROM {hospital.platform.settings.warehouse_database}.emr_ex_lab FINAL"
        f" WHERE institution IN {_institutions(hospital)} GROUP BY id"
    )
    wanted = {f"{number}-{at}" for number in acknowledged for at in range(ROWS)}
    assert wanted <= {key for key, _ in found}, "acknowledged rows are lost"
    assert all(count == 1 for _, count in found), "rows are doubled"
    assert acknowledged


def _institutions(hospital: Hospital) -> tuple[int, int]:
    """Those that the sender uploads for in turns, so that their uploads go along with each other."""
    return hospital.sender.institution_id, hospital.sender.institution_id + 1


@contextmanager
def _process(platform: Platform, module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    settings = platform.settings
    environment = {**os.environ, "HP_HOME": str(settings.home), "HP_COMPONENTS": settings.components}
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _kill(platform: Platform, processes: dict[str, subprocess.Popen[str]], victim: str) -> None:
    if victim in processes:
        processes[victim].kill()
    elif state := endpoint_status(platform.warehouse.settings):
        os.kill(state.pid, signal.SIGKILL)


def _acknowledged(sender: subprocess.Popen[str]) -> set[int]:
    """Wait for the sender (it may be the one that was killed) and read what it was told."""
    output, _ = sender.communicate(timeout=120)
    return {int(line) for line in output.splitlines()}


def _finish(hospital: Hospital) -> None:
    """What the sweep of the next worker does, without waiting for leases to run out."""
    pipeline = hospital.platform.services["Pipeline"]
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with suppress(Unavailable):  # the endpoint is just starting again; a worker's delivery is retried likewise
            for institution_id in _institutions(hospital):
                pipeline.work_for(institution_id)
            Worker(hospital.platform).drain()
        with hospital.platform.database.unit_of_work(system_scope("test")) as session:
            if not queue.backlog(session):
                return
    raise AssertionError("the backlog does not drain")
