"""Scope: whatever the form of the statement, a caller sees and changes only what the scope allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, exists, func, select, text, union_all, update
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from health_platform.kernel import clock, narrowing, row_security
from health_platform.kernel.bulk import insert_rows
from health_platform.kernel.db import Database, change_scope, widened
from health_platform.kernel.errors import DefinitionError, NotFound
from health_platform.kernel.parameters import ParameterValue
from health_platform.kernel.plain import columns
from health_platform.kernel.scope import MissingScope, Scope, system_scope
from tests.support.models import Clinic, Note

pytestmark = pytest.mark.system("A19", "A21")

HERE = Scope(divisions=("411502",))


def fill(database: Database) -> None:
    """Three counties with one clinic and two notes each; persons 1..6."""
    with database.unit_of_work(system_scope("test")) as session:
        for county, code in enumerate(("411502", "411503", "411521")):
            clinic = Clinic(id=county + 1, name=f"clinic-{code}", division_code=f"{code}001000", institution_id=county)
            session.add(clinic)
            session.flush()
            for number in (1, 2):
                person = county * 2 + number
                session.add(
                    Note(
                        id=person,
                        text=f"note-{code}",
                        clinic_id=clinic.id,
                        person_id=person,
                        division_code=f"{code}001000",
                        line_code="medical" if number == 1 else "cdc",
                    )
                )


READS: dict[str, Callable[[Session], list[Any]]] = {
    "entities": lambda s: [n.id for n in s.scalars(select(Note))],
    "columns": lambda s: list(s.scalars(select(Note.id))),
    "get": lambda s: [n for n in range(1, 7) if s.get(Note, n)],
    "count": lambda s: [None] * s.scalar(select(func.count()).select_from(Note)),
    "aliased": lambda s: list(s.scalars(select(aliased(Note).id))),
    "union": lambda s: [row[0] for row in s.execute(union_all(select(Note.id), select(Note.id).where(Note.id < 0)))],
    "subquery": lambda s: list(s.scalars(select(select(Note.id).subquery().c.id))),
    "cte": lambda s: list(s.scalars(select(select(Note.id).cte().c.id))),
    "exists": lambda s: [n for n in range(1, 7) if s.scalar(select(exists().where(Note.id == n)))],
    "scalar subquery": lambda s: [None] * s.scalar(select(select(func.count(Note.id)).scalar_subquery())),
    "join from the parent": lambda s: [n.id for n in s.scalars(select(Note).join(Clinic, Clinic.id == Note.clinic_id))],
    "filter through the parent": lambda s: [n.id for n in s.scalars(select(Note).join(Note.clinic).where(Clinic.id > 0))],
    "selectin": lambda s: [n.id for c in s.scalars(select(Clinic).options(selectinload(Clinic.notes))) for n in c.notes],
    "joined": lambda s: [n.id for c in s.scalars(select(Clinic).options(joinedload(Clinic.notes))).unique() for n in c.notes],
    "lazy": lambda s: [n.id for c in s.scalars(select(Clinic)) for n in c.notes],
}


@pytest.fixture
def database(platform: Any) -> Database:
    fill(platform.database)
    return platform.database


@pytest.mark.parametrize("form", READS)
def test_every_form_of_read_is_narrowed_to_the_jurisdiction(database: Database, form: str) -> None:
    with database.unit_of_work(HERE) as session:
        assert len(READS[form](session)) == 2
    with database.unit_of_work(system_scope("test")) as session:
        assert len(READS[form](session)) == 6


def test_a_statement_that_all_callers_share_is_narrowed_for_each_of_them(database: Database) -> None:
    shared, elsewhere = select(Note).order_by(Note.id), Scope(divisions=("411503",))
    asked = (HERE, elsewhere, system_scope("test"), Scope(persons=frozenset({6})), HERE, elsewhere, Scope(), HERE)
    found = []
    for scope in asked:
        with database.unit_of_work(scope) as session:
            found.append([note.id for note in session.scalars(shared)])
    assert found == [[1, 2], [3, 4], [1, 2, 3, 4, 5, 6], [6], [1, 2], [3, 4], [], [1, 2]]


def test_a_plain_read_is_of_tables_that_carry_no_scope(database: Database) -> None:
    with database.unit_of_work(HERE) as session:
        session.add(ParameterValue(key="k", division_code="*", value=1, changed_at=clock.now(), changed_by="test"))
        session.flush()
        assert [tuple(row) for row in columns(session, select(ParameterValue.key, ParameterValue.value))] == [("k", 1)]
        for scoped in (select(Note.id), select(ParameterValue.key).join(Note, Note.text == ParameterValue.key)):
            with pytest.raises(DefinitionError):
                columns(session, scoped)


def test_many_to_one_does_not_lead_out_of_scope(database: Database) -> None:
    with database.unit_of_work(Scope(persons=frozenset({3}))) as session:
        note = session.scalars(select(Note)).one()
        assert (note.id, note.clinic) == (3, None)


def test_relationship_opens_one_person_wherever_she_lives(database: Database) -> None:
    with database.unit_of_work(Scope(divisions=("411502",), persons=frozenset({5}))) as session:
        assert sorted(session.scalars(select(Note.person_id))) == [1, 2, 5]


def test_lines_units_and_classes_narrow_further(database: Database) -> None:
    with database.unit_of_work(Scope(divisions=("4115",), lines=frozenset({"cdc"}))) as session:
        assert sorted(session.scalars(select(Note.id))) == [2, 4, 6]
    with database.unit_of_work(Scope(divisions=("4115",), institutions=frozenset({1}))) as session:
        assert list(session.scalars(select(Clinic.id))) == [2]
    with database.unit_of_work(system_scope("test")) as session:
        session.get_one(Clinic, 1).class_code = "HIV"
    with database.unit_of_work(Scope(divisions=("4115",), classes=frozenset())) as session:
        assert sorted(session.scalars(select(Clinic.id))) == [2, 3]


def test_no_jurisdiction_and_no_relationship_sees_nothing(database: Database) -> None:
    with database.unit_of_work(Scope()) as session:
        assert not any(READS[form](session) for form in READS)


def test_bulk_changes_touch_only_rows_in_scope(database: Database) -> None:
    with database.unit_of_work(HERE) as session:
        session.execute(update(Note).values(text="changed"))
        session.execute(delete(Note).where(Note.id.in_([2, 4, 6])))
    with database.unit_of_work(system_scope("test")) as session:
        changed = {n.id: n.text for n in session.scalars(select(Note))}
    assert changed == {1: "changed", 3: "note-411503", 4: "note-411503", 5: "note-411521", 6: "note-411521"}


@pytest.mark.parametrize("code", ["411503001000", None, "41150"])
def test_rows_cannot_be_put_or_moved_out_of_scope(database: Database, code: str | None) -> None:
    with pytest.raises(NotFound), database.unit_of_work(HERE) as session:
        session.add(Clinic(name="foreign", division_code=code))
    with pytest.raises(NotFound), database.unit_of_work(HERE) as session:
        session.get_one(Clinic, 1).division_code = code


def test_another_scope_on_the_same_session_forgets_what_was_loaded(database: Database) -> None:
    with database.unit_of_work(system_scope("test")) as session:
        assert session.get(Note, 5)
        change_scope(session, HERE)
        assert session.get(Note, 5) is None


def test_widened_work_leaves_nothing_behind_for_the_caller(database: Database) -> None:
    with database.unit_of_work(HERE) as session:
        mine = session.get_one(Note, 1)
        with widened(session, "look for duplicates"):
            assert session.get(Note, 5)
        assert session.get(Note, 5) is None
        assert session.get(Note, 1) is mine


def test_a_session_without_scope_is_an_error(database: Database) -> None:
    with database._sessions() as session, pytest.raises(MissingScope):
        session.scalars(select(Note)).all()


def test_a_division_prefix_is_digits_only() -> None:
    with pytest.raises(ValueError):
        narrowing.criterion(Note, Scope(divisions=("41%",)))


def test_a_model_must_say_how_it_is_scoped() -> None:
    with pytest.raises(DefinitionError):
        type("Loose", (narrowing.Unscoped, Clinic), {})


scopes = st.builds(
    Scope,
    divisions=st.lists(st.sampled_from(["", "4115", "411502", "411502001", "41"]), max_size=2).map(tuple),
    lines=st.none() | st.frozensets(st.sampled_from(["medical", "cdc", "mch"])),
    persons=st.frozensets(st.integers(1, 4), max_size=2),
    classes=st.none() | st.frozensets(st.sampled_from(["HIV", "PSY"])),
)
rows = st.builds(
    Note,
    division_code=st.sampled_from([None, "411502001000", "411503001000", "420100000000"]),
    line_code=st.sampled_from([None, "medical", "cdc"]),
    person_id=st.none() | st.integers(1, 4),
)


@given(st.lists(rows, max_size=6), scopes)
def test_sql_and_in_memory_scope_agree(rows: list[Note], scope: Scope) -> None:
    database = Database("sqlite://")
    Note.metadata.create_all(database.engine, [Clinic.__table__, Note.__table__])
    expected = sum(narrowing.covers(row, scope) for row in rows)
    with database.unit_of_work(system_scope("test")) as session:
        session.add_all(rows)
        session.flush()
        change_scope(session, scope)
        assert session.scalar(select(func.count()).select_from(Note)) == expected
    database.close()


def test_rows_inserted_in_bulk_are_guarded_like_objects() -> None:
    database = Database("sqlite://")
    Note.metadata.create_all(database.engine, [Clinic.__table__, Note.__table__])
    inside = {"text": "a", "division_code": "411502001000", "line_code": None, "person_id": None}
    with database.unit_of_work(HERE) as session:
        insert_rows(session, Note, [inside, {**inside, "text": "b"}])
        assert sorted(session.scalars(select(Note.text))) == ["a", "b"]
        with pytest.raises(NotFound):
            insert_rows(session, Note, [inside, {**inside, "division_code": "411503001000"}])
        assert session.scalar(select(func.count()).select_from(Note)) == 2
    database.close()


# --- PostgreSQL row security holds when the first net is switched off


@pytest.fixture
def guarded(postgres_platform: Any) -> Database:
    database = postgres_platform.database
    fill(database)
    with database.engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS hp_app"))
        connection.execute(text("CREATE ROLE hp_app NOLOGIN"))
        for statement in row_security.statements([Clinic, Note], "hp_app"):
            connection.execute(text(statement))
    other = Database(database.url, app_role="hp_app")
    yield other
    other.close()
    with database.engine.begin() as connection:
        connection.execute(text("DROP OWNED BY hp_app"))
        connection.execute(text("DROP ROLE hp_app"))


BYPASSES: dict[str, Callable[[Session], int]] = {
    "text": lambda s: len(s.execute(text("SELECT id FROM test_note")).all()),
    "core table": lambda s: len(s.execute(select(Note.__table__)).all()),
    "connection": lambda s: len(s.connection().execute(select(Note.__table__.c.id)).all()),
    "from_statement": lambda s: len(s.scalars(select(Note).from_statement(text("SELECT * FROM test_note"))).all()),
}


@pytest.mark.parametrize("form", BYPASSES)
def test_row_security_stops_what_the_orm_does_not_see(guarded: Database, form: str) -> None:
    cases = {HERE: 2, Scope(): 0, Scope(persons=frozenset({5})): 1, system_scope("test"): 6, Scope(divisions=("",)): 6}
    for scope, visible in cases.items():
        with guarded.unit_of_work(scope) as session:
            assert BYPASSES[form](session) == visible, scope


def test_row_security_refuses_foreign_rows_and_silent_sessions(guarded: Database) -> None:
    with pytest.raises(Exception, match="row-level security"), guarded.unit_of_work(HERE) as session:
        session.execute(text("INSERT INTO test_clinic (id, division_code) VALUES (9, '411503001000')"))
    with guarded.engine.begin() as connection:
        connection.execute(text("SET LOCAL ROLE hp_app"))
        assert connection.execute(text("SELECT count(*) FROM test_note")).scalar() == 0


def test_changing_the_scope_of_an_open_transaction_reaches_the_database(guarded: Database) -> None:
    with guarded.unit_of_work(system_scope("test")) as session:
        assert BYPASSES["text"](session) == 6
        change_scope(session, HERE)
        assert BYPASSES["text"](session) == 2
        with widened(session, "test"):
            assert BYPASSES["text"](session) == 6
        assert BYPASSES["text"](session) == 2
