"""Registers the prompts: endpoints, the CDS Hooks service, and the job that forgets old cards."""

from __future__ import annotations

from datetime import timedelta

from applications.clinical_prompts import routes, statistics
from applications.clinical_prompts.cds import routes as cds_routes
from applications.clinical_prompts.cds.trust import recognise
from applications.clinical_prompts.definitions import messages  # noqa: F401 - registers the texts
from health_platform.kernel import clock, parameters
from health_platform.kernel.platform import Capability, Job, Parameter, Platform
from health_platform.kernel.scope import system_scope

_KEEP = Parameter(
    "prompts.keep_days", "智能提示明细保留天数", 365, int, 30, 3650, help="过期后只保留审计日志；采纳统计按明细计算"
)


def install(platform: Platform) -> None:
    platform.blueprint(routes.blp)
    platform.blueprint(cds_routes.blp)
    platform.authenticator(recognise, first=True)
    platform.parameter(_KEEP)
    platform.schedule(Job("prompts.forget", timedelta(days=1), _forget, "清理过期的智能提示明细"))
    platform.capability(Capability(("C08",), "applications/clinical_prompts", "working", _NOTE))


_NOTE = "同类药品、重复检验检查、过敏、相互作用、禁忌；知识表为待确认的起步表，按机构载入本地目录"


def _forget(platform: Platform) -> int:
    with platform.database.unit_of_work(system_scope("prompts.forget")) as session:
        days = parameters.value(session, platform, _KEEP.key)
        return statistics.forget(session, clock.now() - timedelta(days=days))
