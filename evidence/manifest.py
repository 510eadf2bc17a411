"""A pack's manifest: every file with its SHA-256, in a canonical form that a signature can cover."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from evidence import jsonfile, regular
from evidence.errors import EvidenceError

NAME = "manifest.json"
SIGNATURE = "manifest.sig.json"
_VERSION = 1


def canonical(document: Any) -> bytes:
    """JSON with sorted keys and no spaces, so that one document has one form."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(path: Path) -> str:
    return hashlib.sha256(regular.read(path, links=False)).hexdigest()


def names(pack: Path) -> list[str]:
    """Every file of a pack but its manifest and signature; raises on a link, a pipe and anything else."""
    found = []
    for folder, folders, files in os.walk(pack):
        for each in (*folders, *files):
            path = Path(folder, each)
            name, mode = str(path.relative_to(pack)), path.lstat().st_mode
            if stat.S_ISREG(mode):
                found.append(name)
            elif not stat.S_ISDIR(mode):
                what = "a link" if stat.S_ISLNK(mode) else "no regular file"
                raise EvidenceError(name, f"is {what}; a pack holds files only")
    return sorted({*found} - {NAME, SIGNATURE})


def content(pack: Path, subject: dict[str, Any]) -> bytes:
    """What `manifest.json` says of every file that is there now.

    `subject` says what the pack is about (drill, stack, times); it must hold no patient data.
    """
    files = {name: digest(pack / name) for name in names(pack)}
    for name in files:
        if not _encodable(name):
            raise EvidenceError(name, "has a name that is no text in UTF-8")
    return canonical({"version": _VERSION, "subject": subject, "files": files})


def _encodable(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def unfinished(pack: Path, subject: dict[str, Any], files: set[str]) -> None:
    """Write a manifest that never holds, over files that are being replaced."""
    (pack / NAME).write_bytes(
        canonical({"version": _VERSION, "subject": subject, "files": dict.fromkeys(files, "")})
    )


def read(pack: Path) -> dict[str, Any]:
    """The manifest as it stands, unchecked."""
    try:
        manifest = jsonfile.read(pack / NAME, NAME, links=False)
    except OSError as error:
        raise EvidenceError(NAME, "is missing or is no manifest") from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(isinstance(value, str) for value in files.values()):
        raise EvidenceError(NAME, "is missing or is no manifest")
    if not isinstance(manifest.get("subject", {}), dict):
        raise EvidenceError(NAME, "has a subject that is no mapping")
    return dict(manifest)


def check(pack: Path) -> dict[str, Any]:
    """The manifest, once every file is there, unchanged, and nothing stands beside them."""
    manifest = read(pack)
    listed: dict[str, str] = manifest["files"]
    present = set(names(pack))
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
    _unchanged(pack, name, listed[name])


def _unchanged(pack: Path, name: str, expected: str) -> None:
    if not expected:
        raise EvidenceError(name, "was being replaced when the run that wrote it was cut off")
    try:
        found = digest(pack / name)
    except FileNotFoundError as error:
        raise EvidenceError(name, "is missing") from error
    except (OSError, ValueError) as error:
        raise EvidenceError(name, "is no regular file that can be read") from error
    if found != expected:
        raise EvidenceError(name, "was changed after the manifest was made")
