"""the schema of the sixth release

Narrowing by age and sex has an index of its own; made in some seconds for each million identities.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_empi_identity_born", "empi_identity", ["birth_year", "sex", "division_code", "person_id"])


def downgrade() -> None:
    op.drop_index("ix_empi_identity_born", "empi_identity")
