"""Several workers, the same person, the same instant: one person. On real databases, with real processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from empi.api import RawIdentity, register
from health_platform.kernel.crypto import bind_crypto, software_crypto
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import LI, WANG, at
from tests.empi_service.state import clusters
from tests.empi_service.worlds import WORLD

pytestmark = pytest.mark.system("A10")


def race(database: Database, groups: Sequence[Sequence[RawIdentity]], look_first: bool = False) -> list[Exception]:
    """Register each group in a thread of its own, all at the same instant, one transaction per identity.

    ``look_first``: as the pipeline does it, which looks before it takes the writer's place.
    """
    barrier = threading.Barrier(len(groups))
    faults: list[Exception] = []

    def one(raw: RawIdentity) -> None:
        if look_first:
            database.read_first(system_scope("race"), lambda session: register(session, [raw]))
            return
        with database.unit_of_work(system_scope("race")) as session:
            register(session, [raw])

    def work(identities: Sequence[RawIdentity]) -> None:
        barrier.wait()
        try:
            for raw in identities:
                one(raw)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(group,)) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return faults


@pytest.mark.parametrize("look_first", [False, True])
@pytest.mark.parametrize("kind", ["index", "postgres_index"])
def test_one_person_from_many_hospitals_at_once(kind: str, look_first: bool, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(kind)
    groups = [[at(person, f"H{worker}", f"{person.local_id}") for person in (WANG, LI)] for worker in range(6)]
    assert race(database, groups, look_first) == []
    with database.unit_of_work(system_scope("test")) as session:
        assert sorted(len(group) for group in clusters(session)) == [6, 6]


@pytest.mark.parametrize("kind", ["index", "postgres_index"])
def test_the_same_number_at_once_is_one_identity(kind: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(kind)
    assert race(database, [[replace(WANG, phone=f"1370376000{worker}")] for worker in range(6)]) == []
    with database.unit_of_work(system_scope("test")) as session:
        assert clusters(session) == {frozenset({("H1", "1001")})}


def test_bridges_from_both_ends_at_once(postgres_index: Database) -> None:
    """Two arrivals that each tie the same two persons together must not leave them half merged."""
    one = at(WANG, "H2", "x", id_no="", card_no="", birth_date="")
    other = at(WANG, "H3", "y", birth_date="", phone="", address="", card_no="")
    for round_number in range(4):
        pair = [replace(raw, local_id=f"{raw.local_id}{round_number}", name=raw.name) for raw in (one, other)]
        with postgres_index.unit_of_work(system_scope("test")) as session:
            register(session, pair)
        bridges = [[at(WANG, f"B{worker}", f"{round_number}")] for worker in range(4)]
        assert race(postgres_index, bridges) == []
    with postgres_index.unit_of_work(system_scope("test")) as session:
        assert len(clusters(session)) == 1


def test_the_world_in_a_race_gives_the_same_persons(postgres_index: Database, index: Database) -> None:
    with index.unit_of_work(system_scope("test")) as session:
        register(session, WORLD)
        wanted = clusters(session)
    assert race(postgres_index, [WORLD[start::4] for start in range(4)]) == []
    with postgres_index.unit_of_work(system_scope("test")) as session:
        assert clusters(session) == wanted


def _work(url: str, home: str, worker: int, start: object) -> None:
    database = Database(url)
    bind_crypto(database.engine, software_crypto(Path(home) / "keys.json"))
    start.wait()  # type: ignore[attr-defined]
    for number in range(5):
        with database.unit_of_work(system_scope("race")) as session:
            register(session, [at(WANG, f"P{worker}", f"{number}"), at(LI, f"P{worker}", f"L{number}")])
    database.close()


def test_processes_agree_on_one_person(postgres_index: Database, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    workers = [context.Process(target=_work, args=(postgres_index.url, str(tmp_path), number, start)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with postgres_index.unit_of_work(system_scope("test")) as session:
        assert sorted(len(group) for group in clusters(session)) == [10, 10]
