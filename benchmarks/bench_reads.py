"""What a read of the mixed load costs: a resident's pages, the console, a patient by FHIR, each alone in one process.

Run: .venv/bin/python -m benchmarks.bench_reads [--residents 300] [--requests 200]
The city is loaded by the real ways in, then its application is asked in this process, without a socket: figures are CPU
milliseconds per request here and in the warehouse endpoint, statements per request, and the size of the answer. The control
is ``/healthz``, which opens the database and nothing else. ``benchmarks.soak`` asks the same through the web server.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import EnvironBuilder

from benchmarks.soak import cost, families, platform_with_city
from demonstration.remembered import Remembered
from demonstration.sending.http import Caller
from health_platform.app import application
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import endpoint_status

PAGES = {
    "/my": "resident",
    "/my/record": "resident",
    "/my/visits": "resident",
    "/my/reports": "resident",
    "/console/etl": "city",
    "/console/audit": "auditor",
}
WARM = 20

Made = Callable[[], dict[str, Any]]
"""Makes the WSGI environment of one request."""


def cookies(app: Flask, city: Remembered) -> dict[str, str]:
    """The session cookie of each account that asks."""
    found = {}
    for login in sorted(set(PAGES.values())):
        password = next(one.password for one in city.accounts if one.login == login)
        answer = app.test_client().post("/login", data={"login_name": login, "password": password})
        found[login] = "; ".join(part.split(";")[0] for part in answer.headers.getlist("Set-Cookie"))
    return found


def requests(app: Flask, city: Remembered) -> dict[str, Made]:
    """Every kind of request by name, the control first."""
    cookie = cookies(app, city)
    made: dict[str, Made] = {"/healthz (control)": lambda: EnvironBuilder("/healthz").get_environ()}
    for path, login in PAGES.items():
        headers = {"Cookie": cookie[login], "Accept": "text/html"}
        made[path] = lambda path=path, headers=headers: EnvironBuilder(path, headers=headers).get_environ()
    return {**made, "FHIR Patient": _patients(city)}


def _patients(city: Remembered) -> Made:
    hospital = Caller("", next(one for one in city.placed if one.unit.way == "fhir").credentials)
    numbers = [one.id_number for members in families(city) for one in members]
    chance = random.Random(1)

    def make() -> dict[str, Any]:
        query = f"identifier=urn:oid:2.16.156.10011.1.3%7C{chance.choice(numbers)}"
        headers = {"Accept": "application/fhir+json", **hospital.signed("GET", f"/fhir/R4/Patient?{query}", b"")}
        return EnvironBuilder("/fhir/R4/Patient", query_string=query, headers=headers).get_environ()

    return make


def ask(app: Flask, environ: dict[str, Any]) -> int:
    """Ask once; returns the size of the answer in bytes."""
    status: list[str] = []
    body = b"".join(app(environ, lambda line, headers, error=None: status.append(line)))
    assert status[0].startswith("200"), (status, body[:300])
    return len(body)


def measured(platform: Platform, app: Flask, make: Made, times: int) -> str:
    """One line of the table."""
    for _ in range(WARM):
        size = ask(app, make())
    environs = [make() for _ in range(times)]
    statements: list[str] = []

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    endpoint, began = _endpoint(platform), time.process_time()
    for environ in environs:
        ask(app, environ)
    own, theirs = time.process_time() - began, _endpoint(platform) - endpoint
    event.remove(Engine, "before_cursor_execute", count)
    each = f"{own / times * 1000:6.2f} ms, endpoint {theirs / times * 1000:5.2f} ms"
    return f"{each}, {len(statements) / times:5.1f} statements, {size:,} bytes"


def _endpoint(platform: Platform) -> float:
    state = endpoint_status(platform.warehouse.settings)
    return cost([state.pid]).cpu if state else 0.0


def main() -> None:
    """Load a city, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, default=300)
    parser.add_argument("--requests", type=int, default=200)
    chosen = parser.parse_args()
    with platform_with_city(chosen.residents) as (platform, city):
        app = application(platform)
        for kind, make in requests(app, city).items():
            print(f"{kind:<20} {measured(platform, app, make, chosen.requests)}", flush=True)


if __name__ == "__main__":
    main()
