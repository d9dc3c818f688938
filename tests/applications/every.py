"""Every capability that is installed, found by its folder: a test over all of them needs no list to be kept."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec

import applications
from health_platform.engine.api import Application


def _found() -> tuple[Application, ...]:
    found = [one.name for one in pkgutil.iter_modules(applications.__path__, "applications.") if one.ispkg]
    return tuple(import_module(f"{name}.definition").APPLICATION for name in found if find_spec(f"{name}.definition"))


APPLICATIONS = _found()
