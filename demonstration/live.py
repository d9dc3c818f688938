"""The hospitals at work: visits of this very moment, sent by every institution's own way as they happen."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count, islice
from typing import Any

import click

from demonstration.city import catalogue as med
from demonstration.city.courses import basics
from demonstration.city.defects import Defects
from demonstration.city.identities import Registered
from demonstration.city.institutions import Unit
from demonstration.city.life import Life
from demonstration.city.people import Resident
from demonstration.city.rows import Row
from demonstration.city.visits import Visit, visit
from demonstration.loading import Addresses, Sender
from demonstration.packing import Letter, pack
from demonstration.remembered import Remembered, made_from
from demonstration.sending.http import Refused
from health_platform.kernel import clock

KNOWN_RESIDENTS = 20_000  # who comes is drawn from so many families' members: enough to look like a city
NUMBERS_PER_VISIT = 100  # more than a visit ever uses
log = logging.getLogger("demonstration.live")


@dataclass
class Now(Life):
    """A life whose visits happen now."""

    at: datetime = field(default_factory=lambda: clock.local(clock.now()).replace(tzinfo=None))

    def moment(self, day: date) -> datetime:
        """The moment of the simulation."""
        return self.at


@dataclass
class Tray:
    """Letters of one visit by institution and kind."""

    lines: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def put(self, letters: Iterable[Letter]) -> None:
        """Add letters."""
        for letter in letters:
            self.lines[f"{letter.unit}/{letter.kind}"].append(letter.content)

    def names(self, folder: str) -> list[str]:
        """The kinds an institution has to send."""
        return sorted(name.removeprefix(f"{folder}/") for name in self.lines if name.startswith(f"{folder}/"))

    def groups(self, name: str, size: int) -> Iterable[list[bytes]]:
        """The lines of a kind."""
        lines = iter(self.lines.get(name, ()))
        while group := list(islice(lines, size)):
            yield group


@dataclass(frozen=True)
class Drawn:
    """A visit that happens: where, what is said of it, and when."""

    unit: Unit
    rows: tuple[Row, ...]
    at: datetime


class Hospitals:
    """Draws visits at a rate and sends them until it is told to stop."""

    def __init__(self, city: Remembered, addresses: Addresses, rate: float) -> None:
        self._city, self._addresses, self._pause = city, addresses, 1 / rate
        made = made_from(city)
        families = islice((one for members in made.families() for one in members), KNOWN_RESIDENTS)
        self._residents = [one for one in families if one.died is None]
        self._placed = {one.unit.key: one for one in city.placed}
        self._world = made.world
        self._chance = random.Random(time.time_ns())  # noqa: S311 - what happens today need not be repeatable
        # Numbers of today meet neither those of the history, nor of another run, nor of another visit of this one.
        self._serials = count(time.time_ns() // 1000, NUMBERS_PER_VISIT)
        self.sent: Counter[str] = Counter()

    def run(self) -> None:
        """Send visits for ever; a platform that does not answer for a while is no reason to end."""
        click.echo("the hospitals go on sending")
        while True:
            time.sleep(self._pause)
            try:
                self.one_visit()
            except (ConnectionError, OSError, Refused) as error:
                log.warning("not sent", extra={"facts": {"problem": str(error)[:300]}})

    def one_visit(self) -> None:
        """One resident sees a doctor now."""
        self.send(self.draw())

    def draw(self) -> Drawn:
        """The rows of a visit of some resident at this moment."""
        life = self._life(self._chance.choice(self._residents))
        unit, today = life.choose_unit(), life.at.date()
        fitting = [one for one in med.AILMENTS if one.low_age <= life.resident.age_on(today) <= one.high_age]
        weights = [one.weight * (6 if today.month in one.season else 1) for one in fitting]
        planned = Visit(today, self._chance.choices(fitting, weights)[0])
        rows = self._spoiled(life, [*self._registered(life, visit(life, unit, planned))])
        return Drawn(unit, tuple(rows), life.at)

    def send(self, drawn: Drawn) -> None:
        """Send a visit by its institution's way."""
        tray = Tray()
        tray.put(pack(drawn.rows, drawn.at.date()))
        tag = f"live-{drawn.at:%m%d%H%M%S%f}-{drawn.unit.key}"
        placed, way = self._placed[drawn.unit.key], drawn.unit.way
        sender = Sender(placed, tray, self._addresses, tag, lambda rows: self.sent.update({way: rows}))
        for first in (True, False):
            sender.send(sender.kinds(first))

    def _life(self, resident: Resident) -> Now:
        family: Mapping[int, Resident] = {resident.number: resident}
        life = Now(resident, family, self._world, self._chance)
        life.serial = next(self._serials)
        return life

    def _registered(self, life: Now, rows: Iterable[Row]) -> Iterable[Row]:
        """The rows of a visit, after the registration at the desk."""
        happened = list(rows)
        for who, earliest in life.seen.values():
            yield _registration(who, life, earliest)
        yield from happened

    def _spoiled(self, life: Now, rows: list[Row]) -> list[Row]:
        defects = Defects(life.serial, life.resident.number)
        return [defects.spoil(row) for row in rows]


def _registration(who: Registered, life: Now, earliest: datetime) -> Row:
    fields: dict[str, Any] = basics(who, life.resident, earliest)
    return Row("emr_patient_info", who.unit, earliest.date(), fields)
