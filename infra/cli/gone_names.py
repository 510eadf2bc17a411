"""Names that a tenant of the place had before: its key ring keeps them, for Google deletes none.

Known from what off-boarding and destroy keep on this machine; https://cloud.google.com/kms/docs/object-hierarchy
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from infra.cli import destroyed, offboard_state
from infra.cli.errors import CliError

_RING = "gcp:kms/keyRing:KeyRing"


class NameGone(CliError):
    """`up` would meet the old tenant's key ring (409), whose keys are destroyed."""

    code = 2

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"NAME: {name} {what}; take another, such as {name}-b")


def require_new(home: Path, place: str, name: str, rings: Iterable[str]) -> None:
    """`rings` are the key rings that the new tenant would make, by full name."""
    state = offboard_state.load(offboard_state.path(home, place, name))
    if state and (state.certified or any(each.shredding for each in state.stacks)):
        kept = "and its key ring keeps the name for good"
        if not state.certified:
            raise NameGone(name, f"is being off-boarded (since {_day(state.stacks[0].shredding)}), {kept}")
        proof = Path(state.out) / "certificate"
        raise NameGone(name, f"was off-boarded {_day(state.certified)} (certificate in {proof}), {kept}")
    wanted = set(rings)
    for suffix in ("", "-2"):
        found = destroyed.load(home, f"{place}-tenant-{name}{suffix}")
        ring = next((each.id for each in found.survivors if each.type == _RING), "") if found else ""
        if found and ring in wanted:
            when = f"destroyed {_day(found.at)}" if found.at else "being destroyed"
            raise NameGone(name, f"was {when}, and its key ring {ring} keeps the name for good")


def _day(instant: str) -> str:
    return instant[:10]
