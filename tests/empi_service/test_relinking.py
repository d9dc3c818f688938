"""The whole index is linked again in memory or in parts, with the same result, while the platform goes on working."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from benchmarks.city_corpus import City
from empi.api import RawIdentity, register, relink
from empi.bulk.city import AtOnce, Look, Steps, unseen
from empi.bulk.spread.city import InParts
from empi.commands import empi_commands
from empi.matching import Model
from empi.models import EdgeRow
from empi.storing import known
from health_platform.kernel.db import Database
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import Warehouse
from tests.empi_service.people import WANG, at
from tests.empi_service.state import clusters, state
from tests.empi_service.worlds import WORLD
from tests.support.warehouse import own_warehouse

pytestmark = pytest.mark.system("A10")
SCOPE = system_scope("test")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with own_warehouse(tmp_path_factory.mktemp("endpoint")) as made:
        yield made


def townspeople() -> list[RawIdentity]:
    records = City(60, seed=7, noise=1.5).corpus().records
    return [RawIdentity.of({**row, "division_code": "411502000000"}) for row in records]


@pytest.mark.parametrize("each", [40, 150])
def test_in_parts_as_in_memory(each: int, index: Database, warehouse: Warehouse, tmp_path: Path) -> None:
    with index.unit_of_work(SCOPE) as session:
        register(session, [*WORLD, *townspeople()])
    relink(index)
    with index.unit_of_work(SCOPE) as session:
        wanted = state(session)
        assert len(session.scalars(select(EdgeRow.left_key)).all()) > 100
        session.execute(update(EdgeRow).values(weight=EdgeRow.weight + 1))
    left = tmp_path / "compared_00000000000000ff"
    left.mkdir()  # by a run that was killed
    said: list[str] = []
    changed = relink(index, compare=InParts(tmp_path, warehouse, each, 25, said.append))
    assert (changed.moved, changed.born, changed.retired) == (0, 0, 0)
    with index.unit_of_work(SCOPE) as session:
        assert state(session) == wanted
    assert list(tmp_path.glob("compared_*")) == [], "the parts say in plain who people are, and go"
    assert warehouse.execute("SELECT count() FROM empi_link_key") == [(0,)]
    assert sum("read" in line for line in said) > 1, "it was more than one part"


def test_who_comes_or_changes_meanwhile_keeps_what_his_arrival_found(index: Database) -> None:
    late, moved = (
        at(WANG, "H9", "late"),
        at(WANG, "H4", "c", name="周杰", id_no="", phone="", card_no="", source_time="2026-05-01"),
    )

    class Meanwhile(AtOnce):
        def __call__(self, tables: Iterable[pa.Table], model: Model, look: Look = unseen) -> Steps:
            steps = super().__call__(tables, model, look)
            with index.unit_of_work(SCOPE) as session:
                register(session, [late, moved])
                before.extend((clusters(session), evidence_of(session)))
            return steps

    def evidence_of(session: Session) -> set[tuple[int, int, float]]:
        return {(row[0], row[1], row[2]) for row in session.execute(select(EdgeRow.left_key, EdgeRow.right_key, EdgeRow.weight))}

    before: list[object] = []
    with index.unit_of_work(SCOPE) as session:
        register(session, WORLD)
    relink(index, compare=Meanwhile(50, both_ends=True))
    with index.unit_of_work(SCOPE) as session:
        assert evidence_of(session) == before[1]
        assert clusters(session) == before[0]
        found = known(session, [late.patient_key, WANG.patient_key])
        assert found[late.patient_key].person_id == found[WANG.patient_key].person_id


def test_an_empty_index_is_linked(index: Database) -> None:
    assert relink(index).identities == 0


def test_the_command_links_in_parts(platform: Platform, tmp_path: Path) -> None:
    with platform.database.unit_of_work(SCOPE) as session:
        register(session, WORLD)
    run = CliRunner()
    parts = ["relink", "--part-records", "10", "--work", str(tmp_path / "work")]
    done = run.invoke(empi_commands, parts, obj=platform, catch_exceptions=False)
    assert " 0 links set, 0 persons new, 0 persons merged away" in done.output
    alone = run.invoke(empi_commands, ["relink", "--part-records", "10"], obj=platform)
    assert alone.exit_code == 2 and "--work" in alone.output
