"""`python -m runbooks`."""

from runbooks.cli.main import main

__all__ = ["main"]
