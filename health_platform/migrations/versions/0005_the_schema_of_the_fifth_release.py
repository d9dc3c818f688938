"""the schema of the fifth release

SQLite keeps the keys and the evidence of the person index in the order of their primary keys (``columns.KEY_ORDERED``); nothing
changes on other databases. It rewrites these tables: some seconds for each 100,000 identities.

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


def downgrade() -> None:
    _rewrite({})


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
