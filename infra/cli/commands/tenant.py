"""`tenant …`: the life of one tenant. Each of `MEMBERS` registers its commands below `tenant`."""

from __future__ import annotations

from typing import Any

from infra.cli.commands import (
    offboard,
    tenant_client,
    tenant_documents,
    tenant_list,
    tenant_move,
    tenant_new,
    tenant_records,
)

MEMBERS = (
    tenant_list,
    tenant_move,
    tenant_new,
    tenant_records,
    tenant_documents,
    tenant_client,
    offboard,
)


def register(commands: Any) -> None:
    text = "tenants: add one, and what comes after"
    parser = commands.add_parser("tenant", help=text, description=text)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    for member in MEMBERS:
        member.register(below)
