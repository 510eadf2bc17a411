"""The operational tables, as SQLAlchemy sees them; `migrations/` makes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

metadata = MetaData()

tenant = Table("tenant", metadata, Column("name", String(63), primary_key=True))
"""Whose database this is: a runtime refuses to serve another tenant from it."""

clients = Table(
    "clients",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("jwks", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
)

assertions = Table(
    "assertions",
    metadata,
    Column("client_id", String(128), primary_key=True),
    Column("jti", String(255), primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
"""Client assertions already used (RFC 7523 section 3, item 7)."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("client_id", String(128), nullable=False),
    Column("key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    UniqueConstraint("client_id", "key"),
)
"""`answer` is sealed under the tenant's data key; empty while the first request is under way."""

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("data_keys_created_at", "created_at"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("tenant", String(63), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

export_jobs = Table(
    "export_jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", String(128), nullable=False),
    Column("request", Text, nullable=False),
    Column("transaction_time", String(40), nullable=False),
    Column("since", String(40)),
    Column("kinds", Text, nullable=False),
    Column("elements", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
)
"""Bulk data exports: what was asked, and how far its resources are counted. No resource, no id of one."""
