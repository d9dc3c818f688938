"""Under a steady load, sender, web process, worker and warehouse endpoint are killed at random moments and start again."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from etl.api import Pipeline, pending
from health_platform.access.api import NewClient, create_client, grant_by_platform, install_definitions
from health_platform.access.authority.definitions.roles import BY_CODE
from health_platform.access.authority.evaluate import Cell
from health_platform.access.units import Unit
from health_platform.app import application
from health_platform.kernel.errors import Unavailable
from health_platform.kernel.jobs import Worker
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import endpoint_status

pytestmark = [pytest.mark.system("A01", "A11", "A16"), pytest.mark.long]

ROOT = Path(__file__).parents[2]
ROWS = 20
KILLS = int(os.environ.get("KILLS", "200"))
VICTIMS = ("sender", "web", "worker", "endpoint")


@dataclass
class Cast:
    """The processes of a small platform; whoever was killed is started again."""

    platform: Platform
    folder: Path
    secret: str
    institution: int
    port: int = 0
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def start(self, name: str) -> None:
        settings = self.platform.settings
        environment = {**os.environ, "HP_HOME": str(settings.home), "HP_COMPONENTS": settings.components, "HP_WORKERS": "1"}
        command = [sys.executable, "-m", *self._arguments()[name]]
        output = self.folder / ("acknowledged" if name == "sender" else f"{name}.out")
        with open(output, "ab") as out, open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=out, stderr=log, start_new_session=True
            )

    def _arguments(self) -> dict[str, list[str]]:
        address = f"http://127.0.0.1:{self.port}"
        last = max(self.acknowledged(), default=-1)  # sent again: a sender that died may not know that it was acknowledged
        sending = ["tests.exchange_data_api.sending", address, f"his-{self.institution}", self.secret]
        return {
            "web": ["health_platform.cli", "data-api", "--port", str(self.port)],
            "worker": ["health_platform.cli", "worker"],
            "sender": [*sending, str(max(last, 0)), "1000000", str(ROWS)],
        }

    def kill(self, name: str) -> None:
        self.killed[name] += 1
        if name != "endpoint":
            self._end(name)
            self.start(name)
        elif state := endpoint_status(self.platform.warehouse.settings):
            with suppress(ProcessLookupError):
                os.kill(state.pid, signal.SIGKILL)

    def end(self) -> None:
        for name in list(self.running):
            self._end(name)

    def acknowledged(self) -> list[int]:
        """Numbers of the uploads that were acknowledged; a line that was not finished does not count."""
        file = self.folder / "acknowledged"
        return [int(line) for line in file.read_text().split("\n")[:-1] if line] if file.exists() else []

    def _end(self, name: str) -> None:
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


@contextmanager
def _cast(ways: Platform, folder: Path, institution: int) -> Iterator[Cast]:
    application(ways)  # the permission keys come from the declared endpoints
    hospital = Unit(institution, "测试医院", "411502001000")
    with ways.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, ways)
        name = f"his-{institution}"
        client, secret = create_client(session, NewClient(name, "测试医院信息系统", "", hospital, with_secret=True), 0)
        grant_by_platform(session, client.id, BY_CODE["unit_system"], Cell("411502001", unit=institution))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cast = Cast(ways, folder, secret or "", institution, port)
    try:
        for each in ("web", "worker", "sender"):
            cast.start(each)
        yield cast
    finally:
        cast.end()


def test_whoever_is_killed_nothing_is_lost_and_nothing_doubled(
    ways: Platform, tmp_path: Path, institution: int, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(20260301)
    with _cast(ways, tmp_path, institution) as cast:
        _until(lambda: bool(cast.acknowledged()), 120)
        for _ in range(KILLS):
            before = len(cast.acknowledged())
            cast.kill(dice.choice(VICTIMS))
            _until(lambda before=before: len(cast.acknowledged()) > before, 120)  # type: ignore[misc]
            time.sleep(dice.uniform(0.0, 2.0))
        acknowledged = set(cast.acknowledged())
        cast.end()
    _finish(ways, institution)
    found: dict[str, int] = dict(
        ways.warehouse.execute(
            f"SELECT id, count() FROM {ways.settings.warehouse_database}.emr_ex_lab FINAL"
            f" WHERE institution = {institution} GROUP BY id"
        )
    )
    wanted = {f"{number}-{at}" for number in acknowledged for at in range(ROWS)}
    with capsys.disabled():
        print(f"\n{sum(cast.killed.values())} kills {dict(cast.killed)}; {len(acknowledged)} uploads acknowledged,")
        print(f"{len(wanted - found.keys())} of {len(wanted)} rows lost, {sum(n > 1 for n in found.values())} doubled")
    assert not wanted - found.keys(), "acknowledged rows are lost"
    assert all(count == 1 for count in found.values()), "rows are doubled"


def _finish(ways: Platform, institution: int) -> None:
    """What the sweep of the next worker does, without waiting for leases to run out."""

    def drained() -> bool:
        with suppress(Unavailable):  # the endpoint is just starting again; a worker's delivery is retried likewise
            ways.service(Pipeline).work_for(institution)
            Worker(ways).drain()
        with ways.database.unit_of_work(system_scope("test")) as session:
            return pending(session)[0] == 0

    _until(drained, 240)


def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.2)
