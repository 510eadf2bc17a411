"""Outputs of another stack of the same project."""

from __future__ import annotations

from typing import Any

import pulumi


class Upstream:
    """Every output asked for must be there: a missing one stops the preview and names it."""

    def __init__(self, stack: str) -> None:
        self._reference = pulumi.StackReference(f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}")

    def output(self, key: str) -> pulumi.Output[Any]:
        return self._reference.require_output(key)

    def text(self, key: str) -> pulumi.Output[str]:
        return self._reference.require_output(key)
