"""No patient data in evidence: a pack is searched for the canaries that a drill seeded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evidence.errors import EvidenceError


def refuse_canaries(pack: Path, canaries: Iterable[str]) -> None:
    """Raise `EvidenceError` naming the first file that holds any of the values (which it does not repeat)."""
    needles = [canary.encode() for canary in canaries if canary]
    for path in sorted(p for p in pack.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if any(needle in content for needle in needles):
            raise EvidenceError(str(path.relative_to(pack)), "holds patient data that the drill had seeded")
