"""The warehouse tables of an application, made from its definitions: one per register and one per form."""

from __future__ import annotations

from health_platform.engine.definitions.application import Application
from health_platform.engine.definitions.fields import Field
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.kernel.warehouse.api import Column, TableSpec, Warehouse

_PLACE = (
    Column("person_id", "UInt64"),
    Column("division_code", "LowCardinality(String)"),
    Column("line_code", "LowCardinality(String)"),
    Column("institution_id", "UInt64"),
    Column("team", "LowCardinality(String)"),
    Column("worker", "UInt64"),
    Column("worker_name", "LowCardinality(String)"),
    Column("sex", "LowCardinality(String)"),
)
_KEPT = (Column("version", "UInt64"), Column("is_deleted", "UInt8"))

_SUBMISSION = (
    Column("day", "Date32"),
    Column("age", "Nullable(Int16)"),
    Column("enrolled_on", "Nullable(Date32)"),
    Column("full_quarter", "UInt8"),
    Column("form_version", "UInt16"),
)
_MEMBER = (
    Column("birth_date", "Nullable(Date32)"),
    Column("enrolled_on", "Date32"),
    Column("closed_on", "Nullable(Date32)"),
    Column("close_reason", "LowCardinality(String)"),
    Column("state", "LowCardinality(String)"),
)


def form_table(form: Form) -> TableSpec:
    """One row per submission that counts; ``id`` is the root of its corrections."""
    head = (Column("id", "UInt64"), Column("enrolment_id", "UInt64"), Column("case_no", "UInt64"), *_PLACE, *_SUBMISSION)
    columns = (*head, *(_column(field) for field in form.fields), *_KEPT)
    return TableSpec(f"form_{form.code}", columns, ("enrolment_id", "id"), shard_by="enrolment_id", comment=form.label)


def register_table(register: Register) -> TableSpec:
    """One row per member with its entry answers."""
    entry = tuple(_column(field, "entry_") for field in register.entry.fields)
    columns = (Column("id", "UInt64"), *_PLACE, *_MEMBER, *entry, *_KEPT)
    return TableSpec(f"register_{register.code}", columns, ("id",), shard_by="id", comment=register.label)


def tables_of(application: Application) -> tuple[TableSpec, ...]:
    """All tables of an application."""
    return (*(form_table(one) for one in application.forms), *(register_table(one) for one in application.registers))


def ensure(warehouse: Warehouse, application: Application) -> tuple[str, ...]:
    """Create or extend the tables; gives the statements that were run."""
    return tuple(statement for spec in tables_of(application) for statement in warehouse.ensure_table(spec))


def _column(field: Field, prefix: str = "") -> Column:
    return Column(f"{prefix}{field.code}", field.warehouse_type, comment=field.label)
