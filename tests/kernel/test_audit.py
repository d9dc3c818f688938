"""The audit log: every act leaves an entry, and no entry can be changed, removed or slipped in unseen."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from health_platform.kernel import audit, audit_query, audit_seal, clock
from health_platform.kernel.audit import AuditEntry, AuditFact
from health_platform.kernel.audit_query import AuditQuestion
from health_platform.kernel.crypto import sm3
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope
from tests.support.principals import principal

pytestmark = pytest.mark.system("A23", "B09", "A22")

DOCTOR = principal(id=7, name="李医生", institution_id=3, institution_name="固始县人民医院", division="411525")


def write(platform: Platform, count: int, **changes: Any) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        for number in range(count):
            fact = AuditFact("record.view", "record", str(number), person_id=number % 5 + 1, principal=DOCTOR, kind="browse")
            audit.record(session, replace(fact, **changes))


def sealed(platform: Platform, batches: int = 3, size: int = 7) -> Platform:
    for _ in range(batches):
        write(platform, size)
        assert audit_seal.seal_all(platform) == 1
    assert audit_seal.verify(platform) == []
    return platform


def run(platform: Platform, statement: str, **values: Any) -> None:
    with platform.database.engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount


TAMPERINGS: dict[str, Callable[[Platform, random.Random], None]] = {
    "change who": lambda p, r: run(p, f"UPDATE audit_entry SET actor_name = 'other' WHERE id = {_entry(p, r)}"),
    "change when": lambda p, r: run(p, f"UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE id = {_entry(p, r)}"),
    "change whom": lambda p, r: run(p, f"UPDATE audit_entry SET person_id = 99 WHERE id = {_entry(p, r)}"),
    "change detail": lambda p, r: run(p, f"UPDATE audit_entry SET detail = '[]' WHERE id = {_entry(p, r)}"),
    "delete": lambda p, r: run(p, f"DELETE FROM audit_entry WHERE id = {_entry(p, r)}"),
    "take out of its batch": lambda p, r: run(
        p, f"UPDATE audit_entry SET batch_id = NULL, at = '2020-01-01 00:00:00' WHERE id = {_entry(p, r)}"
    ),
    "reorder": lambda p, r: run(p, f"UPDATE audit_entry SET position = 6 - position WHERE batch_id = {_batch(p, r)}"),
    "insert": lambda p, r: run(
        p,
        "INSERT INTO audit_entry SELECT (SELECT max(id) + 1 FROM audit_entry), "
        + _columns(skip="id")
        + f" FROM audit_entry WHERE id = {_entry(p, r)}",
    ),
    "cut the tail": lambda p, r: (
        run(p, "DELETE FROM audit_entry WHERE batch_id = (SELECT id FROM audit_batch ORDER BY number DESC LIMIT 1)"),
        run(p, "DELETE FROM audit_batch WHERE number = (SELECT max(number) FROM audit_batch)"),
    )[0],
    "remove a batch": lambda p, r: run(p, f"DELETE FROM audit_batch WHERE id = {_batch(p, r)}"),
    "forge a signature": lambda p, r: run(
        p,
        f"UPDATE audit_batch SET signature = (SELECT signature FROM audit_batch WHERE id <> {(b := _batch(p, r))} LIMIT 1)"
        f" WHERE id = {b}",
    ),
    "turn the clock back": lambda p, r: run(
        p, f"UPDATE audit_batch SET sealed_at = '2020-01-01 00:00:00' WHERE id = {_batch(p, r)}"
    ),
}


def _pick(platform: Platform, query: str, chance: random.Random) -> int:
    with platform.database.engine.begin() as connection:
        return int(chance.choice(list(connection.execute(text(query)).scalars())))


def _entry(platform: Platform, chance: random.Random) -> int:
    return _pick(platform, "SELECT id FROM audit_entry WHERE batch_id IS NOT NULL", chance)


def _batch(platform: Platform, chance: random.Random) -> int:
    return _pick(platform, "SELECT id FROM audit_batch", chance)


def _columns(skip: str) -> str:
    return ", ".join(column.name for column in audit.ENTRIES.columns if column.name != skip)


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_every_kind_of_tampering_is_found(platform: Platform, kind: str) -> None:
    sealed(platform)
    TAMPERINGS[kind](platform, random.Random(kind))
    assert audit_seal.verify(platform)


@pytest.mark.long
def test_a_thousand_random_tamperings_are_found(platform: Platform) -> None:
    sealed(platform, batches=6)
    stored = str(platform.database.engine.url.database)
    clean = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(stored)) as source:
        source.backup(clean)
    chance = random.Random(2026)
    for number in range(1000):
        TAMPERINGS[chance.choice(list(TAMPERINGS))](platform, chance)
        assert audit_seal.verify(platform), number
        platform.database.close()
        with closing(sqlite3.connect(stored)) as target:
            clean.backup(target)
        assert number % 100 or audit_seal.verify(platform) == []
    clean.close()


@pytest.mark.parametrize("where", ["platform", "postgres_platform"])
def test_entries_written_while_sealing_fall_into_a_later_batch(where: str, request: pytest.FixtureRequest) -> None:
    platform = request.getfixturevalue(where)
    sealed(platform, batches=2)
    write(platform, 3)
    assert audit_seal.verify(platform) == []
    assert audit_seal.seal_all(platform) == 1
    assert audit_seal.verify(platform) == []


def test_the_verify_command_names_the_batch(platform: Platform) -> None:
    sealed(platform)
    run(platform, "UPDATE audit_entry SET actor_name = 'other' WHERE batch_id = (SELECT id FROM audit_batch WHERE number = 2)")
    assert [finding.batch for finding in audit_seal.verify(platform)] == [2]


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_merkle_root_is_that_of_rfc_6962(leaves: list[bytes]) -> None:
    def reference(items: list[bytes]) -> bytes:
        if len(items) < 2:
            return items[0] if items else sm3(b"")
        split = 1
        while split * 2 < len(items):
            split *= 2
        return sm3(b"\x01" + reference(items[:split]) + reference(items[split:]))

    assert audit_seal.merkle_root(leaves) == reference(leaves)


def test_who_deleted_this_residents_basics(platform: Platform) -> None:
    write(platform, 3)
    write(platform, 1, action="resident.delete", object_kind="resident", object_id="42", person_id=42, kind="operation")
    with platform.database.unit_of_work(system_scope("test")) as session:
        found = audit_query.find(session, AuditQuestion(object_kind="resident", object_id="42", action="resident.delete"))
    assert [(e.actor_name, e.institution_name) for e in found] == [("李医生", "固始县人民医院")]


def test_time_and_paging(platform: Platform) -> None:
    start = clock.now() - timedelta(days=10)
    for day in range(6):
        with clock.travel(start + timedelta(days=day)):
            write(platform, 1)
    with platform.database.unit_of_work(system_scope("test")) as session:
        within = AuditQuestion(since=start + timedelta(days=1), until=start + timedelta(days=5), limit=3)
        first = audit_query.find(session, within)
        second = audit_query.find(session, replace(within, before=first[-1].id))
    assert [len(first), len(second)] == [3, 1]


def test_pages_follow_each_other_whatever_order_entries_were_written_in(platform: Platform) -> None:
    """Two machines write at once, and a late transaction commits an older time under a newer id."""
    start = clock.now() - timedelta(days=10)
    for minute in (4, 1, 3, 3, 0, 2):
        with clock.travel(start + timedelta(minutes=minute)):
            write(platform, 1)
    seen: list[AuditEntry] = []
    with platform.database.unit_of_work(system_scope("test")) as session:
        while page := audit_query.find(session, AuditQuestion(limit=2, before=seen[-1].id if seen else None)):
            seen += page
    assert [(entry.at - start).seconds // 60 for entry in seen] == [4, 3, 3, 2, 1, 0]
    assert len({entry.id for entry in seen}) == 6


def test_an_entry_out_of_scope_is_no_place_to_go_on_from(platform: Platform) -> None:
    write(platform, 1)
    write(platform, 1, principal=replace(DOCTOR, division_code="411502000000"))
    with platform.database.unit_of_work(system_scope("test")) as session:
        hidden = audit_query.find(session, AuditQuestion())[0].id
    with platform.database.unit_of_work(Scope(divisions=("411525",))) as session:
        assert audit_query.find(session, AuditQuestion(before=hidden)) == []
        assert len(audit_query.find(session, AuditQuestion())) == 1


def test_auditors_see_their_own_county_and_unit_only(platform: Platform) -> None:
    write(platform, 2)
    write(platform, 3, principal=replace(DOCTOR, division_code="411502000000", institution_id=4))
    for scope, count in {
        Scope(divisions=("411525",)): 2,
        Scope(divisions=("4115",)): 5,
        Scope(divisions=("4115",), institutions=frozenset({4})): 3,
        Scope(persons=frozenset({1})): 2,
    }.items():
        with platform.database.unit_of_work(scope) as session:
            assert len(audit_query.find(session, AuditQuestion())) == count


def test_calls_and_refusals_are_recorded_by_themselves(platform: Platform, as_principal: Any) -> None:
    auditor = as_principal(permissions={"audit.entry.view"}, name="王审计")
    assert auditor.get("/api/v1/audit").status_code == 200
    assert auditor.put("/api/v1/parameters/none", json={"value": 1}).status_code == 403
    lines = auditor.get("/api/v1/audit").get_json()
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("operations.parameter.edit", "refused"),
        ("audit.query", "ok"),
    ]


def test_fhir_export_is_one_audit_event_a_line(platform: Platform, as_principal: Any) -> None:
    write(platform, 2)
    answer = as_principal().get("/api/v1/audit/fhir?kind=browse")
    events = [line for line in answer.get_data(as_text=True).splitlines() if line]
    assert len(events) == 2
    assert all('"resourceType": "AuditEvent"' in line and "Patient/" in line for line in events)
