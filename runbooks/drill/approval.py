"""A production stack is drilled only when two people said so."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.errors import PreconditionError


def approvals(given: Sequence[str], stack: str, production: bool) -> list[str]:
    """The names, once each; refused where a production stack has fewer than two different ones."""
    names: dict[str, str] = {}
    for name in given:
        plain = " ".join(name.split())
        if not plain:
            raise PreconditionError("--approve: a name is empty")
        if plain.casefold() in names and production:
            raise PreconditionError(f"--approve: {plain} approved twice; {stack} needs two different people")
        names[plain.casefold()] = plain
    if production and len(names) < 2:
        raise PreconditionError(f"--approve: {stack} is production; two different names are needed")
    return list(names.values())
