"""What a caller's grants let SQL return, against a plain statement of the rule over the same rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from health_platform.access.authority.models import Relation
from health_platform.access.signin.models import UserSession
from health_platform.kernel import clock
from health_platform.kernel.db import Database
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Scope, system_scope

pytestmark = pytest.mark.system("A19", "A21")

DIVISIONS = ("411502001000", "411503101000", "411503101201", "411600000000", None)
LINES, UNITS, PERSONS = ("cdc", "mch", None), (10, 11, 20, None), (1, 2, 3)

scopes = st.builds(
    Scope,
    divisions=st.lists(st.sampled_from(("4115", "411502", "411503", "411503101", "41")), max_size=3, unique=True).map(tuple),
    lines=st.none() | st.frozensets(st.sampled_from(("cdc", "mch"))),
    persons=st.frozensets(st.sampled_from(PERSONS)),
    institutions=st.none() | st.frozensets(st.sampled_from((10, 11, 20))),
)


def visible(scope: Scope, division: str | None, line: str | None, unit: int | None, narrowed_by_unit: bool) -> bool:
    """The rule in words: division under a prefix, and line free or held, and unit held where rows have units."""
    inside = division is not None and any(division.startswith(prefix) for prefix in scope.divisions)
    held = scope.lines is None or line is None or line in scope.lines
    own = not narrowed_by_unit or scope.institutions is None or unit in scope.institutions
    return inside and held and own


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest) -> Database:
    """Every combination of division, line and unit (sessions), and of division, line and person (relations)."""
    on_sqlite = request.param == "sqlite"
    platform: Platform = request.getfixturevalue("region").platform if on_sqlite else request.getfixturevalue("postgres_platform")
    now = clock.now()
    until = now + timedelta(days=1)
    with platform.database.unit_of_work(system_scope("test")) as session:
        for number, (division, line, unit) in enumerate((d, x, u) for d in DIVISIONS for x in LINES for u in UNITS):
            session.add(
                UserSession(
                    token_digest=str(number),
                    user_id=number,
                    institution_id=unit,
                    division_code=division,
                    line_code=line,
                    methods=[],
                    created_at=now,
                    seen_at=now,
                    idle_until=until,
                    expires_at=until,
                )
            )
        for division, line, person in ((d, x, p) for d in DIVISIONS for x in LINES for p in PERSONS):
            session.add(
                Relation(
                    actor_id=1,
                    person_id=person,
                    kind="launch",
                    source="x",
                    created_at=now,
                    expires_at=until,
                    division_code=division,
                    line_code=line,
                )
            )
    return platform.database


def test_sql_returns_exactly_the_rows_of_the_rule(filled: Database) -> None:
    with filled.unit_of_work(system_scope("test")) as session:
        found, related = session.scalars(select(UserSession)).all(), session.scalars(select(Relation)).all()
        sessions = [(row.id, row.division_code, row.line_code, row.institution_id) for row in found]
        relations = [(row.id, row.division_code, row.line_code, row.person_id) for row in related]

    @given(scopes)
    @settings(max_examples=30)
    def check(scope: Scope) -> None:
        with filled.unit_of_work(scope) as session:
            assert set(session.scalars(select(UserSession.id))) == {
                row for row, division, line, unit in sessions if visible(scope, division, line, unit, True)
            }
            assert set(session.scalars(select(Relation.id))) == {
                row
                for row, division, line, person in relations
                if person in scope.persons or visible(scope, division, line, None, False)
            }

    check()
