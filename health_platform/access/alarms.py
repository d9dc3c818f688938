"""Alarms of access control: a counter that monitoring alerts on, and a warning in the log, the moment the event is delivered.

``hp_alarms_total{kind="break_glass"}`` and ``{kind="guessing"}``; who must review an emergency access finds it in the console.
"""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from health_platform.access.authority.break_glass import BreakGlassOpened
from health_platform.access.signin.login import GuessingAlarm
from health_platform.kernel import metrics
from health_platform.kernel.platform import Platform

log = logging.getLogger("health_platform.alarm")


def install(platform: Platform) -> None:
    """Raise an alarm for every emergency access and for guessing at logins."""
    platform.consume("access.break_glass_opened", "access.alarm", _emergency)
    platform.consume("access.guessing_alarm", "access.alarm", _guessing)


def _emergency(session: Session, event: BreakGlassOpened) -> None:
    facts = {"break_glass_id": event.break_glass_id, "actor_id": event.actor_id, "person_id": event.person_id}
    log.warning("emergency access opened", extra={"facts": facts})
    metrics.ALARMS.labels("break_glass").inc()


def _guessing(session: Session, event: GuessingAlarm) -> None:
    log.warning("logins are being guessed", extra={"facts": {"from": event.address, "failures": event.failures}})
    metrics.ALARMS.labels("guessing").inc()
