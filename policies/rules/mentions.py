"""What the resources of one tenant name: the ground on which two tenants' stacks are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.estate import Estate
from policies.resource import SECRET, UNKNOWN_STRING, Properties, Resource, UnknownValue
from policies.stack import ROOT


class Mentions:
    """By tenant, every string that its resources hold, with the first resource and path that hold it.

    `unknown` has, by tenant, the first value that is not known: anything may be named there.
    """

    def __init__(self, estate: Estate) -> None:
        self.by_tenant: dict[str, dict[str, tuple[Resource, str]]] = {}
        self.unknown: dict[str, str] = {}
        for tenant, stack in estate.tenants():
            found = self.by_tenant.setdefault(tenant, {})
            for resource in stack.resources:
                if resource.type != ROOT:
                    for path, value in _strings(resource.properties.raw, ""):
                        if value == UNKNOWN_STRING:
                            self.unknown.setdefault(tenant, f"{resource.name}.{path}")
                        else:
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

    def proved(self, tenant: str) -> UnknownValue | None:
        """What keeps the absence of a mention by the others from being proved."""
        path = next((path for other, path in self.unknown.items() if other != tenant), None)
        return UnknownValue(path) if path else None


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
    elif value is not None and value is not SECRET and not isinstance(value, (bool, int, float)):
        yield path, UNKNOWN_STRING
