"""Several stacks judged together: what tenants may not share is seen only so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.errors import StateError
from policies.stack import Stack


@dataclass(frozen=True)
class Estate:
    """Stacks by name; the same stack twice is refused, because its resources would count twice."""

    stacks: tuple[Stack, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for stack in self.stacks:
            if stack.name in seen:
                raise StateError(stack.name, "was given twice: two states of one stack share every URN")
            seen.add(stack.name)

    def tenants(self) -> Iterator[tuple[str, Stack]]:
        """The stacks of tenants, each with its tenant (the sites of one tenant share its name)."""
        for stack in self.stacks:
            if stack.context.kind == "tenant":
                tenant = stack.context.settings.get("tenant")
                yield tenant if isinstance(tenant, str) and tenant else stack.name, stack
