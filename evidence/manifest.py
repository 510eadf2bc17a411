"""A pack's manifest: every file with its SHA-256, in a canonical form that a signature can cover."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from evidence.errors import EvidenceError

NAME = "manifest.json"
SIGNATURE = "manifest.sig.json"
_VERSION = 1


def canonical(document: Any) -> bytes:
    """JSON with sorted keys and no spaces, so that one document has one form."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(pack: Path) -> list[Path]:
    kept = {NAME, SIGNATURE}
    return sorted(p for p in pack.rglob("*") if p.is_file() and str(p.relative_to(pack)) not in kept)


def build(pack: Path, subject: dict[str, Any]) -> bytes:
    """Write `manifest.json` over every file of the pack and return its bytes.

    `subject` says what the pack is about (drill, stack, times); it must hold no patient data.
    """
    files = {str(path.relative_to(pack)): digest(path) for path in _files(pack)}
    raw = canonical({"version": _VERSION, "subject": subject, "files": files})
    (pack / NAME).write_bytes(raw)
    return raw


def read(pack: Path) -> dict[str, Any]:
    """The manifest as it stands, unchecked."""
    try:
        manifest: dict[str, Any] = json.loads((pack / NAME).read_bytes())
        if not all(isinstance(value, str) for value in manifest["files"].values()):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(NAME, "is missing or is no manifest") from error
    return manifest


def check(pack: Path) -> dict[str, Any]:
    """The manifest, once every file is there, unchanged, and nothing stands beside them."""
    manifest = read(pack)
    listed: dict[str, str] = manifest["files"]
    present = {str(path.relative_to(pack)) for path in _files(pack)}
    for name in sorted(present - set(listed)):
        raise EvidenceError(name, "is not in the manifest")
    for name, expected in sorted(listed.items()):
        if name not in present:
            raise EvidenceError(name, "is missing")
        _unchanged(pack, name, expected)
    return manifest


def check_file(pack: Path, name: str) -> None:
    """One file of a pack, whatever else of it is there."""
    listed = read(pack)["files"]
    if name not in listed:
        raise EvidenceError(name, "is not in the manifest")
    if not (pack / name).is_file():
        raise EvidenceError(name, "is missing")
    _unchanged(pack, name, listed[name])


def _unchanged(pack: Path, name: str, expected: str) -> None:
    if digest(pack / name) != expected:
        raise EvidenceError(name, "was changed after the manifest was made")
