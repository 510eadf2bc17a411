"""Errors of the command line.

CliError               one sentence for the person, and an exit code
├── NotRunning         a running localcloud is needed
├── PortInUse          something else listens on one of our ports
├── Unwritable         the disk refuses us
└── Refused            localcloud answered with an error
"""

from __future__ import annotations

from pathlib import Path


class CliError(Exception):
    """A sentence that says what is wrong and what to do; 1 the answer is no, 2 bad input."""

    exit_code = 1


class NotRunning(CliError):
    """Asked something of a localcloud that does not run."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"no local cloud runs from {home}; start it with `python -m localcloud up`")
        self.home = home


class PortInUse(CliError):
    """A port that an API needs is taken by another program."""

    exit_code = 2

    def __init__(self, address: str, port: int, use: str, base: int) -> None:
        super().__init__(
            f"port {port} of {address} ({use}) is in use by another program;"
            f" stop that program, or set CAREPLANE_PORT_BASE to something other than {base} and put the"
            " ports into the stack files with `.venv/bin/python -m localcloud endpoints --write-stacks`"
        )
        self.port = port


class Unwritable(CliError):
    """A folder that cannot be made or written."""

    exit_code = 2

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot write {path}: {why}; set CAREPLANE_HOME to a folder that you may write")
        self.path = path


class Refused(CliError):
    """localcloud's control API answered with an error."""

    def __init__(self, path: str, status: int, message: str) -> None:
        super().__init__(f"localcloud answered {status} to {path}: {message}")
        self.status = status
