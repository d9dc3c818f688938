"""``Platform``: what a component registers itself with. There is no other registration mechanism."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import click
from flask import Request, Response
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from health_platform.kernel.cache import CacheStore
from health_platform.kernel.crypto import CryptoProvider
from health_platform.kernel.db import Database
from health_platform.kernel.errors import DefinitionError, NotInstalled, PlatformError
from health_platform.kernel.http import Blueprint, EndpointSpec
from health_platform.kernel.outbox import EVENTS, Consumer
from health_platform.kernel.scope import Principal

if TYPE_CHECKING:
    from health_platform.kernel.warehouse.api import Warehouse
    from health_platform.settings import Settings

Authenticator = Callable[[Session, Request], Principal | None]
Gate = Callable[[Principal, EndpointSpec], None]
"""Asked after authorisation; raises when a caller may not use an endpoint although its permission is held."""


@dataclass(frozen=True)
class Button:
    """A page element with a permission of its own."""

    key: str
    label: str
    permission: str


@dataclass(frozen=True)
class MenuItem:
    """A menu entry a feature offers. The console stores menus as data; this is what they start from.

    ``path`` groups entries: "基础管理" puts the item under that heading.
    """

    key: str
    label: str
    url: str
    permission: str
    path: str = ""
    order: int = 100
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Capability:
    """A claim that requirement rows are met; ``docs/systems.md`` joins it with the tests that prove it."""

    ids: tuple[str, ...]
    where: str
    state: Literal["working", "partial"]
    note: str = ""


@dataclass(frozen=True)
class Job:
    """Work on a schedule: every interval, by one worker at a time."""

    name: str
    every: timedelta
    run: Callable[[Platform], Any]
    label: str = ""


@dataclass(frozen=True)
class Process:
    """A process beside the web server (a listener, a folder watcher), started by ``serve --all`` and by systemd.

    ``arguments`` are those of ``health-platform``.
    """

    name: str
    arguments: tuple[str, ...]
    label: str = ""


@dataclass(frozen=True)
class Parameter:
    """A value operators may change while the platform runs. ``kind`` is int, float, str or bool.

    ``local`` parameters may be set per division; the longest matching division wins.
    """

    key: str
    label: str
    default: Any
    kind: type[Any] = int
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    local: bool = False
    help: str = ""


@dataclass
class Platform:
    """One running platform: its settings, its stores, and everything its components registered."""

    settings: Settings
    database: Database
    crypto: CryptoProvider
    cache: CacheStore
    warehouse: Warehouse
    blueprints: list[Blueprint] = field(default_factory=list)
    authenticators: list[Authenticator] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    consumers: dict[str, list[Consumer]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    commands: list[click.Command] = field(default_factory=list)
    menus: dict[str, MenuItem] = field(default_factory=dict)
    capabilities: list[Capability] = field(default_factory=list)
    endpoints: list[tuple[Rule, EndpointSpec]] = field(default_factory=list)
    documents: dict[str, Callable[[], str]] = field(default_factory=dict)
    services: dict[str, Any] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    after_work: list[Callable[[], None]] = field(default_factory=list)  # between pieces of work, no transaction open
    ready_checks: dict[str, Callable[[], None]] = field(default_factory=dict)
    role_patterns: dict[str, list[str]] = field(default_factory=dict)
    refusals: dict[str, Callable[[PlatformError], Response]] = field(default_factory=dict)

    def blueprint(self, blueprint: Blueprint) -> None:
        """Serve a group of endpoints."""
        self.blueprints.append(blueprint)

    def refusal(self, prefix: str, answer: Callable[[PlatformError], Response]) -> None:
        """Answer every error below a path in the words of an interface that others have defined, also where no route is."""
        _unique(self.refusals, prefix, answer)

    def authenticator(self, authenticator: Authenticator, first: bool = False) -> None:
        """Add a way to recognise callers."""
        self.authenticators.insert(0 if first else len(self.authenticators), authenticator)

    def gate(self, gate: Gate) -> None:
        """Ask this before every call of an endpoint."""
        self.gates.append(gate)

    def consume(
        self,
        event: str,
        name: str,
        handler: Callable[..., None],
        *,
        leased: bool = False,
        from_above: bool = False,
        wants: Callable[[Any], bool] | None = None,
        rest: timedelta = timedelta(),
    ) -> None:
        """Deliver every ``event`` to ``handler(session, event)``.

        ``wants(event)`` says beforehand which events concern the consumer at all: others cost it no delivery. It looks at
        the event and at what the deployment is made of only, so that the answer is the same at every time.

        ``leased`` handlers get ``(platform, event)`` and open units of work themselves; they must be idempotent and
        restartable at any step. ``from_above``: the event belongs to a component that is installed later, if at all.
        ``rest``: how long deliveries are left to gather, for a consumer that does in one go what came together.
        """
        if event not in EVENTS and not from_above:
            raise DefinitionError(f"consumer {name} listens to {event}, which nobody defines")
        listeners = self.consumers.setdefault(event, [])
        if any(listener.name == name for listener in listeners):
            raise DefinitionError(f"consumer {name} listens to {event} twice")
        listeners.append(Consumer(name, handler, leased, rest))
        self.database.consumers.setdefault(event, []).append((name, wants))

    def schedule(self, job: Job) -> None:
        """Run a job regularly in the workers."""
        _unique(self.jobs, job.name, job)

    def command(self, command: click.Command) -> None:
        """Add a command to ``health-platform``."""
        self.commands.append(command)

    def menu(self, item: MenuItem) -> None:
        """Offer a menu entry."""
        _unique(self.menus, item.key, item)

    def process(self, process: Process) -> None:
        """Run a command of ``health-platform`` beside the web server."""
        _unique(self.processes, process.name, process)

    def parameter(self, parameter: Parameter) -> None:
        """Declare a run-time parameter; read it with ``kernel.parameters.value``."""
        _unique(self.parameters, parameter.key, parameter)

    def capability(self, capability: Capability) -> None:
        """Declare requirement rows as met here."""
        self.capabilities.append(capability)

    def bind(self, protocol: type[Any], implementation: Any) -> None:
        """Offer an implementation of a Protocol to packages that may not import this one."""
        _unique(self.services, protocol.__qualname__, implementation)

    def service(self, protocol: type[Any], default: Any = None) -> Any:
        """The implementation bound to a Protocol, or ``default``.

        Raises:
            NotInstalled: nobody bound one and there is no default.
        """
        found = self.services.get(protocol.__qualname__, default)
        if found is None:
            raise NotInstalled(protocol.__qualname__)
        return found

    def allow(self, role: str, *patterns: str) -> None:
        """Let a predefined role have permissions of a feature, beside those of its own definition."""
        self.role_patterns.setdefault(role, []).extend(patterns)

    def document(self, path: str, make: Callable[[], str]) -> None:
        """Generate a document of the project (path under its root) from the code."""
        _unique(self.documents, path, make)

    def ready_check(self, name: str, check: Callable[[], None]) -> None:
        """Add a check to the readiness endpoint; it raises when the part is away."""
        _unique(self.ready_checks, name, check)


def _unique(registry: dict[str, Any], key: str, value: Any) -> None:
    if key in registry:
        raise DefinitionError(f"{key} is registered twice")
    registry[key] = value
