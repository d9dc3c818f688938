"""Files as they come: encodings, separators, headers, keys that are missing or repeated, lines that cannot be read."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.city_corpus import COLUMNS, City
from empi.commands import empi_commands

pytestmark = pytest.mark.system("A10")
ROWS = City(60, seed=17, noise=1.0).corpus().records


def write(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8", separator: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        table = csv.DictWriter(out, COLUMNS, delimiter=separator)
        table.writeheader()
        table.writerows(rows)
    return path


def link(path: Path, *options: str) -> Result:
    return CliRunner().invoke(empi_commands, ["link", str(path), "--out", str(path.with_name("out.csv")), *options])


def clusters(path: Path) -> list[tuple[str, str]]:
    assert (found := link(path)).exit_code == 0, found.output
    with path.with_name("out.csv").open(encoding="utf-8", newline="") as source:
        return [(row["rec_id"], row["cluster_id"]) for row in csv.DictReader(source)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found(encoding: str, separator: str, tmp_path: Path) -> None:
    plain = clusters(write(tmp_path / "plain.csv", ROWS))
    assert clusters(write(tmp_path / "other.csv", ROWS, encoding, separator)) == plain
    assert len(set(dict(plain).values())) < len(plain)


def test_the_case_of_the_header_does_not_matter(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain.csv", ROWS)
    head, _, body = plain.read_text(encoding="utf-8").partition("\n")
    shouted = tmp_path / "shouted.csv"
    shouted.write_text(head.upper() + "\n" + body, encoding="utf-8")
    assert clusters(shouted) == clusters(plain)


def test_a_quoted_field_may_hold_a_line_end(tmp_path: Path) -> None:
    rows = [{**row, "address": f"{row['address']}\n东院, 后楼"} for row in ROWS]
    assert [key for key, _ in clusters(write(tmp_path / "records.csv", rows))] == [row["rec_id"] for row in ROWS]


def test_records_without_a_key_of_their_own_are_not_merged(tmp_path: Path) -> None:
    nobody = dict.fromkeys(COLUMNS, "")
    named = zip(("", "", "A", "A", "B"), "张王李赵钱", strict=True)
    rows = [{**nobody, "rec_id": key, "name": name, "birth_date": "1980-05-15"} for key, name in named]
    found = clusters(write(tmp_path / "records.csv", rows))
    assert [key for key, _ in found] == ["", "", "A", "A", "B"]
    assert len({name for _, name in found}) == 5
    assert "repeat the key" in link(tmp_path / "records.csv").output


def test_a_repeated_line_is_one_person(tmp_path: Path) -> None:
    found = clusters(write(tmp_path / "records.csv", [*ROWS, *ROWS[:20]]))
    assert Counter(key for key, _ in found) == Counter([row["rec_id"] for row in [*ROWS, *ROWS[:20]]])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 49, 50, 51])
def test_files_of_any_size_are_linked(count: int, tmp_path: Path) -> None:
    assert len(clusters(write(tmp_path / "records.csv", ROWS[:count]))) == count


@pytest.mark.parametrize("column", COLUMNS[1:])
def test_an_empty_or_absent_column_is_no_obstacle(column: str, tmp_path: Path) -> None:
    empty = clusters(write(tmp_path / "empty.csv", [{**row, column: ""} for row in ROWS]))
    assert len(empty) == len(ROWS)
    if column in ("name", "birth_date", "id_no"):
        return
    left = [name for name in COLUMNS if name != column]
    with (tmp_path / "absent.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, left, extrasaction="ignore")
        table.writeheader()
        table.writerows(ROWS)
    assert clusters(tmp_path / "absent.csv") == empty


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("", "first line must name the columns"),
        ("rec_id,name,birth_date,id_no\n", "no records"),
        ("rec_id,name,birth_date,id_no\nR1,张三,1980-05-15\n", "as many fields as the header"),
        ("rec_id,name,birth_date,id_no,name\nR1,张三,1980-05-15,,张三\n", "rename one of them"),
        ("number,name,birth_date,id_no\nR1,张三,1980-05-15,\n", "--columns"),
    ],
)
def test_what_cannot_be_read_is_explained(text: str, way_out: str, tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text(text, encoding="utf-8")
    found = link(path)
    assert found.exit_code == 1
    assert way_out in found.output


def test_days_of_the_long_dead_count_in_a_general_registry(tmp_path: Path) -> None:
    """Two namesakes of one place are told apart by their days alone."""
    path = tmp_path / "dead.csv"
    lines = [f"{k},john,{surname},{day},kent" for k, (surname, day) in enumerate(PEOPLE)]
    path.write_text("\n".join(["unique_id,first_name,surname,dob,birth_place", *lines]) + "\n", encoding="utf-8")
    assert (found := link(path)).exit_code == 0, found.output
    with (tmp_path / "out.csv").open(encoding="utf-8") as source:
        names = [row["cluster_id"] for row in csv.DictReader(source)]
    assert names[0] != names[1]


PEOPLE = [
    ("clifford", "1630-08-01"),
    ("clifford", "1712-03-19"),
    *((f"surname{k}", f"{1500 + k}-01-{k % 27 + 1:02}") for k in range(90)),
]
