"""No patient data in evidence: a pack is searched for the canaries that a drill seeded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evidence import regular
from evidence.errors import EvidenceError


def read_canaries(file: Path | None) -> list[str]:
    """The values of a file, one a line; none without a file. Raises `ValueError` where it is no text."""
    try:
        text = regular.read(file).decode() if file else ""
    except UnicodeDecodeError as error:
        raise ValueError(f"--canaries: {file}: is no text in UTF-8") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def refuse_canaries(pack: Path, canaries: Iterable[str]) -> None:
    """Raise `EvidenceError` naming the first file that holds any of the values (which it does not repeat)."""
    needles = [canary.encode() for canary in canaries if canary]
    for path in sorted(p for p in pack.rglob("*") if p.is_file()):
        content = path.read_bytes()
        if any(needle in content for needle in needles):
            raise EvidenceError(str(path.relative_to(pack)), "holds patient data that the drill had seeded")
