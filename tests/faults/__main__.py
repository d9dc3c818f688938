"""``python -m tests.faults``: every pair of fault and state, and the table of docs/reliability.md renewed with what came out."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from tests.faults.breaking import FAKETIME
from tests.faults.ground import ground
from tests.faults.matrix import Pair, Result, attempt, pairs, pairs_on_postgresql
from tests.faults.traffic import STATES
from tests.support import postgres

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


@click.command()
@click.option("--only", default="", help="Only pairs whose fault or state contains this text.")
@click.option("--seed", default=1, show_default=True, help="Of the instants at which faults strike.")
@click.option("--write/--no-write", default=False, help="Renew the table of docs/reliability.md.")
def main(only: str, seed: int, write: bool) -> None:
    """Break a running platform in every way and check what it promised. Takes about forty minutes."""
    _take_the_clock()
    results = []
    with tempfile.TemporaryDirectory(prefix="hp-faults-") as folder:
        for server, chosen in _grounds(only):
            with ground(Path(folder) / f"home-{len(results)}", server) as running:
                results += [
                    _said(attempt(running, pair, seed + place), place, len(chosen)) for place, pair in enumerate(chosen, 1)
                ]
    if write:
        _renew(results)
    failed = [result for result in results if result.problems]
    click.echo(f"{len(results) - len(failed)} of {len(results)} pairs hold")
    sys.exit(1 if failed else 0)


def _grounds(only: str) -> Iterator[tuple[postgres.Server | None, list[Pair]]]:
    """The platforms to break, one after the other: with a SQLite file, and on a PostgreSQL of its own."""
    if chosen := _chosen(pairs(), only):
        yield None, chosen
    if postgres.binaries() is None:
        click.echo("PostgreSQL is not installed: its faults are left out", err=True)
    elif chosen := _chosen(pairs_on_postgresql(), only):
        with postgres.running() as server:
            yield server, chosen


def _chosen(all_pairs: Iterable[Pair], only: str) -> list[Pair]:
    return [pair for pair in all_pairs if only in f"{pair.fault} × {pair.state}"]


def _said(result: Result, place: int, of: int) -> Result:
    outcome = "; ".join(result.problems) or "holds"
    click.echo(
        f"{place:>3}/{of} {result.pair.fault:<28} {result.pair.state:<9} {result.acknowledged:>5} acknowledged,"
        f" {result.again:>3} sent again, {result.seconds:5.1f} s: {outcome}"
    )
    return result


def _take_the_clock() -> None:
    """Start over with libfaketime before everything else, so that the clock of all processes can be made to jump."""
    if FAKETIME in os.environ:
        return
    found = find_spec("libfaketime")
    library = next(Path(found.origin).parent.rglob("libfaketime.so.1"), None) if found and found.origin else None
    if library is None:
        click.echo("libfaketime is not installed: clock jumps are left out (pip install libfaketime)", err=True)
        return
    offset = Path(tempfile.mkstemp(prefix="hp-clock-")[1])
    offset.write_text("+0\n", encoding="ascii")
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        FAKETIME: str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    os.execve(sys.executable, [sys.executable, "-m", "tests.faults", *sys.argv[1:]], environment)


def _renew(results: Sequence[Result]) -> None:
    """Put what was tried in the place of what stood there; cells of other pairs stay."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    table, tail = rest.split(END)
    cells = {line.strip("|").split("|")[0].strip(): _cells(line) for line in table.strip().splitlines()[2:]}
    for result in results:
        row = cells.setdefault(result.pair.fault, ["–"] * len(STATES))
        row[STATES.index(result.pair.state)] = _cell(result)
    lines = [f"| Fault | {' | '.join(STATES)} |", f"|---|{'---|' * len(STATES)}"]
    lines += [f"| {fault} | {' | '.join(row)} |" for fault, row in cells.items()]
    DOCUMENT.write_text("\n".join([head + BEGIN, *lines, END + tail]), encoding="utf-8")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


def _cell(result: Result) -> str:
    if result.problems:
        return f"**broken**: {result.problems[0]}"
    if not result.acknowledged:
        return "nothing answered"
    return f"holds ({result.acknowledged}, {result.again} again)"


if __name__ == "__main__":
    main()
