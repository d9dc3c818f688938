"""What ten times as many identities cost: two kept indexes asked in turns, so that whatever else the machine does meets both.

An index that is not there yet is loaded first. People are asked about whom neither knows by this number; after a run they are in
the index, so that in later runs one is compared with somewhat more.

    .venv/bin/python -m benchmarks.bench_empi_growth --small 1000000 FOLDER --large 10000000 FOLDER
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from benchmarks.bench_empi_online import Timing, drawn_city, load, marked, match_one, opened, register_one, resembling
from empi.api import RawIdentity
from health_platform.kernel.db import Database
from health_platform.prepared import collect_seldom

SEED = 11
HELD_BACK = 5_000  # as many as ``bench_empi_online --processes 2 --probes 1000`` does, whose indexes will do
WARM = 50


@dataclass
class Side:
    """One index, whom it is asked about, and how many milliseconds (wall, processor) each question took."""

    label: str
    database: Database
    probes: Sequence[RawIdentity]
    spent: list[tuple[float, float]] = field(default_factory=list)

    def ask(self, do: Callable[[Database, RawIdentity], None], place: int) -> None:
        """Do something about one of the people."""
        begun, cpu = time.perf_counter(), time.process_time()
        do(self.database, self.probes[place])
        self.spent.append(((time.perf_counter() - begun) * 1000, (time.process_time() - cpu) * 1000))

    def timing(self) -> Timing:
        """Of everything asked since it was told last."""
        walls, cpu = zip(*self.spent, strict=True)
        self.spent = []
        return Timing.of(walls, sum(cpu) / len(cpu))


def side(label: str, database: Database, identities: int, probes: int) -> Side:
    """An index, loaded unless it is there, and warm."""
    people = drawn_city(identities, SEED)
    held_back = marked(list(islice(people, HELD_BACK)))
    load(database, islice(people, identities), None)
    people.close()
    for raw in held_back[-WARM:]:
        match_one(database, raw)
    gc.collect()
    return Side(label, database, held_back[:probes])


def run(sides: Sequence[Side], probes: int) -> None:
    for what, do in (("match", match_one), ("register and commit", register_one)):
        for place in range(probes):
            for one in sides if place % 2 else sides[::-1]:
                one.ask(do, place)
        small, large = (one.timing() for one in sides)
        for one, timing in zip(sides, (small, large), strict=True):
            print(f"{what:20} {one.label}: {timing}", flush=True)
        print(f"{what:20} large / small: {large.p50 / small.p50:.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--small", "--large"):
        parser.add_argument(name, nargs=2, required=True, metavar=("IDENTITIES", "FOLDER"))
    parser.add_argument("--probes", type=int, default=1_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        sides = []
        for label, (identities, folder) in (("small", options.small), ("large", options.large)):
            home = Path(folder)
            home.mkdir(parents=True, exist_ok=True)
            database = stack.enter_context(opened(f"sqlite:///{home / 'index.db'}", home))
            sides.append(side(label, database, int(identities), options.probes))
        collect_seldom()
        for one in sides:
            print(f"{one.label}: compared with {resembling(one.database, one.probes):.1f} identities")
        run(sides, options.probes)


if __name__ == "__main__":
    main()
