"""One resident's life under way: where she goes, when, and as whom she was registered there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from demonstration.city.identities import Registered, register
from demonstration.city.institutions import Unit
from demonstration.city.people import Resident
from demonstration.city.truth import Event


@dataclass(frozen=True)
class World:
    """Everything a life may depend on: the seed, the days it spans, who stands where, and the outbreak that is planted.

    ``outbreak_place`` is the code of a town or county.
    """

    seed: int
    first: date
    last: date
    units: Sequence[Unit]
    outbreak_place: str
    outbreak_day: date

    def city(self, kind: str = "hospital") -> list[Unit]:
        """The city's own institutions of a kind."""
        return [unit for unit in self.units if not unit.county and unit.kind == kind]

    def local(self, county: str, kind: str) -> Unit | None:
        """The institution of a kind in a county."""
        return next((unit for unit in self.units if unit.county == county and unit.kind == kind), None)


@dataclass
class Life:
    """One resident under way. ``seen`` remembers her registrations, ``events`` what checkers must find later."""

    resident: Resident
    family: Mapping[int, Resident]
    world: World
    chance: random.Random
    seen: dict[str, tuple[Registered, datetime]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    serial: int = 0

    @property
    def first(self) -> date:
        """The first day of the time told: birth or the beginning of the window."""
        return max(self.world.first, self.resident.born + timedelta(days=30))

    @property
    def last(self) -> date:
        """The last day on which she may still see a doctor."""
        return min(self.world.last, (self.resident.died or self.world.last) - timedelta(days=3))

    def choose_unit(self, serious: bool = False) -> Unit:
        """Where she goes: near by most of the time, to the city when it is serious."""
        wanted = ("hospital",) if serious else ("township", "hospital", "clinic")
        near = [unit for kind in wanted if (unit := self.world.local(self.resident.county, kind))]
        if (serious and self.chance.random() < 0.45) or not near:
            return self.chance.choice(self.world.city())
        return self.chance.choice(near) if self.chance.random() < 0.85 else self.chance.choice(self.world.city())

    def township(self) -> Unit | None:
        """The township hospital that cares for her county in the demonstration."""
        return self.world.local(self.resident.county, "township")

    def moment(self, day: date) -> datetime:
        """An hour of the day's consultations."""
        return datetime.combine(day, time(self.chance.randint(8, 16), self.chance.randint(0, 59)))

    def any_day(self) -> date | None:
        """A day of the time told; none when there is not one."""
        span = (self.last - self.first).days
        return self.first + timedelta(days=self.chance.randint(0, span)) if span > 0 else None

    def every(self, days: int, kept: float) -> Iterator[date]:
        """Appointments about every ``days`` days, of which a share is kept."""
        day = self.first + timedelta(days=self.chance.randint(0, days))
        while day <= self.last:
            if self.chance.random() < kept:
                yield day
            day += timedelta(days=days + self.chance.randint(-14, 14))

    def registered(self, unit: Unit, moment: datetime) -> Registered:
        """Her registration at a unit, made at the first contact."""
        who, earliest = self.seen.get(unit.key) or (register(self.resident, unit, self.world.seed, self.family), moment)
        self.seen[unit.key] = (who, min(earliest, moment))
        return who

    def number(self, unit: Unit, kind: str) -> str:
        """The next number of a unit's system for something of this resident."""
        self.serial += 1
        return f"{kind}{unit.key[5:]}{self.resident.number:08d}{self.serial:03d}"

    def note(self, kind: str, unit: Unit, day: date, key: str = "") -> None:
        """Record an event as truth."""
        self.events.append(Event(kind, self.resident.number, unit.key, day, key))
