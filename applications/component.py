"""Installs the business capabilities: each sub-package with a ``component.py`` of its own."""

import pkgutil
from importlib import import_module
from importlib.util import find_spec

import applications
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    """Install the capabilities that are present; a deployment may leave some out."""
    for info in pkgutil.iter_modules(applications.__path__, f"{applications.__name__}."):
        if info.ispkg and find_spec(f"{info.name}.component"):
            import_module(f"{info.name}.component").install(platform)
