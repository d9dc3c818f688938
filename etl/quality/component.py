"""Quality control joins the platform: consumers, jobs, commands, pages' data."""

from __future__ import annotations

from datetime import timedelta

from etl.quality import commands, dirty, routes, running
from etl.quality.parameters import PARAMETERS
from etl.quality.tables import ready
from health_platform.datasets.api import catalogue
from health_platform.kernel import clock
from health_platform.kernel.giving_way import give_way
from health_platform.kernel.platform import Capability, Job, Platform
from health_platform.kernel.scope import system_scope

_CHECK_EVERY = timedelta(minutes=10)
_RECONCILE_EVERY = timedelta(hours=24)


def install(platform: Platform) -> None:
    """Register quality control with the platform."""
    platform.consume("etl.rows_loaded", "etl.quality", dirty.on_rows_loaded)
    platform.schedule(Job("quality.check", _CHECK_EVERY, check_waiting, "质控：检查有变化的日期"))
    platform.schedule(Job("quality.reconcile", _RECONCILE_EVERY, reconcile, "质控：核对已检查日期的记录数"))
    for parameter in PARAMETERS:
        platform.parameter(parameter)
    platform.command(commands.quality)
    platform.blueprint(routes.blp)
    platform.capability(
        Capability(("G10",), "etl/quality", "working", "weighted rules in four dimensions, daily monitor, findings and scores")
    )


def check_waiting(platform: Platform) -> None:
    """Check the days whose rows changed since they were checked."""
    with platform.database.unit_of_work(system_scope("quality"), reading=True) as session:
        days = dirty.waiting(session)
    if days:
        running.check(platform, days, "changed")


def reconcile(platform: Platform) -> None:
    """Mark days whose number of rows is not what the last check saw: corrections move rows away from days silently."""
    ready(platform.warehouse)
    for name in catalogue():
        days = dirty.changed_days(platform.warehouse, name, clock.today())
        with platform.database.unit_of_work(system_scope("quality")) as session:
            dirty.mark(session, name, days)
        give_way()
