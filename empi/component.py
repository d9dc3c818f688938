"""Registers the person index with the platform."""

from __future__ import annotations

from datetime import timedelta

from empi import index_commands, models, ports, routes, whole
from empi.commands import empi_commands
from empi.following import IdentityFollower
from health_platform.access.api import ResidentDirectory
from health_platform.kernel.platform import Capability, Job, Platform
from health_platform.records.api import PersonIndex
from registry.api import DivisionFollowers

__all__ = ["index_commands", "install", "models"]


def install(platform: Platform) -> None:
    """Install the person index: its API, and what other packages ask of it."""
    for blueprint in routes.BLUEPRINTS:
        platform.blueprint(blueprint)
    platform.command(empi_commands)
    platform.schedule(Job("empi.rules_of_links", timedelta(hours=12), whole.watch, "主索引：核对关联所依规则是否现行"))
    platform.bind(PersonIndex, ports.PersonIndex())
    platform.bind(ResidentDirectory, ports.ResidentDirectory())
    platform.bind(ports.IdentityResolver, ports.PipelineIdentities())
    if (followers := platform.services.get(DivisionFollowers.__qualname__)) is not None:
        followers.add(IdentityFollower())
    platform.capability(Capability(("A10",), "empi", "working"))
    platform.capability(Capability(("A08",), "empi", "working", "merge, split and update of the person behind a record"))
