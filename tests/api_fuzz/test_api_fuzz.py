"""Every operation answers every role as the document says."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from tests.api_fuzz.fuzzing import Fuzzer, Problem, callers, ready, schema_of
from tests.leaks import world

pytestmark = pytest.mark.system("A19", "A11")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[world.City]:
    made = world.build(tmp_path_factory.mktemp("fuzzed"), size=4)
    ready(made)
    yield made
    made.platform.warehouse.close()
    stop_endpoint(made.platform.warehouse.settings)
    made.platform.database.close()


def fuzzed(city: world.City, examples: int, share_of_roles: float) -> list[Problem]:
    """The problems of all operations, each tried by somebody who may do everything and by a share of the roles."""
    with city.platform.database.unit_of_work(system_scope("fuzz")) as session:
        headers = callers(city, session)
    fuzzer, chance = Fuzzer(city, headers, examples), random.Random(7)
    found: list[Problem] = []
    for result in schema_of(city).get_all_operations():
        operation = result.ok()
        others = [role for role in headers if role != "everything"]
        some = [role for role in others if chance.random() < share_of_roles]
        for role in ("everything", *some):
            found += fuzzer.problems(operation, role)
    return found


def test_no_operation_fails_or_answers_what_the_document_does_not_say(city: world.City) -> None:
    assert fuzzed(city, examples=1, share_of_roles=0.02) == []


@pytest.mark.long
def test_every_operation_with_every_role(city: world.City) -> None:
    assert fuzzed(city, examples=15, share_of_roles=1.0) == []
