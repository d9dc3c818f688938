"""What reports and ranking register with the platform."""

from __future__ import annotations

from datetime import timedelta

from etl.quality.ranking import routes as ranking_routes
from etl.quality.ranking.definitions import FUNDING_FORMULA, OBJECTION_DAYS, WEIGHTS
from etl.quality.reports import routes
from etl.quality.reports.service import make_all, on_ordered
from health_platform.kernel import clock
from health_platform.kernel.platform import Capability, Job, Platform

_FIRST_DAY = 3
"""Day of the month from which last month's reports are made: its last uploads are due and checked by then."""


def install(platform: Platform) -> None:
    """Register reports and ranking with the platform."""
    platform.blueprint(routes.blp)
    platform.blueprint(ranking_routes.blp)
    for parameter in (*WEIGHTS, OBJECTION_DAYS, FUNDING_FORMULA):
        platform.parameter(parameter)
    platform.consume("quality.report_ordered", "quality.reports", on_ordered, leased=True)
    platform.schedule(Job("quality.reports", timedelta(hours=6), _monthly, "质控：生成并送达上月分析报告"))
    platform.capability(
        Capability(("G10",), "etl/quality/reports, etl/quality/ranking", "working", "reports fed back, ranking, funding")
    )


def _monthly(platform: Platform) -> None:
    if clock.today().day >= _FIRST_DAY:
        make_all(platform)
