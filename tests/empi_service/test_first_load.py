"""A first load gives the index that the ordinary way gives, row for row, and goes on where it was stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.city_corpus import City
from empi import filling, first_loading, keys_ahead
from empi.api import RawIdentity, first_load, register
from empi.bulk.city import compare_city
from empi.bulk.spread.city import InParts
from empi.judges import judge_of
from empi.keys_ahead import KeysAhead
from empi.models import BlockRow, DecisionRow, EdgeRow, GoldenRow, HotBlockRow, IdentityRow, PersonRow, ReviewRow, TokenRow
from empi.stated import Stated
from empi.whole import loading, relinking_due
from health_platform.kernel.db import Database
from health_platform.kernel.outbox import OutboxEvent
from health_platform.kernel.scope import Scope, system_scope
from health_platform.kernel.warehouse.api import Warehouse
from tests.empi_service.conftest import index_at
from tests.empi_service.people import WANG, ZHAO, at
from tests.empi_service.state import clusters
from tests.empi_service.worlds import WORLD, throw_away
from tests.support.warehouse import own_warehouse

pytestmark = pytest.mark.system("A10")

STORED = (IdentityRow, PersonRow, GoldenRow, EdgeRow, BlockRow, TokenRow, DecisionRow, ReviewRow)
_MADE_UP = {"id", "link_decision", "linked_at", "arrived_at", "born_at", "opened_at", "decided_at"}
"""Columns that hold ids and times of the run."""
_PERSONS = ("person_id", "shelf", "other_person")
_SCOPE = system_scope("test")


def city(persons: int, seed: int) -> list[RawIdentity]:
    """An invented town with its twins, newborns, namesakes and clerks' errors."""
    rows = City(persons, seed, 1.5).corpus().records
    return [replace(RawIdentity.of(row), division_code=f"{row['domain_id'][:6]}000000") for row in rows]


TOWN = city(320, 29)


def contents(session: Session) -> dict[str, list[str]]:
    """All rows of all tables, opened; a person is named by the smallest patient key linked to it."""
    named: dict[int, int] = {}
    for person, key in session.execute(select(IdentityRow.person_id, IdentityRow.patient_key)):
        named[person] = min(key, named.get(person, key))
    found = {model.__tablename__: sorted(_row(session, row, named) for row in session.scalars(select(model))) for model in STORED}
    events = session.execute(select(OutboxEvent.name, OutboxEvent.payload).order_by(OutboxEvent.id)).all()
    links = [(key, named[person]) for name, fact in events if name == "person.linked" for key, _, person, _ in fact["links"]]
    asked = sum(name == "person.review_opened" for name, _ in events)
    return {**found, "told": [repr(sorted(links)), str(asked)]}


def _row(session: Session, row: Any, named: dict[int, int]) -> str:
    values = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs if column.key not in _MADE_UP}
    for column in _PERSONS:
        if values.get(column) is not None:
            values[column] = named[values[column]]
    if isinstance(row, ReviewRow):  # which of the two is the younger follows the ids
        persons = [one for one in (row.person_id, row.other_person) if one is not None]
        values["keys"], values["persons"] = sorted((row.left_key, row.right_key)), sorted({named[one] for one in persons})
        for column in ("left_key", "right_key", "person_id", "other_person", "institution", "division_code"):
            del values[column]
    return repr(sorted(values.items(), key=lambda item: item[0]))


def by_arrival(database: Database, identities: Sequence[RawIdentity]) -> dict[str, list[str]]:
    """The index when everybody is registered at once with the evidence of a whole comparison; nothing stays."""
    with throw_away(database) as session:
        (table,) = Stated(identities).tables(len(identities))
        found = compare_city(table, judge_of(session).model)
        edges = [edge for _, edges in found.steps(len(table) + 1, both_ends=False) for edge in edges]
        register(session, identities, edges)
        return contents(session)


def loaded(database: Database) -> dict[str, list[str]]:
    with database.unit_of_work(_SCOPE) as session:
        return contents(session)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, list[str]]]]:
    """A folder with keys, and the town as it is stored under these keys in the ordinary way."""
    home = tmp_path_factory.mktemp("wanted")
    database = index_at(f"sqlite:///{home / 'wanted.db'}", home)
    yield home, by_arrival(database, TOWN)
    database.close()


