"""Emergency access and guessing raise an alarm that monitoring sees."""

from __future__ import annotations

from typing import Any

import pytest

from health_platform.access.api import BreakGlassOpened, GuessingAlarm
from health_platform.kernel.jobs import Worker
from health_platform.kernel.outbox import publish
from health_platform.kernel.scope import system_scope

pytestmark = pytest.mark.system("A19", "A20")


def test_alarms_are_counted_and_shown_to_monitoring(platform: Any, client: Any) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        publish(session, BreakGlassOpened(1, 2, 3, None, "rescue"))
        publish(session, GuessingAlarm("10.0.0.9", 50))
    assert Worker(platform).drain() == 2
    shown = client.get("/metrics").text
    assert 'hp_alarms_total{kind="break_glass"}' in shown and 'hp_alarms_total{kind="guessing"}' in shown
