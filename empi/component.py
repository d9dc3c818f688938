"""Registers the person index with the platform."""

from __future__ import annotations

from empi import models, ports
from health_platform.kernel.platform import Capability, Platform
from health_platform.launch.ports import PatientFinder, PersonHome
from health_platform.records.api import PersonIndex
from health_platform.residents.api import PersonRegister

__all__ = ["install", "models"]


def install(platform: Platform) -> None:
    """Install the person index."""
    platform.bind(PersonIndex, ports.PersonIndex())
    platform.bind(ports.IdentityResolver, ports.PipelineIdentities())
    platform.bind(PatientFinder, ports.find_patient)
    platform.bind(PersonHome, ports.home_of)
    platform.bind(PersonRegister, ports.real_person)
    platform.capability(Capability(("A10",), "empi", "working"))
