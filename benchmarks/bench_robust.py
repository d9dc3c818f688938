"""Does precision hold when the data are worse than any data the rules were looked at with?

``python -m benchmarks.bench_robust [--records RECORDS.csv --truth TRUTH.csv] [--persons 3000] [--seed 71]``

Takes labelled residents (an invented city unless a file is named), spoils them once per kind of harm, links each result with
no label and prints a Markdown table. Nothing is learned from one table for the next; every seed draws other harm.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import city_corpus
from empi.bulk.job import Job
from empi.bulk.steps import link_file
from empi.evaluate.measures import Evaluation, evaluate
from empi.matching import load_rules

Row = dict[str, str]
Harm = Callable[[random.Random, Row, Row], None]
_FOREIGN = ("JOHN SMITH", "MARIA GARCIA", "KIM MINSU", "NGUYEN VAN AN", "SATO YUKI", "IVANOVA OLGA")


def emptied(*columns: str, share: float = 1.0) -> Harm:
    """Columns that are empty in a share of the records."""

    def harm(draw: random.Random, row: Row, _: Row) -> None:
        if draw.random() < share:
            row |= dict.fromkeys(columns, "")

    return harm


def copied(*columns: str, share: float) -> Harm:
    """Columns of some other record, in a share of the records: moved house, another's telephone, married name."""

    def harm(draw: random.Random, row: Row, other: Row) -> None:
        if draw.random() < share:
            row |= {column: other[column] for column in columns}

    return harm


def slipped(column: str, share: float) -> Harm:
    """One digit wrong."""

    def harm(draw: random.Random, row: Row, _: Row) -> None:
        digits = [place for place, letter in enumerate(row[column]) if letter.isdigit()]
        if digits and draw.random() < share:
            place = draw.choice(digits)
            row[column] = row[column][:place] + draw.choice("0123456789") + row[column][place + 1 :]

    return harm


def swapped(draw: random.Random, row: Row, _: Row) -> None:
    """A tenth of the names with two letters exchanged."""
    if len(row["name"]) >= 3 and draw.random() < 0.1:
        row["name"] = row["name"][0] + row["name"][2] + row["name"][1] + row["name"][3:]


def other_surname(draw: random.Random, row: Row, other: Row) -> None:
    """A twentieth of the records under another's surname."""
    if row["name"] and other["name"] and draw.random() < 0.05:
        row["name"] = other["name"][0] + row["name"][1:]


def foreign(draw: random.Random, row: Row, _: Row) -> None:
    """A tenth of the names written as a foreign name, the same for one local number's holder only by chance."""
    if draw.random() < 0.1:
        row["name"] = draw.choice(_FOREIGN)


HARMS: dict[str, tuple[Harm, ...]] = {
    "as it is": (),
    "half the numbers missing": (emptied("id_type", "id_no", share=0.5),),
    "no numbers at all": (emptied("id_type", "id_no", "mother_id_no"),),
    "a tenth of the numbers somebody else's": (copied("id_type", "id_no", share=0.1),),
    "a tenth of the numbers with a wrong digit": (slipped("id_no", 0.1),),
    "a tenth of the birth days with a wrong digit": (slipped("birth_date", 0.1),),
    "a tenth of the names exchanged": (swapped,),
    "a twentieth of the surnames changed": (other_surname,),
    "a tenth foreign names": (foreign,),
    "a third moved house, a third another telephone": (copied("address", share=0.33), copied("phone", share=0.33)),
    "no birth days": (emptied("birth_date"),),
    "no telephones, no addresses": (emptied("phone", "address"),),
    "no local numbers, no cards": (emptied("domain_id", "local_id", "card_type", "card_no"),),
    "everything a little": (
        emptied("id_type", "id_no", share=0.3),
        emptied("phone", share=0.3),
        emptied("address", share=0.3),
        copied("address", share=0.1),
        copied("id_type", "id_no", share=0.02),
        slipped("birth_date", 0.05),
        swapped,
    ),
    "a fifth of the records all but empty": (
        emptied("birth_date", "id_type", "id_no", "phone", "address", "card_no", share=0.2),
    ),
}


@dataclass(frozen=True)
class Labelled:
    """Records with their truth and hard negatives."""

    rows: list[Row]
    truth: dict[str, str]
    negatives: list[tuple[str, str, str]]


def invented(persons: int, seed: int) -> Labelled:
    """A city of our own generator."""
    corpus = city_corpus.City(persons, seed, 1.0).corpus()
    return Labelled(corpus.records, {rec: entity for rec, entity, _ in corpus.truth}, corpus.negatives)


def from_files(records: Path, truth: Path) -> Labelled:
    """Records and truth from elsewhere; ``negatives.csv`` is taken along when it lies beside them."""
    beside = truth.with_name("negatives.csv")
    hard = [(r["rec_id_l"], r["rec_id_r"], r["kind"]) for r in _rows(beside)] if beside.exists() else []
    return Labelled(_rows(records), {row["rec_id"]: row["entity_id"] for row in _rows(truth)}, hard)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def spoiled(data: Labelled, harms: tuple[Harm, ...], seed: int) -> Labelled:
    """The data once more, harmed."""
    draw = random.Random(seed)
    rows = [dict(row) for row in data.rows]
    for row in rows:
        other = draw.choice(data.rows)
        for harm in harms:
            harm(draw, row, other)
    return replace(data, rows=rows)


def judged(data: Labelled, folder: Path) -> Evaluation:
    """Link the data as the command does and compare with the truth."""
    path = folder / "records.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(data.rows[0]))
        table.writeheader()
        table.writerows(data.rows)
    result = link_file(Job(path, load_rules()))
    keys = result.keys.to_pylist()
    clusters = {key: keys[label] for key, label in zip(keys, result.linked.labels.tolist(), strict=True)}
    return evaluate({key: data.truth[key] for key in clusters}, clusters, negatives=data.negatives)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--persons", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=71)
    options = parser.parse_args()
    data = from_files(options.records, options.truth) if options.records else invented(options.persons, options.seed)
    print("| harm | P | R | F1 | B³ F1 | wrongly merged: borrowed / parent / twin / namesake |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as home:
        for name, harms in HARMS.items():
            found = judged(spoiled(data, harms, options.seed), Path(home))
            quality = (found.pairs.precision, found.pairs.recall, found.pairs.f1, found.b_cubed.f1)
            kinds = [found.wrongly_merged.get(kind, (0, 0)) for kind in ("borrowed_id", "parent_id", "twin", "namesake")]
            merged = " / ".join(f"{count} of {judged}" for count, judged in kinds)
            print(f"| {name} | {' | '.join(f'{one:.4f}' for one in quality)} | {merged} |", flush=True)


if __name__ == "__main__":
    main()
