"""Errors of the command line: what a person can do comes with each.

CliError
├── NoEngine        the Pulumi CLI is not there
├── WrongEngine     the Pulumi CLI does not fit the SDK
├── EngineFailed    a Pulumi command failed; its log is named
│   └── AlreadyThere  a stack to be made is there
├── Protected       destroy met what is protected
├── StackBusy       another command of this machine works on the stack
└── EngineBusy      an engine without its command works on the stack
"""

from __future__ import annotations

from pathlib import Path


class CliError(Exception):
    """Ends the command with `code`: 1 the answer is no, 2 bad usage or input."""

    code = 1


class NoEngine(CliError):
    code = 2

    def __init__(self) -> None:
        super().__init__('pulumi is not on PATH; on this machine: eval "$(python -m localcloud env)"')


class WrongEngine(CliError):
    code = 2

    def __init__(self, said: str) -> None:
        super().__init__(f"the pulumi on PATH cannot be used: {said}")


class EngineFailed(CliError):
    """`reasons` are the engine's own messages and the policies that were violated."""

    def __init__(self, stack: str, verb: str, reasons: list[str], log: Path) -> None:
        self.stack, self.verb, self.reasons = stack, verb, reasons
        lines = "\n".join(f"  {line}" for reason in reasons for line in reason.strip().splitlines())
        super().__init__(f"{stack}: pulumi {verb} failed\n{lines}\n  log: {log}")


class AlreadyThere(EngineFailed):
    """Another command made the stack meanwhile."""


class Protected(CliError):
    def __init__(self, stack: str, names: list[str]) -> None:
        shown = ", ".join(names[:5]) + (" and more" if len(names) > 5 else "")
        super().__init__(
            f"{stack} is protected ({shown}). Two steps take it down: set careplane:decommission to true in "
            f"its stack file and run up, then destroy; or let `destroy --decommission` do both"
        )


class StackBusy(CliError):
    """`holder` is who has the stack, as it said itself: process, what it does, since when."""

    def __init__(self, stack: str, holder: str) -> None:
        self.stack, self.holder = stack, holder
        super().__init__(f"{stack} is busy: {holder}. Wait until it has ended, or stop it, and run again")


class EngineBusy(CliError):
    """An engine whose command was killed; it ends by itself."""

    def __init__(self, stack: str, pid: int, how: str) -> None:
        self.stack, self.pid = stack, pid
        super().__init__(f"{stack}: the engine of an earlier command (process {pid}) was {how}; run again")
