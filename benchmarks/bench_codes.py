"""Mapped-code lookups per second and search time over a large code system.

The control of the lookups is a bare loop over ``dict.get``: what no lookup through Python can beat. The peer of the
search is the same search as ``LIKE`` in SQLite. Targets: 1,000,000 lookups/s per core; a search under 100 ms over 40,000
terms.
"""

import random
import resource
import sqlite3
import time
from collections.abc import Callable

from rapidfuzz import process

from registry.standards.lookup import TableMap
from registry.standards.packing import Columns, pack, unpack
from registry.standards.search import SearchIndex
from registry.standards.suggest import Candidates, LocalCode, Suggester

TERMS = 40_000
ROWS = 2_000_000
CHARACTERS = "急慢性高血压糖尿病肺炎肝胆肾心脑管瘤骨折感染综合征肿部"
LETTERS = dict(zip(CHARACTERS, "jmxgxytnbfygdsxnglgzgrzhzzb", strict=False))


def main() -> None:
    random.seed(20260101)
    columns = _columns()
    _lookups(columns)
    _searches(columns)
    _suggestions(columns)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _columns() -> Columns:
    names = ["".join(random.choices(CHARACTERS, k=random.randint(4, 14))) for _ in range(TERMS)]
    letters = ["".join(LETTERS.get(char, "x") for char in name) for name in names]
    codes = [f"{chr(65 + number % 26)}{number // 26:04d}" for number in range(TERMS)]
    return Columns(codes, names, letters, [None] * TERMS, [None] * TERMS)


def _lookups(columns: Columns) -> None:
    targets = {f"L{at}": code for at, code in enumerate(columns.codes)}
    codes: list[str | None] = [f"L{random.randrange(int(TERMS * 1.01))}" for _ in range(ROWS)]
    table = TableMap("bench", "1", targets)
    mapped: list[str | None] = []

    def through_the_table() -> None:
        mapped[:] = table.batch(codes)
        table.misses(codes, mapped)

    ours = _cpu(through_the_table)
    control = _cpu(lambda: [targets.get(code) for code in codes if code])
    print(
        f"lookups {ROWS / ours / 1e6:.1f} M/s with counted misses; bare loop {ROWS / control / 1e6:.1f} M/s; "
        f"ratio {control / ours:.2f}"
    )


def _searches(columns: Columns) -> None:
    body = pack(columns)
    started = time.process_time()
    index = SearchIndex(unpack(body))
    print(f"index of {TERMS} terms built from {len(body) >> 10} KB in {(time.process_time() - started) * 1000:.0f} ms")
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE term (code TEXT, name TEXT, initials TEXT)")
    rows = list(zip(columns.codes, columns.names, columns.letters, strict=True))
    base.executemany("INSERT INTO term VALUES (?, ?, ?)", rows)
    for text in ("A0", "高血压", "gxy", "g", "肺炎 感染", "zzzz"):
        ours = _cpu(lambda text=text: index.search(text))  # type: ignore[misc]
        peer = _cpu(lambda text=text: _like(base, text))  # type: ignore[misc]
        print(f"search {text!r}: {ours * 1000:.1f} ms; SQLite LIKE {peer * 1000:.1f} ms; ratio {peer / ours:.2f}")


def _suggestions(columns: Columns) -> None:
    started = time.process_time()
    suggester = Suggester(Candidates(columns))
    print(f"candidates of {TERMS} terms arranged in {(time.process_time() - started) * 1000:.0f} ms")
    names = [name[:-1] + "病" for name in random.sample(list(columns.names), 50)]
    ours = _cpu(lambda: [suggester.suggest(LocalCode("x", name)) for name in names])
    peer = _cpu(lambda: [process.extract(name, suggester.known.names, limit=5) for name in names])
    print(f"suggestion {ours / 50 * 1000:.1f} ms; bare similarity search {peer / 50 * 1000:.1f} ms; ratio {peer / ours:.2f}")


def _like(base: sqlite3.Connection, text: str) -> None:
    pattern = f"%{text.split()[0]}%"
    where = "code LIKE ? OR name LIKE ? OR initials LIKE ?"
    query = f"SELECT * FROM term WHERE {where} ORDER BY length(name), code LIMIT 50"
    base.execute(query, (pattern,) * 3).fetchall()


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return max(time.process_time() - started, 1e-9)


if __name__ == "__main__":
    main()
