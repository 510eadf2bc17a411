"""Bulk data exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_jobs",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("transaction_time", sa.String(40), nullable=False),
        sa.Column("since", sa.String(40)),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("elements", sa.Text, nullable=False),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def downgrade() -> None:
    op.drop_table("export_jobs")
