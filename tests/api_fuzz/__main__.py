"""``python -m tests.api_fuzz``: every operation of the OpenAPI document with every role, and every wrong answer as it is found.

The last line counts operations, roles and requests; exit code 1 when an answer was wrong.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from health_platform.kernel.scope import system_scope
from health_platform.kernel.warehouse.api import stop_endpoint
from tests.api_fuzz.fuzzing import Fuzzer, callers, ready, schema_of
from tests.leaks import world


@click.command()
@click.option("--examples", default=15, show_default=True, help="Requests of each role to each operation.")
@click.option("--role", default="", help="Only roles whose code contains this text.")
@click.option("--only", default="", help="Only operations whose label contains this text.")
@click.option("--skip", default=0, show_default=True, help="Operations to leave out: as many as a bounded run has tried.")
@click.option("--minutes", default=0.0, help="Stop after this time, having tried operations in random order; 0 means never.")
def main(examples: int, role: str, only: str, skip: int, minutes: float) -> None:
    """Print what is wrong. Example: python -m tests.api_fuzz --examples 5 --role doctor"""
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="hp-fuzzed-") as folder:
        city = world.build(Path(folder), size=4)
        ready(city)
        with city.platform.database.unit_of_work(system_scope("fuzz")) as session:
            headers = {code: header for code, header in callers(city, session).items() if role in code}
        fuzzer = Fuzzer(city, headers, examples)
        operations = [found.ok() for found in schema_of(city).get_all_operations()]
        chosen = [one for one in operations if only in one.label]
        random.Random(1).shuffle(chosen)
        tried = 0
        for operation in _within(minutes, chosen[skip:]):
            tried += 1
            for code in headers:
                for problem in fuzzer.problems(operation, code):
                    wrong += 1
                    click.echo(f"{problem.operation} as {problem.role}: {problem.status} {problem.what}")
        click.echo(
            f"{tried} of {len(chosen)} operations, {len(headers)} roles, {fuzzer.requests:,} requests: {wrong} wrong answers"
        )
        city.platform.warehouse.close()
        stop_endpoint(city.platform.warehouse.settings)
        city.platform.database.close()
    sys.exit(bool(wrong))


def _within(minutes: float, things: Iterable[Any]) -> Iterator[Any]:
    ends = time.monotonic() + minutes * 60
    for thing in things:
        if minutes and time.monotonic() > ends:
            return
        yield thing


if __name__ == "__main__":
    main()
