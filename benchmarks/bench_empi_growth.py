"""What ten times as many identities cost: two kept indexes asked in turns, so that whatever else the machine does meets both.

Both are made by ``benchmarks.bench_empi_online --identities N --home FOLDER --probes 0``. People are asked about whom neither
knows by this number; after a run they are in the index, so figures of later runs say a little more candidates.

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
from statistics import median

from benchmarks.bench_empi_online import drawn_city, marked, match_one, opened, register_one, resembling
from empi.api import RawIdentity
from health_platform.kernel.db import Database
from health_platform.prepared import collect_seldom

SEED = 11  # as the indexes were drawn


@dataclass
class Side:
    """One index, whom it is asked about, and how many milliseconds each question took."""

    database: Database
    probes: Sequence[RawIdentity]
    spent: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, what: str, do: Callable[[Database, RawIdentity], None], place: int) -> None:
        """Do something about one of the people."""
        begun = time.perf_counter()
        do(self.database, self.probes[place])
        self.spent.setdefault(what, []).append((time.perf_counter() - begun) * 1000)

    def figures(self, what: str) -> str:
        """Median and 99th percentile."""
        walls = sorted(self.spent[what])
        return f"p50 {median(walls):6.2f} ms   p99 {walls[int(len(walls) * 0.99)]:6.2f} ms"


def run(sides: Sequence[Side], probes: int) -> None:
    for what, do in (("match", match_one), ("register and commit", register_one)):
        for place in range(probes):
            for side in sides if place % 2 else sides[::-1]:
                side.ask(what, do, place)
        small, large = (median(side.spent[what]) for side in sides)
        for label, side in zip(("small", "large"), sides, strict=True):
            print(f"{what:20} {label}: {side.figures(what)}", flush=True)
        print(f"{what:20} large / small: {large / small:.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--small", "--large"):
        parser.add_argument(name, nargs=2, required=True, metavar=("IDENTITIES", "FOLDER"))
    parser.add_argument("--probes", type=int, default=1_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        sides = []
        for identities, folder in (options.small, options.large):
            home = Path(folder)
            database = stack.enter_context(opened(f"sqlite:///{home / 'index.db'}", home))
            people = drawn_city(int(identities), SEED)
            sides.append(Side(database, marked(list(islice(people, options.probes + 50)))))
            people.close()
            for raw in sides[-1].probes[options.probes :]:
                match_one(database, raw)
            gc.collect()
        collect_seldom()
        for label, side in zip(("small", "large"), sides, strict=True):
            print(f"{label}: compared with {resembling(side.database, side.probes[: options.probes]):.1f} identities")
        run(sides, options.probes)


if __name__ == "__main__":
    main()
