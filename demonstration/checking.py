"""``health-platform demo-check``: compares what the platform found with what is true of the demonstration city."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from sqlalchemy.orm import Session

from demonstration.city.defects import WRONG_CODE
from demonstration.city.truth import Defect, Identity
from demonstration.generating import TRUTH
from demonstration.packing import camel
from demonstration.remembered import Remembered, recall
from empi.api import counts, patient_key, persons_of
from etl.api import BatchFilter, QuarantineFilter, batches, quarantined
from health_platform.datasets.api import catalogue
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

T = TypeVar("T")
PAGE = 1000


@dataclass(frozen=True)
class Matching:
    """How the index partitioned the registrations, by pairs of registrations.

    A pair is true when both are of one resident, found when the index links both to one person. Precision is the share of
    found pairs that are true, recall the share of true pairs that are found; 1 when there is none to judge.
    """

    registrations: int
    unknown: int
    residents: int
    persons: int
    true_pairs: int
    found_pairs: int
    right_pairs: int
    apart: Mapping[str, tuple[int, int]]

    @property
    def precision(self) -> float:
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0


def pairs_of(sizes: Iterable[int]) -> int:
    """How many pairs there are within groups of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes)


def compare(identities: Iterable[Identity], person_of: Mapping[tuple[str, str], int]) -> Matching:
    """Judge a partition. ``person_of`` maps (unit, local id) to a person id."""
    known, unknown = [], 0
    for one in identities:
        person = person_of.get((one.unit, one.local_id))
        unknown += person is None
        if person is not None:
            known.append((one, person))
    residents = Counter(one.resident for one, _ in known)
    persons = Counter(person for _, person in known)
    both = Counter((one.resident, person) for one, person in known)
    return Matching(
        len(known) + unknown,
        unknown,
        len(residents),
        len(persons),
        pairs_of(residents.values()),
        pairs_of(persons.values()),
        pairs_of(both.values()),
        _apart(known, residents, both),
    )


def _apart(
    known: Iterable[tuple[Identity, int]], residents: Counter[int], both: Counter[tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """By fault: registrations of residents who have several, and how many of them stand alone."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one, person in known:
        if residents[one.resident] > 1:
            found[one.fault or "none"][0] += 1
            found[one.fault or "none"][1] += both[one.resident, person] == 1
    return {fault: (total, alone) for fault, (total, alone) in sorted(found.items())}


@dataclass(frozen=True)
class Caught:
    """Planted defects of one kind in one field: how many, and how many of them the pipeline refused or reported."""

    dataset: str
    field: str
    kind: str
    planted: int
    refused: int
    reported: int


def caught(defects: Iterable[Defect], refused: set[tuple[str, str]], unmapped: Counter[str]) -> list[Caught]:
    """``refused`` are (dataset, key) of the rows in quarantine, ``unmapped`` rows with the planted code by ``dataset.field``."""
    planted, stopped = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    for one in defects:
        place = (one.dataset, one.field, one.kind)
        planted[place] += 1
        stopped[place] += (one.dataset, one.key) in refused
    return [
        Caught(*place, number, stopped[place], unmapped[".".join(place[:2])] if place[2] == "wrong_code" else 0)
        for place, number in sorted(planted.items())
    ]


def _read(path: Path, kind: type[T]) -> Iterator[T]:
    with open(path, "rb") as file:
        for line in file:
            yield msgspec.json.decode(line, type=kind)


def _persons(session: Session, city: Remembered, identities: Iterable[Identity]) -> dict[tuple[str, str], int]:
    institutions = {one.unit.key: str(one.institution_id) for one in city.placed}
    keys = {patient_key(institutions[one.unit], one.local_id): (one.unit, one.local_id) for one in identities}
    return {keys[key]: person for key, person in persons_of(session, keys).items()}


def _refused(session: Session) -> Iterator[tuple[str, str]]:
    page = 1
    while rows := quarantined(session, QuarantineFilter(state="", page=page, size=PAGE))[0]:
        for row in rows:
            values = msgspec.json.decode(row.raw, strict=False) if row.raw.startswith("{") else {}
            key = catalogue()[row.dataset].key[0]
            yield row.dataset, str(values.get(key) or values.get(camel(key)) or row.row_key or "")
        page += 1


def _unmapped(session: Session) -> Counter[str]:
    found, page = Counter[str](), 1
    while rows := batches(session, BatchFilter(page=page, size=PAGE))[0]:
        for row in rows:
            for place, codes in (row.warnings or {}).get("unmapped_codes", {}).items():
                found[place] += codes.get(WRONG_CODE, 0)
        page += 1
    return found


@click.command("demo-check")
@click.make_pass_decorator(Platform)
def demo_check(platform: Platform) -> None:
    """Compare what the platform found with the truth of the demonstration city. Example: health-platform demo-check"""
    home = platform.settings.home
    city = recall(home)
    if city is None:
        raise click.ClickException(f"there is no demonstration city in {home}")
    identities = list(_read(home / TRUTH / "identities.ndjson", Identity))
    with platform.database.unit_of_work(system_scope("demonstration check")) as session:
        matching = compare(identities, _persons(session, city, identities))
        questions = counts(session)
        found = caught(_read(home / TRUTH / "defects.ndjson", Defect), set(_refused(session)), _unmapped(session))
    _say_matching(matching, questions)
    _say_caught(found)


def _say_matching(found: Matching, questions: Mapping[str, int]) -> None:
    click.echo(f"registrations {found.registrations:,} (not in the index: {found.unknown:,})")
    click.echo(f"residents {found.residents:,}, persons {found.persons:,}")
    click.echo(f"precision {found.precision:.4%}, recall {found.recall:.4%} of {found.true_pairs:,} pairs")
    click.echo(f"questions for the steward: {', '.join(f'{kind} {number}' for kind, number in questions.items()) or 'none'}")
    for fault, (total, alone) in found.apart.items():
        click.echo(f"  fault {fault:<20} {total:>7,} registrations, {alone:>6,} stand alone")


def _say_caught(found: Iterable[Caught]) -> None:
    click.echo(f"{'dataset':<18} {'field':<26} {'defect':<16} {'planted':>7} {'refused':>7} {'reported':>8}")
    for one in found:
        click.echo(f"{one.dataset:<18} {one.field:<26} {one.kind:<16} {one.planted:>7,} {one.refused:>7,} {one.reported:>8,}")
