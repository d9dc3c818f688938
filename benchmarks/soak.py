"""A long mixed load on a whole running platform: pages, FHIR reads, uploads by every way in.

Run: .venv/bin/python -m benchmarks.soak [--minutes 30] [--rate 130]
All processes of the platform and the load generator share this machine; what each costs is told apart. The city (default
3,000 residents: of 300, each would be seen thirty times in half an hour) is loaded first through the real ways in. Goal: 120
requests a second with p95 within 200 ms on two cores, memory flat. Of a hundred requests 50 are residents' pages, 6 the console,
40 systems asking for a patient by FHIR, and 4 are visits sent as they happen, each in all its messages: five a second at the
goal, the daytime rate of nine million people with about seven visits a year each. The control is the same generator against
``/healthz``: what the machine and the generator allow.

``--only "live visit" --rate 4.8`` asks one kind alone, as often as the mix would: what it costs each process, without the others.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import secrets
import socket
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import urllib3

from demonstration.command import Wanted, addresses, load_city
from demonstration.live import Hospitals
from demonstration.loading import FILES
from demonstration.remembered import Remembered, made_from
from demonstration.running import Running
from demonstration.sending.http import Caller, Refused
from etl.api import pending
from health_platform.app import create_platform
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import load_settings

THREADS = 24
WARM_SECONDS = 20.0
LOAD_SECONDS = 120.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Times:
    """Seconds per request by kind and by the minute in which it was due, and what failed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    minutes: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, minute: int, seconds: float, good: bool) -> None:
        """Count one request."""
        with self.lock:
            self.seconds[kind].append(seconds)
            self.minutes[minute].append(seconds)
            self.failed[kind] += not good

    def all(self) -> list[float]:
        return [each for kind in self.seconds.values() for each in kind]


@contextmanager
def minutely(pids: list[int]) -> Iterator[dict[int, float]]:
    """Proportional memory in MB of these processes at the end of each minute of the block."""
    found: dict[int, float] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(60):
            found[len(found)] = cost(pids).memory

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield found
    finally:
        over.set()
        watching.join()


Request = Callable[[], bool]


@dataclass(frozen=True)
class Mix:
    """What is asked for: kind → (weight, request). A request says whether it was answered well."""

    parts: Mapping[str, tuple[int, Request]]

    def draw(self, chance: random.Random) -> tuple[str, Request]:
        """One request by weight."""
        kind = chance.choices(list(self.parts), [weight for weight, _ in self.parts.values()])[0]
        return kind, self.parts[kind][1]

    def only(self, kind: str) -> Mix:
        """One kind alone; the whole mix for ""."""
        return Mix({kind: self.parts[kind]}) if kind else self


def _page(url: str, cookie: str) -> Request:
    pool = urllib3.PoolManager(maxsize=THREADS, retries=False)

    def get() -> bool:
        answer = pool.request("GET", url, headers={"Cookie": cookie, "Accept": "text/html"}, timeout=30, redirect=False)
        return answer.status == 200

    return get


def _cookie(base: str, login: str, password: str) -> str:
    answer = urllib3.PoolManager(retries=False).request_encode_body(
        "POST", f"{base}/login", {"login_name": login, "password": password}, encode_multipart=False, redirect=False, timeout=30
    )
    cookies = [part.split(";")[0] for part in answer.headers.getlist("Set-Cookie")]
    if not cookies:
        raise SystemExit(f"{login} cannot sign in: {answer.status} {answer.data[:300]!r}")
    return "; ".join(cookies)


def mixture(platform: Platform, city: Remembered) -> Mix:
    """Pages of a resident, an administrator and an auditor; patients by FHIR; live visits sent by the hospitals."""
    base = addresses(platform).web
    by_login = {one.login: one for one in city.accounts}
    cookie = {login: _cookie(base, login, by_login[login].password) for login in ("resident", "city", "auditor")}
    hospitals, lock = Hospitals(city, addresses(platform), 1.0), threading.Lock()
    fhir = Caller(base, next(one for one in city.placed if one.unit.way == "fhir").credentials, attempts=1)
    numbers = [one.id_number for members in families(city) for one in members]

    def patient() -> bool:
        path = f"/fhir/R4/Patient?identifier=urn:oid:2.16.156.10011.1.3%7C{secrets.choice(numbers)}"
        fhir.send("GET", path, b"", {"Accept": "application/fhir+json"})
        return True

    def upload() -> bool:
        with lock:
            visit = next(drawn for drawn in iter(hospitals.draw, None) if drawn.unit.way not in FILES)
        hospitals.send(visit)
        return True

    pages = {"/my": 15, "/my/record": 15, "/my/visits": 10, "/my/reports": 10}
    parts: dict[str, tuple[int, Request]] = {path: (n, _page(base + path, cookie["resident"])) for path, n in pages.items()}
    parts["/console/etl"] = (4, _page(f"{base}/console/etl", cookie["city"]))
    parts["/console/audit"] = (2, _page(f"{base}/console/audit", cookie["auditor"]))
    parts["FHIR Patient"] = (40, patient)
    parts["live visit"] = (4, upload)
    return Mix(parts)


def families(city: Remembered) -> Iterator[tuple[object, ...]]:
    """The city's families, each a tuple of its members."""
    yield from made_from(city).families()  # type: ignore[misc]


