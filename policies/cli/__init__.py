"""The command line: a file per command."""

from policies.cli.main import main

__all__ = ["main"]
