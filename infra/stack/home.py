"""What a tenant's stack knows of its cell, as the cell's stack exports it."""

from __future__ import annotations

import pulumi

from infra.stack.upstream import Upstream

CELL = "cell"
"""Name of the cell's own project among its projects; no dedicated tenant may have it."""


class Home:
    """`tenant` is a dedicated tenant's name, or `CELL` for the cell's own project."""

    def __init__(self, stack: str, tenant: str) -> None:
        self._cell = Upstream(stack)
        self._tenant = tenant

    def text(self, key: str) -> pulumi.Output[str]:
        return self._cell.text(key)

    def part(self, key: str, name: str) -> pulumi.Output[str]:
        """One entry of an output that is a mapping."""
        return self._cell.entry(key, name)

    def agent(self, service: str) -> pulumi.Output[str]:
        """Google's identity for a service in the tenant's project, as an IAM member."""
        return self._agent(self._tenant, service)

    def cell_agent(self, service: str) -> pulumi.Output[str]:
        """The same in the cell's own project."""
        return self._agent(CELL, service)

    def _agent(self, project: str, service: str) -> pulumi.Output[str]:
        found: pulumi.Output[str] = self._cell.entry("projects", project)["agents"][service]
        return found
