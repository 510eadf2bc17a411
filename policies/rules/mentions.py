"""What the resources of one tenant name: the ground on which two tenants' stacks are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.estate import Estate
from policies.resource import Properties, Resource
from policies.stack import ROOT


class Mentions:
    """By tenant, every string that its resources hold, with the first resource and path that hold it."""

    def __init__(self, estate: Estate) -> None:
        self.by_tenant: dict[str, dict[str, tuple[Resource, str]]] = {}
        for tenant, stack in estate.tenants():
            found = self.by_tenant.setdefault(tenant, {})
            for resource in stack.resources:
                if resource.type != ROOT:
                    for path, value in _strings(resource.properties.raw, ""):
                        found.setdefault(value, (resource, path))

    def elsewhere(self, tenant: str, *names: str) -> Iterator[tuple[str, str]]:
        """The other tenants that name any of these, with the path where they do."""
        for other, found in self.by_tenant.items():
            if other != tenant:
                for name in names:
                    if name in found:
                        resource, path = found[name]
                        yield other, f"{resource.name}.{path}"
                        break


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value:
            yield path, value
    elif isinstance(value, Mapping):
        if not Properties.is_secret(value):
            for name, item in value.items():
                yield from _strings(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{path}[{index}]")
