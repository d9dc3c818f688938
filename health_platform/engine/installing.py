"""Making a definition part of the running platform: addresses, permissions, menu, parameters, consumers, documents."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from health_platform.engine import checks
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.definitions.application import Application, Hook
from health_platform.engine.desk import parameter_key, system_desk
from health_platform.engine.routes_application import add_application
from health_platform.engine.routes_case import add_workflow
from health_platform.engine.routes_register import add_register
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.http import Blueprint
from health_platform.kernel.platform import Capability, MenuItem, Parameter, Platform


def install_application(platform: Platform, application: Application, where: str) -> None:
    """Register an application with the platform; ``where`` is its folder.

    Raises:
        DefinitionError: it contradicts itself, or another application.
    """
    catalogue: Catalogue = platform.service(Catalogue)
    catalogue.add(application)
    if faults := list(checks.faults_of(catalogue, application)):
        raise DefinitionError(f"application {application.code}:\n" + "\n".join(faults))
    platform.blueprint(blueprint_of(application))
    _parameters(platform, application)
    _rights(platform, application)
    for hook in application.hooks:
        platform.consume(hook.event, f"{application.code}.{hook.name}", partial(_run, platform, hook), wants=hook.wants)
    for ids, state, note in application.requirements:
        platform.capability(Capability(tuple(ids.split()), where, state, note))  # type: ignore[arg-type]
    if application.install:
        application.install(platform)


def blueprint_of(application: Application) -> Blueprint:
    """The addresses of an application, each with its own permission."""
    blp = Blueprint(
        f"app_{application.code}", __name__, url_prefix=f"/api/v1/apps/{application.code}", description=application.label
    )
    for register in application.registers:
        add_register(blp, application, register)
    for workflow in application.workflows:
        add_workflow(blp, application, workflow)
    add_application(blp, application)
    return blp


def _run(platform: Platform, hook: Hook, session: Session, event: Any) -> None:
    hook.run(system_desk(session, platform), event)


def _parameters(platform: Platform, application: Application) -> None:
    for param in application.params:
        platform.parameter(
            Parameter(
                parameter_key(application, param.code),
                f"{application.label}：{param.label}",
                param.default,
                float,
                param.low,
                param.high,
                local=True,
                help="；".join(part for part in (param.unit, param.basis) if part),
            )
        )


def _rights(platform: Platform, application: Application) -> None:
    """The menu entry, and what the roles of the definition may do."""
    read = read_permission(application)
    url = f"/console/apps/{application.code}"
    platform.menu(MenuItem(f"app.{application.code}", application.label, url, read, application.heading, application.order))
    for role in application.workers:
        platform.allow(role, *(f"{kind}.{code}.*" for kind, code in _parts(application)), f"program.{application.code}.*")
    for role in application.readers:
        platform.allow(role, *(f"{kind}.{code}.read" for kind, code in _parts(application)))
        platform.allow(role, f"program.{application.code}.read", f"program.{application.code}.figure")


def _parts(application: Application) -> list[tuple[str, str]]:
    found = [("register", one.code) for one in application.registers]
    found += [("form", one.code) for one in application.forms]
    return found + [("workflow", one.code) for one in application.workflows]


def read_permission(application: Application) -> str:
    """The permission that opens an application at all: its lists and indicators."""
    return f"program.{application.code}.read"
