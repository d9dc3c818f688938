"""Registers the engine with the platform. Applications are registered by the ``applications`` component."""

from __future__ import annotations

from datetime import timedelta

from health_platform.engine import models
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.messages import MESSAGES
from health_platform.engine.projecting import Projector
from health_platform.engine.upkeep import end_memberships, expire_cases, replan
from health_platform.kernel.errors import register_messages
from health_platform.kernel.platform import Capability, Job, Platform

__all__ = ["install", "models"]

register_messages(MESSAGES)


def install(platform: Platform) -> None:
    """Offer the catalogue, carry what happens into the warehouse, keep deadlines."""
    platform.bind(Catalogue, Catalogue())
    projector = Projector(platform)
    platform.bind(Projector, projector)
    for event in ("register.enrolled", "register.changed", "register.closed"):
        platform.consume(event, "engine.project", projector.member)
    for event in ("form.submitted", "form.voided"):
        platform.consume(event, "engine.project", projector.submission)
    platform.schedule(Job("engine.deadlines", timedelta(minutes=1), expire_cases, "业务单期限"))
    platform.schedule(Job("engine.memberships", timedelta(hours=1), end_memberships, "到期自动结案"))
    platform.schedule(Job("engine.replan", timedelta(hours=6), replan, "规则变化后重排任务"))
    for capability in CAPABILITIES:
        platform.capability(capability)


CAPABILITIES = (
    Capability(("A12",), "health_platform/engine/definitions/forms.py", "working", "forms as definitions, checked, versioned"),
    Capability(("A13",), "health_platform/engine/cases.py", "working", "workflows as definitions with parties and deadlines"),
    Capability(("A14",), "health_platform/engine/definitions/prompts.py", "working", "checks, prompts and alerts as definitions"),
)
