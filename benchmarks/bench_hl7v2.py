"""HL7 v2: reading a 4 KB message, acknowledging durably, and rows readable in the warehouse; per second of processor time.

Peers of the reader are the ``hl7`` and ``hl7apy`` packages, its control is ``str.split`` by the three separators. The control of
the durable acknowledgement is a bare SQLite table that commits the same bytes in the same groups with ``synchronous=FULL``.
Targets: 1,000 messages/s acknowledged, 500/s into readable rows.

Run: python -m benchmarks.bench_hl7v2 [messages]
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import hl7
from hl7apy.parser import parse_message

from benchmarks.exchange_platform import cost, peak_memory, platform
from benchmarks.machine import commits_limit
from exchange.hl7v2.message import read
from exchange.hl7v2.models import Hl7Sender
from exchange.hl7v2.receive import Receiver
from exchange.hl7v2.server import Arrival, Peer
from health_platform.kernel.jobs import Worker
from health_platform.kernel.scope import system_scope

GROUP = 200
ITEMS = 28


def message(number: int) -> bytes:
    """A laboratory report of about 4 KB: 28 results."""
    lines = [
        f"MSH|^~\\&|LIS|BENCH|CR|REGION|20260301100000||ORU^R01^ORU_R01|M{number}|P|2.5|||||CHN|UNICODE UTF-8",
        f"PID|1||P{number % 1000}^^^BENCH^MR||张^三{number % 1000}||19800506|M|||人民路{number % 97}号^^信阳市||13800000000",
        f"PV1|1|O|OPD^1^1|||D01^王^医生|||||||||||V{number}",
        f"ORC|RE|A{number}|L{number}",
        f"OBR|1|A{number}|L{number}|CBC^血常规^L|||20260301080000|||||||||D01^王|||||20260301093000|||F",
    ]
    lines += [
        f"OBX|{item}|NM|{6690 + item}-2^检验项目名称{item}^LN||{(number * 7 + item) % 1000 / 10}|10*9/L|3.5-9.5|N|||F|||"
        f"20260301090000|||D07^李^检验师||AU5800-{item:03d}^生化分析仪|20260301085500"
        for item in range(1, ITEMS + 1)
    ]
    return ("\r".join(lines) + "\r").encode()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    messages = [message(number) for number in range(count)]
    print(f"{count:,} messages of {sum(map(len, messages)) / count:,.0f} bytes")
    _reading(messages[:2000])
    _receiving(messages)
    print(peak_memory())


def _reading(messages: list[bytes]) -> None:
    texts = [one.decode() for one in messages]
    control = _each(lambda text: [[part.split("^") for part in line.split("|")] for line in text.split("\r")], texts)
    ours = _each(lambda raw: read(raw), messages)
    peer = _each(hl7.parse, texts[:200])
    slow = _each(lambda text: parse_message(text.strip()), texts[:10])
    print(f"read: {ours * 1e3:.3f} ms; bare splitting {control * 1e3:.3f}; hl7 {peer * 1e3:.2f}; hl7apy {slow * 1e3:.0f}")
    print(f"      ratio to bare splitting {ours / control:.2f}; hl7 / ours {peer / ours:.0f}; hl7apy / ours {slow / ours:,.0f}")


def _each(work: Callable[..., object], items: list[bytes] | list[str]) -> float:
    started = time.process_time()
    for item in items:
        work(item)
    return (time.process_time() - started) / len(items)


def _receiving(messages: list[bytes]) -> None:
    control = _bare_commits(messages)
    with platform("empi,etl,exchange") as made:
        with made.database.unit_of_work(system_scope("benchmark")) as session:
            session.add(Hl7Sender(facility="BENCH", institution_id=1, division_code="411502000000"))
        receiver = Receiver(made)
        receiver([Arrival(Peer("127.0.0.1"), message(-1))])
        Worker(made).drain()  # the first load of a process looks at every table of the warehouse
        arrivals = [Arrival(Peer("127.0.0.1"), one) for one in messages]
        with cost() as taken:
            for start in range(0, len(arrivals), GROUP):
                answers = receiver(arrivals[start : start + GROUP])
                assert all(b"MSA|AA" in answer.messages[0] for answer in answers)
        _report("acknowledged durably", len(messages), taken.own, control)
        print(commits_limit(f"{len(messages):,} messages", -(-len(messages) // GROUP), taken.wall, made.settings.home))
        with cost(made) as loaded:
            Worker(made).drain()
        table = f"{made.settings.warehouse_database}.emr_ex_lab_item"
        rows = made.warehouse.execute(f"SELECT count() FROM {table} FINAL")[0][0]
        assert rows == ITEMS * (len(messages) + 1), rows
        both = taken.own + loaded.total
        speed = f"{len(messages) / both:,.0f} messages/s, {rows / both:,.0f} rows/s"
        print(f"into readable rows: {speed} (warehouse {loaded.warehouse:.1f} s)")


def _bare_commits(messages: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "bare.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE landed (id INTEGER PRIMARY KEY, content BLOB)")
        started = time.process_time()
        for start in range(0, len(messages), GROUP):
            database.executemany("INSERT INTO landed (content) VALUES (?)", ((one,) for one in messages[start : start + GROUP]))
            database.commit()
        return time.process_time() - started


def _report(what: str, count: int, seconds: float, control: float) -> None:
    print(f"{what}: {count / seconds:,.0f} messages/s of processor time; ratio to bare commits {seconds / control:.1f}")


if __name__ == "__main__":
    main()