def drive(mix: Mix, rate: float, seconds: float) -> Times:
    """Ask at ``rate`` requests a second. A request counts from the instant at which it was due, so that queues are felt."""
    times, began, lock = Times(), time.perf_counter(), threading.Lock()
    due = iter(range(int(rate * seconds)))

    def work(number: int) -> None:
        chance = random.Random(number)
        while True:
            with lock:
                place = next(due, None)
            if place is None:
                return
            at = began + place / rate
            time.sleep(max(at - time.perf_counter(), 0))
            kind, request = mix.draw(chance)
            try:
                good = request()
            except (OSError, Refused, urllib3.exceptions.HTTPError):
                good = False
            times.note(kind, int((at - began) // 60), time.perf_counter() - at, good)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


@dataclass(frozen=True)
class Cost:
    """CPU seconds and proportional memory in MB of a set of processes with their children."""

    cpu: float
    memory: float


def cost(pids: list[int]) -> Cost:
    """What processes have cost so far."""
    everybody = [child for pid in pids for child in _tree(pid)]
    return Cost(sum(map(_cpu, everybody)), sum(map(_memory, everybody)))


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS  # with the children it has waited for: web workers are replaced as they run


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def cost_by_process(processes: Mapping[str, int]) -> dict[str, Cost]:
    """What each process with its children has cost so far."""
    return {name: cost([pid]) for name, pid in processes.items()}


@contextmanager
def platform_with_city(residents: int) -> Iterator[tuple[Platform, Remembered]]:
    """A throw-away platform on free ports, loaded with a city."""
    with tempfile.TemporaryDirectory(prefix="hp-soak-") as folder:
        ports = [probe.getsockname()[1] for probe in (socket.create_server(("127.0.0.1", 0)) for _ in range(3))]
        os.environ |= {
            "HP_HOME": folder,
            "HP_PORT": str(ports[0]),
            "HP_DATA_API_PORT": str(ports[1]),
            "HP_MLLP_PORT": str(ports[2]),
            "HP_DEMONSTRATION": "1",
            "HP_LOG_LEVEL": "ERROR",
        }
        platform = create_platform(load_settings(os.environ))
        yield platform, load_city(platform, Wanted(residents, 1, clock.today() - timedelta(days=1)))


def main() -> None:
    """Load a city, drive, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=130.0, help="requests a second")
    parser.add_argument("--residents", type=int, default=3_000)
    parser.add_argument("--only", default="", metavar="KIND", help="ask one kind of the mix alone, as 'live visit'")
    chosen = parser.parse_args()
    with platform_with_city(chosen.residents) as (platform, city), Running(platform, workers=1) as running:
        running.await_ports()
        _report(running, platform, mixture(platform, city).only(chosen.only), chosen.rate, chosen.minutes * 60)


def _report(running: Running, platform: Platform, mix: Mix, rate: float, seconds: float) -> None:
    control = drive(Mix({"/healthz": (1, _page(f"{addresses(platform).web}/healthz", ""))}), rate, 10)
    drive(mix, rate / 2, WARM_SECONDS)
    processes = running.processes()
    pids, first = list(processes.values()), cost_by_process(processes)
    before, own, began = cost(pids), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with minutely(pids) as memory:
        times = drive(mix, rate, seconds)
    spent, mine = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    _await_loaded(platform)
    after = cost(pids)
    _say(times, control, spent, memory)
    generator = mine.ru_utime + mine.ru_stime - own.ru_utime - own.ru_stime
    print(f"CPU: platform {after.cpu - before.cpu:.0f} s, generator {generator:.0f} s of {2 * spent:.0f} s on two cores")
    last = cost_by_process(processes)
    told = (f"{name} {(one.cpu - first[name].cpu) * 1000 / len(times.all()):.1f}" for name, one in last.items())
    print("CPU ms per request:", ", ".join(told))
    print("memory, MB:", ", ".join(f"{name} {first[name].memory:.0f} -> {one.memory:.0f}" for name, one in last.items()))
    ratio = after.memory / before.memory
    print(f"memory: {before.memory:.0f} MB after the warm-up, {after.memory:.0f} MB at the end, ratio {ratio:.3f}")


def _await_loaded(platform: Platform) -> None:
    """What was sent is to be counted with its loading, however late that is."""
    began, waiting = time.perf_counter(), 1
    while waiting and time.perf_counter() - began < LOAD_SECONDS:
        time.sleep(0.5)
        with platform.database.unit_of_work(system_scope("soak"), reading=True) as session:
            waiting, _ = pending(session)
    print(f"{waiting} uploads wait {time.perf_counter() - began:.0f} s after the last request")


def _say(times: Times, control: Times, spent: float, memory: Mapping[int, float]) -> None:
    total = len(times.all())
    print(f"{total:,} requests in {spent:.0f} s: {total / spent:.0f}/s; load of the machine {os.getloadavg()[0]:.1f}")
    rows = {"control /healthz": control.all(), **dict(sorted(times.seconds.items())), "all": times.all()}
    for kind, found in rows.items():
        print(f"{kind:<18} {len(found):>8,}  {_shares(found)} ms, {times.failed.get(kind, 0)} failed")
    for minute, found in sorted(times.minutes.items()):
        used = f", {memory[minute]:.0f} MB" if minute in memory else ""
        print(f"minute {minute + 1:<11} {len(found):>8,}  {_shares(found)} ms{used}")


def _shares(seconds: list[float]) -> str:
    return "  ".join(f"p{share} {_ms(seconds, share)}" for share in (50, 95, 99))


def _ms(seconds: list[float], share: int) -> str:
    return f"{statistics.quantiles(seconds, n=100)[share - 1] * 1000:7.1f}" if len(seconds) > 1 else "    n/a"


if __name__ == "__main__":
    main()
