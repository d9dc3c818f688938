"""Installs the business capabilities: sub-packages with a ``definition.py``, a ``component.py``, or both."""

import pkgutil
from importlib import import_module
from importlib.util import find_spec

import applications
from applications.persons import Persons, RegistryAreas, RegistryCodes
from health_platform.engine.api import Areas, CodeNames, PersonDirectory, install_application
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    """Install the capabilities that are present; a deployment may leave some out."""
    platform.bind(PersonDirectory, Persons())
    platform.bind(Areas, RegistryAreas())
    platform.bind(CodeNames, RegistryCodes())
    for info in pkgutil.iter_modules(applications.__path__, f"{applications.__name__}."):
        if info.ispkg and find_spec(f"{info.name}.definition"):
            definition = import_module(f"{info.name}.definition").APPLICATION
            install_application(platform, definition, info.name.replace(".", "/"))
        if info.ispkg and find_spec(f"{info.name}.component"):
            import_module(f"{info.name}.component").install(platform)
