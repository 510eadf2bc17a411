"""What people add to a run: the reviewer's sign-off, and corrective actions with owner and date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from runbooks.errors import PreconditionError

DECISIONS = ("accepted", "rejected")


@dataclass(frozen=True)
class Corrective:
    """Something to be mended, by whom and until when."""

    what: str
    owner: str
    due: date


@dataclass(frozen=True)
class Review:
    """One person's sign-off (`by` is None where nobody has yet), and what is to be done."""

    by: str | None = None
    decision: str = "accepted"
    note: str = ""
    on: date | None = None
    actions: tuple[Corrective, ...] = ()

    def document(self) -> dict[str, Any]:
        signed = {
            "by": self.by,
            "decision": self.decision,
            "note": self.note,
            "on": self.on.isoformat() if self.on else None,
        }
        return {
            "review": signed if self.by else None,
            "corrective_actions": [
                {"what": each.what, "owner": each.owner, "due": each.due.isoformat()} for each in self.actions
            ],
        }


def corrective(text: str) -> Corrective:
    """`WHAT|OWNER|YYYY-MM-DD`."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) != 3 or not all(parts):
        raise PreconditionError(f"--corrective: {text!r} is not WHAT|OWNER|YYYY-MM-DD")
    try:
        due = date.fromisoformat(parts[2])
    except ValueError:
        raise PreconditionError(f"--corrective: {parts[2]!r} is no date, such as 2026-12-31") from None
    return Corrective(parts[0], parts[1], due)


def reviewed(
    by: str | None, decision: str, note: str, actions: Sequence[str], run: Mapping[str, Any]
) -> Review:
    """The review of a run; who took part in it cannot sign it off."""
    if by is not None:
        by = " ".join(by.split())
        if not by:
            raise PreconditionError("--reviewer: the name is empty")
        part = {name.casefold(): role for role, name in run["roles"].items() if name and role != "reviewer"}
        if by.casefold() in part:
            raise PreconditionError(
                f"--reviewer: {by} was the {part[by.casefold()]} of this run; another person must review it"
            )
    return Review(by, decision, note, date.today() if by else None, tuple(map(corrective, actions)))


def told(pack: Mapping[str, Any]) -> Review:
    """The review that a pack already has."""
    signed = pack.get("review") or {}
    actions = [
        Corrective(each["what"], each["owner"], date.fromisoformat(each["due"]))
        for each in pack.get("corrective_actions", [])
    ]
    if not signed:
        return Review(actions=tuple(actions))
    return Review(
        signed["by"], signed["decision"], signed["note"], date.fromisoformat(signed["on"]), tuple(actions)
    )
