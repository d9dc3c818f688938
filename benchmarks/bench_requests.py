"""What the edge costs: one row read through ``@endpoint`` (authentication, scope, audit, commit) beside a bare Flask route.

Run: .venv/bin/python -m benchmarks.bench_requests [requests]
Both run in one process and one transaction per request on SQLite with full fsync; figures are CPU milliseconds per request.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from flask import Flask, jsonify
from sqlalchemy import select

from health_platform.app import application, create_platform
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, system_scope
from health_platform.settings import Settings
from registry.api import Institution

WHO = Principal(
    1, "user", "bench", permissions=frozenset({"bench"}), scope=Scope(divisions=("411525",)), division_code="411525000000"
)


class Out(Schema):
    """One row."""

    id = IdField()


def measured(call: Any, times: int) -> tuple[float, float]:
    """CPU and wall milliseconds per call."""
    for _ in range(50):
        call()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for _ in range(times):
        assert call().status_code in (200, 204)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent / times * 1000, (time.perf_counter() - began) / times * 1000


def bare(platform: Platform) -> Any:
    """A Flask route with one transaction and one read, nothing else."""
    app = Flask("bare")

    @app.get("/row")
    def row() -> Any:
        with platform.database.unit_of_work(system_scope("bare")) as session:
            session.execute(select(Institution.id).limit(1)).first()
        return jsonify(id="1")

    return app.test_client()


def full(platform: Platform, audit: str | None) -> Any:
    """The same read through the platform's edge."""
    blueprint = Blueprint(f"bench{bool(audit)}", __name__, url_prefix=f"/bench{bool(audit)}")

    @endpoint(blueprint, "GET", "/row", permission="bench", label="bench", response=Out, audit=audit)
    def row(call: Call) -> Any:
        call.session.execute(select(Institution.id).limit(1)).first()
        return {"id": 1}

    platform.blueprint(blueprint)
    return lambda client: client.get(f"/bench{bool(audit)}/row")


def main() -> None:
    """Print the table."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    platform = create_platform(Settings(home=Path(tempfile.mkdtemp(prefix="hp-bench-"))))
    platform.database.create_all()
    platform.authenticator(lambda session, request: WHO, first=True)
    plain, audited = full(platform, None), full(platform, "bench.view")
    client = application(platform).test_client()
    rows = {
        "bare Flask (control)": measured(lambda: bare_client.get("/row"), times) if (bare_client := bare(platform)) else (0, 0),
        "endpoint, scope": measured(lambda: plain(client), times),
        "endpoint, scope and audit": measured(lambda: audited(client), times),
    }
    control = rows["bare Flask (control)"][0]
    for name, (cpu, wall) in rows.items():
        print(
            f"{name}: {cpu:.2f} ms CPU, {wall:.2f} ms wall per request; {1000 / cpu:,.0f} requests/s per core;"
            f" x{cpu / control:.2f}"
        )


if __name__ == "__main__":
    main()
