"""The command groups of `python -m infra`: a module each, with `register(subparsers)`.

A new group is a module here and a name in `GROUPS`; a command below `tenant` is a name in
`tenant.MEMBERS`.
"""

from __future__ import annotations

from infra.cli.commands import bootstrap, fleet, stacks, tenant, views

GROUPS = (bootstrap, stacks, fleet, tenant, views)
