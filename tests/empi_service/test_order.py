"""The final persons depend on who the identities are, not on the order or the batches in which they arrive."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from empi.api import first_load, relink
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import WANG
from tests.empi_service.state import clusters
from tests.empi_service.worlds import WORLD, arrivals, arrive, throw_away

pytestmark = pytest.mark.system("A10")


Persons = set[frozenset[tuple[str, str]]]


@pytest.fixture
def wanted(index: Database) -> Persons:
    """The persons when everybody arrives at once."""
    with throw_away(index) as session:
        arrive(session, [WORLD])
        return clusters(session)


def test_the_world_is_worth_testing(wanted: Persons) -> None:
    found = wanted
    wang = next(group for group in found if (WANG.institution, WANG.local_id) in group)
    assert {("H2", "a"), ("H3", "b"), ("H4", "c")} <= wang
    assert frozenset({("H5", "borrowed"), ("H2", "77"), ("H6", "f")}) in found or ("H5", "borrowed") not in wang
    assert not any({("M1", "t1"), ("M1", "t2")} <= group for group in found), "twins are two persons"
    assert not any({("H1", "1002"), ("H4", "sister")} <= group for group in found)
    assert {("C1", "n1"), ("M1", "n2")} in found, "the boy of the two placeholders is the brother"
    assert {("C1", "n3"), ("M1", "n4")} in found


@settings(max_examples=15)
@given(batches=arrivals())
@example(batches=[[raw] for raw in WORLD])
@example(batches=[[raw] for raw in reversed(WORLD)])
def test_any_order_and_any_batches_give_the_same_persons(index: Database, wanted: Persons, batches: list) -> None:
    with throw_away(index) as session:
        arrive(session, batches)
        assert clusters(session) == wanted


@settings(max_examples=5)
@given(batches=arrivals())
def test_the_same_on_postgresql(postgres_index: Database, wanted: Persons, batches: list) -> None:
    with throw_away(postgres_index) as session:
        arrive(session, batches)
        assert clusters(session) == wanted


def test_bulk_gives_the_same_persons_as_one_by_one(index: Database, wanted: Persons) -> None:
    first_load(index, WORLD)
    with index.unit_of_work(system_scope("test")) as session:
        assert clusters(session) == wanted
    changed = relink(index)
    assert (changed.moved, changed.born, changed.retired) == (0, 0, 0), "a re-link of the same data changes nothing"
    with index.unit_of_work(system_scope("test")) as session:
        assert clusters(session) == wanted
