"""Installs the business capabilities: sub-packages with a ``definition.py``, a ``component.py``, or both."""

import pkgutil
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from sqlalchemy.orm import Session

import applications
from applications.persons import Persons, RegistryAreas, RegistryCodes
from empi.api import PersonMerged, PersonUnmerged
from health_platform.engine.api import (
    Alert,
    Areas,
    Case,
    CodeNames,
    Enrolment,
    Figure,
    PersonDirectory,
    Task,
    install_application,
    merge_persons,
    system_desk,
    unmerge_persons,
)
from health_platform.kernel.platform import Platform
from registry.api import ColumnFollower, DivisionFollowers


def install(platform: Platform) -> None:
    """Install the capabilities that are present; a deployment may leave some out."""
    platform.bind(PersonDirectory, Persons())
    platform.bind(Areas, RegistryAreas())
    platform.bind(CodeNames, RegistryCodes())
    _follow(platform)
    for info in pkgutil.iter_modules(applications.__path__, f"{applications.__name__}."):
        if info.ispkg and find_spec(f"{info.name}.definition"):
            definition = import_module(f"{info.name}.definition").APPLICATION
            install_application(platform, definition, info.name.replace(".", "/"))
        if info.ispkg and find_spec(f"{info.name}.component"):
            import_module(f"{info.name}.component").install(platform)


def _follow(platform: Platform) -> None:
    """Rows of the engine follow merged persons and changed divisions."""
    platform.consume("person.merged", "engine.follow", partial(_merged, platform))
    platform.consume("person.unmerged", "engine.follow", partial(_unmerged, platform))
    followers: DivisionFollowers | None = platform.services.get(DivisionFollowers.__qualname__)
    for name, label, model in FOLLOWING if followers is not None else ():
        followers.add(ColumnFollower(f"engine.{name}", label, model))  # type: ignore[union-attr]


def _merged(platform: Platform, session: Session, event: PersonMerged) -> None:
    merge_persons(system_desk(session, platform), event.gone, event.kept)


def _unmerged(platform: Platform, session: Session, event: PersonUnmerged) -> None:
    unmerge_persons(system_desk(session, platform), event.restored)


FOLLOWING = (
    ("enrolment", "业务登记对象", Enrolment),
    ("task", "业务任务", Task),
    ("case", "业务单", Case),
    ("alert", "业务提醒", Alert),
    ("figure", "人口数", Figure),
)
