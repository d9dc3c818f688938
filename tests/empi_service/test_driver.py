"""What is handed to the driver itself means what SQLAlchemy would have made of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from empi.models import DecisionRow, EdgeRow, GoldenRow
from empi.plain import among, change, plainly, table_of, write
from health_platform.kernel.db import Database
from health_platform.kernel.scope import Scope
from tests.empi_service.people import WANG
from tests.empi_service.worlds import throw_away

pytestmark = pytest.mark.system("A10")
DECISION = {
    "id": 7,
    "kind": "link",
    "decided_at": datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
    "by_kind": "rule",
    "by_name": "rules",
    "rule_version": "",
    "patient_key": 5,
    "evidence_key": None,
    "weight": 12.5,
    "contributions": {"name": 8.25, "姓名": -1.0},
    "person_before": None,
    "reason": "",
    "before": None,
    "undone_by": None,
    "person_id": 9,
    "division_code": "411500000000",
    "line_code": None,
}
GOLDEN = {"person_id": 9, "content": '{"name": "王秀英"}', "members": 2, "division_code": "", "line_code": None}


def stored(session: Session, table: str) -> list[dict[str, Any]]:
    """Rows as they lie in the database."""
    return [dict(row) for row in session.execute(text(f"SELECT * FROM {table}")).mappings()]


@pytest.fixture(params=["index", "postgres_index"])
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A unit of work on SQLite and on PostgreSQL that leaves nothing behind."""
    with throw_away(request.getfixturevalue(request.param)) as opened:
        yield opened


def test_rows_are_stored_and_read_as_sqlalchemy_does_it(session: Session) -> None:
    write(session, DecisionRow, [DECISION])
    write(session, DecisionRow, [{**DECISION, "id": number} for number in range(9, 14)])  # by whole columns where that is cheaper
    session.execute(insert(table_of(DecisionRow)), [{**DECISION, "id": 8}])
    ours, theirs, *others = sorted(stored(session, "empi_decision"), key=lambda row: int(row["id"]))
    assert [{**one, "id": 8} for one in others] == [theirs] * 5
    assert {**ours, "id": 8} == theirs
    table = table_of(DecisionRow)
    columns = (table.c.contributions, table.c.decided_at, table.c.reason, table.c.patient_key)
    statement = select(*columns).where(among(table.c.patient_key))
    read = plainly(session, statement.order_by(table.c.id), [5])
    assert read == [tuple(row) for row in session.connection().execute(statement.order_by(table.c.id), {"keys": [5]})]
    assert read[0] == (DECISION["contributions"], DECISION["decided_at"], None, 5)


def test_what_is_encrypted_stays_so(session: Session) -> None:
    write(session, GoldenRow, [GOLDEN])
    change(session, GoldenRow, "person_id", [{"person_id": 9, "content": '{"name": "李四"}', "members": 3}])
    row = session.get(GoldenRow, 9)
    assert row is not None
    assert (row.content, row.members, row.division_code) == ('{"name": "李四"}', 3, None)
    assert "李四" not in str(stored(session, "empi_golden"))


def test_an_error_is_sqlalchemys_and_tells_nobodys_values(session: Session) -> None:
    edge = {"left_key": 1, "right_key": 2, "grade": "certain", "apart": False, "weight": 1.0, "rule_version": WANG.name}
    write(session, EdgeRow, [edge])
    with pytest.raises(IntegrityError) as failed:
        write(session, EdgeRow, [edge])
    assert WANG.name not in str(failed.value)


def test_plain_statements_are_the_platforms_own(index: Database) -> None:
    table = table_of(DecisionRow)
    with (
        index.unit_of_work(Scope(divisions=("4115",))) as session,
        pytest.raises(RuntimeError, match="whole index"),
    ):
        plainly(session, select(table.c.id).where(among(table.c.patient_key)), [1])
