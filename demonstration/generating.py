"""Making the city: residents, their lives, the faults, written to the spool of the institutions and to the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demonstration.city.courses import course, life_of
from demonstration.city.defects import Defects
from demonstration.city.institutions import TOUR_COUNTY, Unit
from demonstration.city.life import Life, World
from demonstration.city.people import Resident, Town, families
from demonstration.city.truth import Identity
from demonstration.packing import encode, pack
from demonstration.spool import Spool
from health_platform.kernel.progress import Progress

TRUTH = "demo.truth"
HISTORY = timedelta(days=3 * 365)
LIVE = timedelta(days=60)  # what the interfaces of the hospitals have said themselves; everything older was handed over as rows
OUTBREAK_AGO = timedelta(days=40)
TOWNS_ARE_FULL = 20_000  # in a smaller city a town has no school: its outbreak takes a county


@dataclass(frozen=True)
class City:
    """What a city is made from: the same values give the same city, byte for byte."""

    seed: int
    count: int
    last: date
    towns: tuple[Town, ...]
    units: tuple[Unit, ...]

    @property
    def world(self) -> World:
        """The city's window of time, its institutions, and where the outbreak is."""
        town = self.towns[len(self.towns) // 2].code
        place = town if self.count >= TOWNS_ARE_FULL else town[:6]
        return World(self.seed, self.last - HISTORY, self.last, self.units, place, self.last - OUTBREAK_AGO)

    def families(self) -> Iterable[tuple[Resident, ...]]:
        """All residents, family by family."""
        return families(self.seed, self.count, self.towns, self.last)


@dataclass
class Generated:
    """The spool of the institutions, and the resident whose record shows most to the physician of the tour."""

    spool: Spool
    rich: Resident | None = None
    richness: int = 0


def generate(city: City, spool: Path, truth: Path, progress: Progress) -> Generated:
    """Write everything the institutions will send to ``spool`` and everything that is true to ``truth``."""
    world = city.world
    with Spool(spool) as letters, Spool(truth) as facts:
        made = Generated(letters)
        for members in city.families():
            family = {one.number: one for one in members}
            for resident in members:
                life = life_of(resident, family, world)
                _notice(made, life, _write(life, letters, facts))
                progress.advance()
    return made


def _write(life: Life, letters: Spool, facts: Spool) -> int:
    """Pack one life; returns how many kinds of rows it holds."""
    defects = Defects(life.world.seed, life.resident.number)
    rows = [defects.spoil(row) for row in course(life)]
    for letter in pack(rows, life.world.last - LIVE):
        letters.put(f"{letter.unit}/{letter.kind}", letter.content, letter.rows)
    for who, _ in life.seen.values():
        facts.put("identities.ndjson", encode(Identity(who.unit.key, who.local_id, life.resident.number, who.fault)))
    for defect in defects.planted:
        facts.put("defects.ndjson", encode(defect))
    for event in life.events:
        facts.put("events.ndjson", encode(event))
    return len({row.dataset for row in rows}) * 1000 + len(rows)


def _notice(made: Generated, life: Life, richness: int) -> None:
    """Keep the living grown-up patient of the tour's physician with the most varied record: there is most to see in it."""
    resident, home = life.resident, life.world.local(TOUR_COUNTY, "hospital")
    known = home is not None and home.key in life.seen
    if known and richness > made.richness and resident.died is None and resident.mother is None:
        made.rich, made.richness = resident, richness
