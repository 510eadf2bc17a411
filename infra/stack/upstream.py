"""Outputs of another stack of the same project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.errors import ConfigError


class Upstream:
    """Every output asked for must be there: a missing one stops the preview and names it.

    The engine allows one reference to a stack in a program: make one `Upstream` and hand it on.
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._reference = pulumi.StackReference(f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}")

    def output(self, key: str) -> pulumi.Output[Any]:
        return self._reference.require_output(key)

    def text(self, key: str) -> pulumi.Output[str]:
        return self._reference.require_output(key)

    def entry(self, key: str, name: str) -> pulumi.Output[Any]:
        """One entry of an output that is a mapping."""
        return self.output(key).apply(lambda found: pick(found, name, f"output {key!r} of {self._stack}"))


def pick(found: Mapping[str, Any] | None, name: str, what: str) -> Any:
    """One entry, or a ConfigError that lists what there is."""
    if not found or name not in found:
        known = ", ".join(sorted(found or ())) or "nothing"
        raise ConfigError(name, None, f"a name in {what}, which holds {known}")
    return found[name]
