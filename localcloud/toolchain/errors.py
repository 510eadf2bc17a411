"""Errors of the toolchain.

ToolchainError          no Pulumi CLI can be had; lists what was tried
└── StepFailed          one way of getting it failed; the next is tried
"""

from __future__ import annotations

from collections.abc import Sequence


class ToolchainError(Exception):
    """No way led to a Pulumi CLI."""

    def __init__(self, tried: Sequence[str]) -> None:
        super().__init__("no Pulumi CLI could be found or made:" + "".join(f"\n  - {line}" for line in tried))
        self.tried = tuple(tried)


class StepFailed(ToolchainError):
    """This way did not lead to it: `step` names the way, `why` is a clause."""

    def __init__(self, step: str, why: str) -> None:
        Exception.__init__(self, f"{step}: {why}")
        self.step, self.why = step, why
