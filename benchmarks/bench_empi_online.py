"""One identity at a time against an index of N: match, narrow by few facts, and register with commit.

Control in the same run and database: what the simplest exact index would do (look up one number by an indexed hash, insert one
row, commit). Published peers: E-PIX 113 ms a registration at 1 M, RecordLinker 30-39 ms CPU a link at 0.1 M.

    .venv/bin/python -m benchmarks.bench_empi_online --identities 10000
    .venv/bin/python -m benchmarks.bench_empi_online --identities 100000 --url postgresql+psycopg://...

    .venv/bin/python -m benchmarks.bench_empi_online --identities 1000000 --home FOLDER   (SQLite, kept for further runs)
    .venv/bin/python -m benchmarks.bench_empi_online --identities 10000 --processes 2     (and how many links they make a second)

Without ``--url`` and ``--home`` a PostgreSQL of its own is started when one is installed, else SQLite is used. About 28 % of the
records repeat a patient number, so fewer identities are stored than records drawn. Latencies mean something on an idle machine
only; CPU milliseconds of this process are printed beside them.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import func, insert, select, text

from benchmarks.city_corpus import districts
from benchmarks.machine import sync_seconds
from empi.api import Clues, RawIdentity, first_load, match, narrow, register
from empi.bulk.city import Compare
from empi.bulk.spread.city import InParts
from empi.candidates import search
from empi.first_loading import STEP
from empi.judges import judge_of
from empi.models import IdentityRow, TokenRow
from empi.storing import Facts
from empi.whole import loading
from health_platform.kernel import clock
from health_platform.kernel.crypto import bind_crypto, software_crypto
from health_platform.kernel.db import Database
from health_platform.kernel.ids import stable_key
from health_platform.kernel.scope import system_scope
from health_platform.prepared import collect_seldom
from tests.support import postgres
from tests.support.warehouse import own_warehouse

RECORDS_PER_PERSON = 4.8


@dataclass(frozen=True)
class Timing:
    """Milliseconds per call: median and 99th percentile of wall time, mean CPU of this process."""

    p50: float
    p99: float
    cpu: float

    @classmethod
    def of(cls, walls: Sequence[float], cpu: float) -> Timing:
        ordered = sorted(walls)
        return cls(ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], cpu)

    def __str__(self) -> str:
        return f"p50 {self.p50:8.2f} ms   p99 {self.p99:8.2f} ms   CPU {self.cpu:6.2f} ms"


def measure(calls: list[Callable[[], object]]) -> Timing:
    """Run the calls one after the other."""
    walls, started = [], time.process_time()
    for call in calls:
        begun = time.perf_counter()
        call()
        walls.append((time.perf_counter() - begun) * 1000)
    return Timing.of(walls, (time.process_time() - started) * 1000 / len(calls))


@contextmanager
def opened(url: str, home: Path) -> Iterator[Database]:
    database = Database(url)
    bind_crypto(database.engine, software_crypto(home / "keys.json"))
    database.create_all()
    database.read_ahead()
    with carried_over(database):
        yield database
    database.close()


@contextmanager
def carried_over(database: Database) -> Iterator[None]:
    """What a worker does beside the acts that are measured."""
    over = Event()

    def carry() -> None:
        while not over.wait(1):
            database.carry_over()

    beside = Thread(target=carry)
    beside.start()
    try:
        yield
    finally:
        over.set()
        beside.join()


@contextmanager
def server(url: str, home: Path) -> Iterator[str]:
    if url:
        yield url
    elif postgres.binaries():
        with postgres.server() as own:
            yield own
    else:
        yield f"sqlite:///{home / 'index.db'}"


def register_one(database: Database, raw: RawIdentity) -> None:
    with database.unit_of_work(system_scope("benchmark")) as session:
        register(session, [raw])


def register_some(database: Database, some: Sequence[RawIdentity]) -> None:
    """As the pipeline does it with those of an upload: what can be found out beside other writers is found out first."""
    database.read_first(system_scope("benchmark"), lambda session: register(session, some))


def match_one(database: Database, raw: RawIdentity) -> None:
    """As a request does it that reads only (``POST /persons/match``)."""
    with database.unit_of_work(system_scope("benchmark"), reading=True) as session:
        match(session, raw)


def narrow_one(database: Database, clues: Clues) -> None:
    """As an emergency room asks for somebody who cannot be asked (``POST /persons/narrow``)."""
    with database.unit_of_work(system_scope("benchmark"), reading=True) as session:
        narrow(session, clues)


def resembling(database: Database, raws: Sequence[RawIdentity]) -> float:
    """With how many identities of the index one that arrives is compared."""
    with database.unit_of_work(system_scope("benchmark"), reading=True) as session:
        judge = judge_of(session)
        facts = {place: Facts(raw.facts(), raw.division_code, place) for place, raw in enumerate(raws)}
        blocks = judge.blocks(session, facts)
        pairs = (search(session, {place: of_one}, judge.block_cap, report=False).pairs for place, of_one in blocks.items())
        return sum(map(len, pairs)) / len(raws)


def clues_of(raw: RawIdentity) -> list[Clues]:
    """Few facts of a person: about how old, which sex and name, with and without the end of the telephone number."""
    if not (
        raw.birth_date[:4].isdecimal() and raw.gender in ("1", "2") and len(raw.name) in (2, 3) and raw.phone[-4:].isdecimal()
    ):
        return []
    known = Clues(age=clock.today().year - int(raw.birth_date[:4]), sex=raw.gender, name=raw.name)
    return [known, replace(known, phone_tail=raw.phone[-4:])]


def exact_one(database: Database, number: int) -> None:
    """The control: one indexed lookup, one insert, one commit."""
    number += time.time_ns()
    with database.unit_of_work(system_scope("benchmark")) as session:
        session.scalars(select(TokenRow.patient_key).where(TokenRow.token == stable_key(number))).all()
        session.execute(insert(TokenRow), [{"token": stable_key(number), "patient_key": number}])


class Rate:
    """Prints how far a load is, and how fast it goes since its last line."""

    def __init__(self) -> None:
        self._done, self._at = 0, time.perf_counter()

    def __call__(self, done: int) -> None:
        now = time.perf_counter()
        print(f"{done} identities, {(done - self._done) / (now - self._at):.0f} a second", flush=True)
        self._done, self._at = done, now


def processor_seconds() -> float:
    """Of this process and those it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def written_bytes() -> int:
    """Bytes this process has had written to the disk so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


@contextmanager
def comparing(home: Path, part_records: int | None) -> Iterator[Compare | None]:
    """How a load compares: in parts with a warehouse of its own, or at once."""
    if part_records is None:
        yield None
        return
    with own_warehouse(home / "warehouse") as warehouse:
        yield InParts(home / "parts", warehouse, part_records, STEP, partial(print, flush=True), both_ends=False)


def load(database: Database, stored: Iterator[RawIdentity], compare: Compare | None) -> None:
    """Fill the index, unless a kept one is full already; a load that was stopped goes on."""
    with database.unit_of_work(system_scope("benchmark")) as session:
        present = session.scalar(select(func.count()).select_from(IdentityRow)) or 0
        stopped = loading(session) is not None
    begun, cpu, wrote = time.perf_counter(), processor_seconds(), written_bytes()
    if stopped or not present:
        present = first_load(database, stored, Rate(), compare=compare).identities
    spent, wall = processor_seconds() - cpu, time.perf_counter() - begun
    written = (written_bytes() - wrote) / 1e9
    print(
        f"{database.dialect}: {present} records; loading took {wall:.0f} s, {spent:.0f} CPU s, {written:.1f} GB written",
        flush=True,
    )
    if database.dialect == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def register_at_once(url: str, home: Path, shares: Sequence[Sequence[RawIdentity]], together: int) -> None:
    """Several processes register at the same time, each its own share: what a second of the machine is worth.

    Args:
        together: identities in one transaction; the pipeline registers those of an upload together.
    """
    context = get_context("spawn")
    ready, spent = context.Barrier(len(shares) + 1), context.SimpleQueue()
    workers = [context.Process(target=register_share, args=(url, home, share, together, ready, spent)) for share in shares]
    for worker in workers:
        worker.start()
    ready.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
    wall, links = time.perf_counter() - begun, sum(map(len, shares))
    cpu = sum(spent.get() for _ in workers) * 1000 / links
    print(
        f"{len(shares)} processes, {together} a commit: {links / wall:6.1f} links/s, CPU {cpu:6.2f} ms each (without a server's)"
    )


def register_share(
    url: str, home: Path, share: Sequence[RawIdentity], together: int, ready: Barrier, spent: SimpleQueue[float]
) -> None:
    """One process: warm, wait for the others, register."""
    database = Database(url)
    bind_crypto(database.engine, software_crypto(home / "keys.json"))
    for raw in share[:20]:
        match_one(database, raw)
    collect_seldom()
    ready.wait()
    begun = time.process_time()
    for start in range(0, len(share), together):
        register_some(database, share[start : start + together])
    spent.put(time.process_time() - begun)
    database.close()


def drawn_city(identities: int, seed: int) -> Generator[RawIdentity, None, None]:
    """A city with somewhat more than so many records, in no order; the first of them are for probes."""
    for corpus in districts(int(identities / RECORDS_PER_PERSON * 1.1) + 20, seed, 1.0):
        yield from map(RawIdentity.of, corpus.records)


def marked(raws: Sequence[RawIdentity]) -> list[RawIdentity]:
    """The same people under numbers that no index knows: a kept one has been probed before."""
    mark = f"probe-{time.time_ns()}"
    return [replace(raw, local_id=f"{mark}-{place}") for place, raw in enumerate(raws)]


def run(database: Database, options: argparse.Namespace, home: Path) -> None:
    drawn = drawn_city(options.identities, options.seed)
    held_back = list(islice(drawn, options.probes + 2 * options.processes * options.links))
    with comparing(home, options.part_records) as compare:
        load(database, islice(drawn, options.identities), compare)
    drawn.close()
    probes = marked(held_back)
    fresh, rest = probes[: options.probes], probes[options.probes :]
    for raw in fresh[:20]:
        match_one(database, raw)
    collect_seldom()  # as the platform's processes do when they start
    found = measure([partial(match_one, database, raw) for raw in fresh])
    others = resembling(database, fresh)
    clues = [some for raw in fresh if (some := clues_of(raw))][:100]
    by_name, by_tail = (measure([partial(narrow_one, database, some[n]) for some in clues]) for n in range(2))
    linked = measure([partial(register_one, database, raw) for raw in fresh])
    repeated = measure([partial(register_one, database, raw) for raw in fresh])
    control = measure([partial(exact_one, database, place) for place in range(len(fresh))])
    print(f"match               {found}   compared with {others:.1f} identities")
    print(f"narrow by name      {by_name}")
    print(f"narrow by telephone {by_tail}")
    print(f"register and commit {linked}")
    print(f"register, unchanged {repeated}")
    print(f"control             {control}")
    print(f"limit of the disk: one commit waits {sync_seconds(home) * 1000:.2f} ms at least")
    print(f"register / control: CPU {linked.cpu / control.cpu:.1f}x, p50 {linked.p50 / control.p50:.1f}x")
    several, half = options.processes, len(rest) // 2
    for raws, together in ((rest[:half], 1), (rest[half:], options.together)):
        if several:
            register_at_once(str(database.url), home, [raws[place::several] for place in range(several)], together)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=10_000)
    parser.add_argument("--probes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--processes", type=int, default=0, help="also register in so many processes at once")
    parser.add_argument("--links", type=int, default=1000, help="how many each of them registers, one by one and together")
    parser.add_argument("--together", type=int, default=50, help="how many of them in one transaction")
    parser.add_argument("--part-records", type=int, help="load in parts of so many identities (ADR 104)")
    parser.add_argument("--url", default="")
    parser.add_argument("--home", type=Path, help="keep the index and its keys here, to probe it again without loading")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("empi").setLevel(logging.INFO)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    home = options.home or Path(tempfile.mkdtemp(prefix="hp-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    given = f"sqlite:///{home / 'index.db'}" if options.home and not options.url else options.url
    with server(given, home) as url, opened(url, home) as database:
        run(database, options, home)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
