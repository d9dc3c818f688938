"""The ways in and out. Each is a folder with its own ``component.py``; a deployment carries those it ships."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from health_platform.kernel.platform import Platform

WAYS = ("data_api", "batch", "folders", "hl7v2", "fhir")


def install(platform: Platform) -> None:
    """Register every way that is shipped."""
    for name in WAYS:
        component = f"exchange.{name}.component"
        if find_spec(f"exchange.{name}") and find_spec(component):
            import_module(component).install(platform)