def emptied(database: Database) -> None:
    with database.unit_of_work(_SCOPE) as session:
        for table in reversed(IdentityRow.metadata.sorted_tables):
            session.execute(table.delete())


def test_the_town_is_worth_loading(wanted: tuple[Path, dict[str, list[str]]]) -> None:
    _, expected = wanted
    assert len(TOWN) > len(expected["empi_identity"]) > len(expected["empi_person"]) > 300, "numbers repeat, and so do persons"
    assert len(expected["empi_review"]) > 5


@pytest.mark.parametrize("steps", [(5_000, 200_000), (150, 400)], ids=["one step", "many steps and transactions"])
def test_a_town_is_loaded_as_it_would_have_arrived(
    wanted: tuple[Path, dict[str, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: tuple[int, int]
) -> None:
    monkeypatch.setattr(first_loading, "STEP", steps[0])
    monkeypatch.setattr(filling, "IN_TRANSACTION", steps[1])
    home, expected = wanted
    database = index_at(f"sqlite:///{tmp_path / 'index.db'}", home)
    told: list[int] = []
    applied = first_load(database, TOWN, told.append)
    assert loaded(database) == expected
    assert applied.identities == len(expected["empi_identity"]) == told[-1]
    assert (applied.born, applied.reviews) == (len(expected["empi_person"]), len(expected["empi_review"]))
    again = first_load(database, TOWN)
    assert again.born == 0 and loaded(database) == expected, "a second load of the same changes nothing"
    with database.unit_of_work(_SCOPE) as session:
        assert relinking_due(session) is None and loading(session) is None
    database.close()


def test_processes_and_postgresql_give_the_same(
    wanted: tuple[Path, dict[str, list[str]]], postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_loading, "STEP", 400)
    home, expected = wanted
    database = index_at(postgres, home)
    first_load(database, TOWN, worth_processes=0)
    assert loaded(database) == expected
    database.close()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with own_warehouse(tmp_path_factory.mktemp("endpoint")) as made:
        yield made


@pytest.mark.parametrize(("each", "step"), [(90, 40), (250, 60), (5_000, 5_000)])
def test_a_town_larger_than_memory_is_loaded_the_same(
    wanted: tuple[Path, dict[str, list[str]]], warehouse: Warehouse, tmp_path: Path, each: int, step: int
) -> None:
    """Compared in parts; the step is no part of a part, so that evidence crosses both."""
    home, expected = wanted
    database = index_at(f"sqlite:///{tmp_path / 'index.db'}", home)
    said: list[str] = []
    in_parts = InParts(tmp_path / "work", warehouse, each, step, said.append, both_ends=False)
    first_load(database, TOWN, compare=in_parts)
    assert loaded(database) == expected
    assert list((tmp_path / "work").iterdir()) == [], "the parts say in plain who people are, and go"
    assert sum("read" in line for line in said) == -(-len(expected["empi_identity"]) // each)
    database.close()


@pytest.mark.parametrize("where", [(KeysAhead, "write"), (first_loading, "fill")], ids=["among keys", "before the first step"])
def test_nothing_in_plain_stays_when_a_load_in_parts_fails(
    index: Database, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: tuple[Any, str]
) -> None:
    seen: list[list[str]] = []

    def fails(*args: Any, **more: Any) -> None:
        seen.append([path.name for path in (tmp_path / "work").iterdir()])
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(*where, fails)
    with pytest.raises(RuntimeError, match="full"):
        first_load(index, WORLD, compare=InParts(tmp_path / "work", warehouse, 7, 4, lambda line: None, both_ends=False))
    assert [name[:9] for name in seen[0]] == ["compared_"] and list((tmp_path / "work").iterdir()) == []
    assert warehouse.execute("SELECT count() FROM empi_link_key") == [(0,)]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from(WORLD), min_size=1, unique_by=lambda raw: raw.patient_key), step=st.integers(1, 9))
def test_any_part_of_the_world_in_steps_of_any_size(
    index: Database, monkeypatch: pytest.MonkeyPatch, chosen: list[RawIdentity], step: int
) -> None:
    monkeypatch.setattr(first_loading, "STEP", step)
    monkeypatch.setattr(filling, "IN_TRANSACTION", step)
    expected = by_arrival(index, chosen)
    first_load(index, chosen)
    assert loaded(index) == expected
    emptied(index)


def test_a_load_that_is_killed_goes_on(wanted: tuple[Path, dict[str, list[str]]], tmp_path: Path) -> None:
    """Killed among the keys, started again and killed among the identities, and started once more."""
    home, expected = wanted
    url = f"sqlite:///{tmp_path / 'index.db'}"
    database = index_at(url, home)
    for counted, last in ((BlockRow, "keys"), (IdentityRow, "identities")):
        command = [sys.executable, "-c", f"from {__name__} import load_and_die; load_and_die()", url, str(home), last]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        with database.unit_of_work(_SCOPE) as session:
            whole = len(expected[counted.__tablename__])
            assert 0 < (session.scalar(select(func.count()).select_from(counted)) or 0) < whole
            assert loading(session)
    first_load(database, TOWN)
    assert loaded(database) == expected
    database.close()


def load_and_die() -> None:
    """Load the town in small steps, and die after some keys or some identities."""
    url, home, last = sys.argv[1:]
    first_loading.STEP, filling.IN_TRANSACTION, keys_ahead._IN_TRANSACTION = 100, 300, 5_000
    if last == "keys":
        writes, write = count(1), keys_ahead.write_missing

        def write_or_die(*args: Any) -> None:
            if next(writes) == 4:
                die()
            write(*args)

        keys_ahead.write_missing = write_or_die
    first_load(index_at(url, Path(home)), TOWN, lambda done: die() if done > 500 else None)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_who_comes_by_himself_meanwhile_is_one_person_with_who_is_loaded(
    index: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the file's own numbers and a number that the file does not know arrive after the city was compared."""
    monkeypatch.setattr(first_loading, "STEP", 4)
    monkeypatch.setattr(filling, "IN_TRANSACTION", 4)
    stranger = at(WANG, "H9", "stranger")
    another = at(ZHAO, "H2", "d", source_time="2026-01-01")  # under a number that was Li's in the file
    write = KeysAhead.write

    def write_while_they_arrive(ahead: KeysAhead, database: Database, scope: Scope) -> dict[int, int]:
        over_full = write(ahead, database, scope)
        with index.unit_of_work(_SCOPE) as session:
            register(session, [stranger, another])
        return over_full

    monkeypatch.setattr(KeysAhead, "write", write_while_they_arrive)
    with throw_away(index) as session:
        register(session, [stranger, another])
        register(session, WORLD)
        expected = clusters(session), evidence(session)
    first_load(index, WORLD)
    with index.unit_of_work(_SCOPE) as session:
        assert (clusters(session), evidence(session)) == expected
        assert session.scalar(select(func.count()).select_from(IdentityRow)) == len(WORLD) + 1


def evidence(session: Session) -> set[tuple[int, int, str]]:
    """The pairs that were compared and said something."""
    return {tuple(row) for row in session.execute(select(EdgeRow.left_key, EdgeRow.right_key, EdgeRow.grade))}


def test_keys_of_another_file_do_not_stay(index: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load ends after its keys were written, and another file is loaded instead."""
    expected = by_arrival(index, WORLD[:9])

    def stopped(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(first_loading, "fill", stopped)
        first_load(index, WORLD)
    assert len(loaded(index)["empi_token"]) > len(expected["empi_token"])
    first_load(index, WORLD[:9])
    assert loaded(index) == expected


def test_a_file_meets_who_is_there_already(index: Database) -> None:
    """A later file brings further records of persons the index knows."""
    with throw_away(index) as session:
        register(session, WORLD)
        expected = clusters(session)
    first_load(index, WORLD[1::2])
    first_load(index, WORLD[::2])
    with index.unit_of_work(_SCOPE) as session:
        assert clusters(session) == expected


def test_over_full_blocks_are_reported(index: Database) -> None:
    """A clinic's own telephone stands with two hundred and more patients."""
    crowd = [at(WANG, "H8", f"{n}", name=f"王{chr(0x4E00 + 17 * n)}", id_no="", card_no="", birth_date="") for n in range(205)]
    first_load(index, crowd)
    with index.unit_of_work(_SCOPE) as session:
        cap = judge_of(session).block_cap
        full = select(BlockRow.block).group_by(BlockRow.block).having(func.count() > cap)
        reported = session.scalars(select(HotBlockRow.block)).all()
        assert sorted(reported) == sorted(session.scalars(full)) and reported


def test_nobody_is_loaded_too(index: Database) -> None:
    assert first_load(index, []).identities == 0
