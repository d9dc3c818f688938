"""Registers the FHIR service."""

from exchange.fhir import models, person_routes
from exchange.fhir.encounters import find_encounter
from exchange.fhir.linking import follow_links
from exchange.fhir.presenting import BASE
from exchange.fhir.routes import blp, refused
from health_platform.kernel.platform import Capability, Platform
from health_platform.launch.api import EncounterFinder

__all__ = ["install", "models"]


def install(platform: Platform) -> None:
    """Install the FHIR R4 service."""
    platform.blueprint(blp)
    platform.blueprint(person_routes.blp)
    platform.refusal(BASE, refused)
    platform.refusal(person_routes.BASE, refused)
    platform.bind(EncounterFinder, find_encounter)
    platform.consume("person.linked", "fhir.linking", follow_links)
    platform.capability(Capability(("A11", "A16"), "exchange.fhir", "working"))
