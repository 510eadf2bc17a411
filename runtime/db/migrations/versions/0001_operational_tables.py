"""Operational tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table("tenant", sa.Column("name", sa.String(63), primary_key=True))
    op.create_table(
        "clients",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("jwks", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("revoked_at", moment),
    )
    op.create_table(
        "assertions",
        sa.Column("client_id", sa.String(128), primary_key=True),
        sa.Column("jti", sa.String(255), primary_key=True),
        sa.Column("expires_at", moment, nullable=False, index=True),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("created_at", moment, nullable=False, index=True),
        sa.UniqueConstraint("client_id", "key"),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Index("data_keys_created_at", "created_at"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("tenant", sa.String(63), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
    )


def downgrade() -> None:
    for name in ("audit_heads", "data_keys", "idempotency_keys", "assertions", "clients", "tenant"):
        op.drop_table(name)
