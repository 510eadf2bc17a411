"""What is said of a pack that holds: who signed it, and how far that can be relied on."""

from __future__ import annotations

from typing import Any

from evidence.signature import Signed
from evidence.text import visible

UNSIGNED = "unsigned: every hash fits; nothing says who made it"


def facts(signed: Signed | None, pinned: bool) -> dict[str, Any]:
    """What a program is told of a pack that holds."""
    key, fingerprint = (signed.key, signed.fingerprint) if signed else (None, None)
    return {"holds": True, "signed": bool(signed), "key": key, "sha256": fingerprint, "pinned": pinned}


def sentence(signed: Signed | None, pinned: bool) -> str:
    """The same for people: the name is the signer's own word, the fingerprint is what was checked."""
    if signed is None:
        return UNSIGNED
    trust = (
        "the given key"
        if pinned
        else "the key inside: whole, but not proof of who made it; pin it with --key"
    )
    return f"holds; signed by {visible(signed.key)} ({trust})\npublic key    SHA-256 {signed.fingerprint}"
