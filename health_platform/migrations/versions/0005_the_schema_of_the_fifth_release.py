"""the schema of the fifth release

SQLite keeps the keys and the evidence of the person index in the order of their primary keys (``columns.KEY_ORDERED``). These
tables are written anew: some seconds for each 100,000 identities. Indexes that another one begins with are dropped.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from health_platform.kernel import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rewrite(columns.KEY_ORDERED)
    for table, column in _REDUNDANT:
        op.drop_index(f"ix_{table}_{column}", table)
    _person(nullable=False)


def downgrade() -> None:
    _person(nullable=True)
    for table, column in _REDUNDANT:
        op.create_index(f"ix_{table}_{column}", table, [column])
    _rewrite({})


_REDUNDANT = (
    ("access_objection", "person_id"),
    ("audit_entry", "person_id"),
    ("family_proxy", "holder_id"),
    ("result_release", "person_id"),
)


def _person(nullable: bool) -> None:
    for table in ("access_objection", "result_release"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("person_id", existing_type=sa.BigInteger(), nullable=nullable)


def _rewrite(options: dict[str, bool]) -> None:
    """Give SQLite's tables these options: their rows move to new tables, which take the old ones' names."""
    if op.get_context().dialect.name != "sqlite":
        return
    for name, (keys, others) in _TABLES.items():
        columns_of_keys = [sa.Column(key, sa.BigInteger(), autoincrement=False, nullable=False) for key in keys]
        rest = [sa.Column(other, kind, nullable=False) for other, kind in others.items()]
        primary = sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}")
        op.create_table(f"{name}_anew", *columns_of_keys, *rest, primary, **options)
        names, order = ", ".join((*keys, *others)), ", ".join(keys)
        op.execute(f"INSERT INTO {name}_anew ({names}) SELECT {names} FROM {name} ORDER BY {order}")  # noqa: S608 - names from below
        op.drop_table(name)
        op.rename_table(f"{name}_anew", name)
    op.create_index("ix_empi_edge_right_key", "empi_edge", ["right_key"])


_EVIDENCE: dict[str, Any] = {
    "grade": columns.Text_(8),
    "apart": columns.Flag,
    "weight": sa.Float(),
    "rule_version": columns.Text_(40),
}
_TABLES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "empi_block": (("block", "finer", "finest", "patient_key"), {}),
    "empi_token": (("token", "patient_key"), {}),
    "empi_edge": (("left_key", "right_key"), _EVIDENCE),
}
"""Of each table the columns of its primary key, and the others with their types."""
