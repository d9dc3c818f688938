"""Audit log: writing inside the act's transaction, asking it at a million entries, sealing and verifying.

Run: .venv/bin/python -m benchmarks.bench_audit [entries]
Control for writing: the same transactions without the entry. Control for asking: a scan of the table for one address.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from health_platform.app import create_platform
from health_platform.kernel import audit, audit_query, audit_seal, clock
from health_platform.kernel.audit import ENTRIES, AuditEntry, AuditFact
from health_platform.kernel.audit_query import AuditQuestion
from health_platform.kernel.ids import new_id
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, Scope, system_scope
from health_platform.settings import Settings


def cpu() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fill(platform: Platform, count: int) -> None:
    """Entries of 5,000 persons, 500 actors, 30 units of 10 counties over 180 days; one in a thousand deletes something."""
    start = clock.now() - timedelta(days=180)
    step = timedelta(days=180) / count
    common = {
        "kind": "browse",
        "object_kind": "record",
        "actor_kind": "user",
        "outcome": "ok",
        "detail": {},
        "address": "10.1.2.3",
        "purpose": "TREAT",
    }
    with platform.database.engine.begin() as connection:
        for first in range(0, count, 10_000):
            connection.execute(
                insert(ENTRIES),
                [
                    {
                        **common,
                        "id": new_id(),
                        "at": start + step * n,
                        "action": "resident.delete" if n % 1000 == 7 else "record.view",
                        "division_code": f"4115{n % 30 % 10 + 21}000000",
                        "person_id": n % 5000,
                        "actor_id": n % 500,
                        "actor_name": f"医生{n % 500}",
                        "institution_id": n % 30,
                        "institution_name": f"医院{n % 30}",
                        "object_id": str(n),
                        "request_id": str(n),
                    }
                    for n in range(first, min(first + 10_000, count))
                ],
            )


def timed(action: Callable[[], Any], times: int = 40) -> tuple[float, float]:
    """Median and largest milliseconds of several calls."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        found.append((time.perf_counter() - began) * 1000)
    return statistics.median(found), max(found)


def ask(session: Session, question: AuditQuestion) -> list[AuditEntry]:
    """One answer, read from the database and not from what the session holds."""
    session.expunge_all()
    return audit_query.find(session, question)


def writing(platform: Platform, with_entry: bool, times: int = 300) -> float:
    """CPU milliseconds per transaction that does next to nothing, with or without its audit entry."""
    began = cpu()
    for number in range(times):
        with platform.database.unit_of_work(system_scope("benchmark")) as session:
            session.execute(text("SELECT 1"))
            if with_entry:
                audit.record(
                    session, AuditFact("record.view", "record", str(number), person_id=1, principal=SYSTEM, kind="browse")
                )
    return (cpu() - began) / times * 1000


def questions() -> dict[str, AuditQuestion]:
    """What auditors ask: by person, actor, unit, time, object and act."""
    week = (clock.now() - timedelta(days=97), clock.now() - timedelta(days=90))
    return {
        "the newest": AuditQuestion(),
        "one person": AuditQuestion(person_id=77),
        "one actor": AuditQuestion(actor_id=77),
        "one actor by name, one week": AuditQuestion(actor_name="医生77", since=week[0], until=week[1]),
        "one unit, the newest": AuditQuestion(institution_id=7),
        "one unit, one week": AuditQuestion(institution_id=7, since=week[0], until=week[1]),
        "one unit by name": AuditQuestion(institution_name="医院7"),
        "one day": AuditQuestion(since=week[0], until=week[0] + timedelta(days=1)),
        "one object": AuditQuestion(object_kind="record", object_id="12345"),
        "one act (1 ‰)": AuditQuestion(action="resident.delete"),
        "who deleted this resident's": AuditQuestion(person_id=7, action="resident.delete"),
    }


def asking(platform: Platform, count: int) -> None:
    """Milliseconds per answer, for the platform and for an auditor who may see one county."""
    with platform.database.unit_of_work(system_scope("benchmark")) as session:
        scan = timed(lambda: session.execute(text("SELECT count(*) FROM audit_entry WHERE address = 'x'")).scalar(), 5)[0]
    for scope in (system_scope("benchmark"), Scope(divisions=("411528",))):
        who = "platform" if scope.everything else "county's auditor"
        with platform.database.unit_of_work(scope) as session:
            for name, question in questions().items():
                median, worst = timed(lambda question=question: ask(session, question))  # type: ignore[misc]
                print(
                    f"ask {count:,} as {who}: {name}: p50 {median:.2f} ms, max {worst:.2f};"
                    f" ratio to a scan (control, {scan:.0f} ms) {median / scan:.4f}"
                )


def sealing(platform: Platform, count: int) -> None:
    """Entries sealed and verified per CPU second."""
    began = cpu()
    batches = audit_seal.seal_all(platform)
    sealed = cpu()
    findings = audit_seal.verify(platform)
    print(
        f"seal: {count / (sealed - began):,.0f} entries per CPU second in {batches} batches; "
        f"verify: {count / (cpu() - sealed):,.0f} per CPU second, {len(findings)} findings"
    )


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    platform = create_platform(Settings(home=Path(tempfile.mkdtemp(prefix="hp-bench-")), components=""))
    platform.database.create_all()
    bare, audited = writing(platform, False), writing(platform, True)
    print(f"write: {audited:.2f} ms CPU with entry, {bare:.2f} without (control), difference {audited - bare:.2f}")
    fill(platform, count)
    asking(platform, count)
    sealing(platform, count)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
