"""One operation of the OpenAPI document under generated requests."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance
from sqlalchemy.orm import Session

from health_platform.access.api import ROLES, all_roles, permissions_of
from health_platform.kernel.jobs import Worker
from health_platform.kernel.scope import Scope
from tests.leaks.interference import ids
from tests.leaks.world import City
from tests.support.principals import principal

CHECKS = (not_a_server_error, status_code_conformance, response_schema_conformance)
EXPECTED = frozenset({200, 201, 202, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429})
"""What any operation may answer; "default" in the document describes the body of every error."""


@dataclass(frozen=True)
class Problem:
    """A request whose answer was wrong."""

    operation: str
    role: str
    status: int
    what: str


def schema_of(city: City) -> Any:
    """The document as the application serves it."""
    return schemathesis.openapi.from_wsgi("/openapi.json", city.app)


def ready(city: City) -> None:
    """What a running platform has done once: tables of the checks, summaries."""
    Worker(city.platform).step()


def callers(city: City, session: Session) -> dict[str, dict[str, str]]:
    """Header by role: every predefined role as its holder in Gushi county, and one who may do everything."""
    held = {role.code: frozenset(permissions_of(session, role.id)) for role in all_roles(session)}
    made = {"everything": city.shelf.put(principal()), "nobody": {}}
    for role in ROLES:
        scope = Scope(divisions=("411525",))
        who = principal(division="411525", scope=scope, permissions=held.get(role.code, frozenset()))
        made[role.code] = city.shelf.put(who)
    return made


class Fuzzer:
    """Sends generated requests and collects what went wrong."""

    def __init__(self, city: City, headers: Mapping[str, dict[str, str]], examples: int) -> None:
        self._headers, self._examples = headers, examples
        self._known = ids(city)
        self._chance = random.Random(1)
        self.requests = 0

    def problems(self, operation: Any, role: str) -> Iterator[Problem]:
        """Everything that is wrong with the answers of an operation to a role."""
        found: list[Problem] = []
        chance, known, header = self._chance, self._known, self._headers[role]

        @seed(1)
        @settings(
            max_examples=self._examples, deadline=None, database=None, phases=[Phase.generate], verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def try_one(case: Case) -> None:
            _aim(case, known, chance)
            self.requests += 1
            response = case.call(headers=header)
            if response.status_code not in EXPECTED:
                found.append(Problem(operation.label, role, response.status_code, "unexpected status"))
            try:
                case.validate_response(response, checks=list(CHECKS))
            except (Failure, FailureGroup) as failure:
                found.append(Problem(operation.label, role, response.status_code, _words(failure)))

        with suppress(Unsatisfiable):
            try_one()
        yield from dict.fromkeys(found)


def _aim(case: Case, known: Mapping[str, list[Any]], chance: random.Random) -> None:
    """Half of the requests name something that exists: a random number finds nothing but 404."""
    for name in list(case.path_parameters or {}):
        pool = known.get(name) or known["id"]
        if chance.random() < 0.6:
            case.path_parameters[name] = chance.choice(pool)


def _words(failure: Failure | FailureGroup) -> str:
    single = failure.exceptions if isinstance(failure, FailureGroup) else (failure,)
    return "; ".join(dict.fromkeys(_short(each) for each in single))


def _short(failure: BaseException) -> str:
    """The title of a failure and what it says of the value, without the value."""
    lines = str(failure).splitlines()
    told = next((line.strip() for line in lines[1:] if line.strip()), "")
    path = getattr(failure, "instance_path", "")
    return f"{lines[0]} {path}: {told}"[:200]
