"""Whether a pack holds, offline: every byte, the signature, and that its documents tell one story."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from evidence import manifest, publickey, signature
from evidence.errors import EvidenceError
from runbooks.drill import journal
from runbooks.drill.verdict import judge
from runbooks.errors import JournalError, PackError, PreconditionError
from runbooks.pack import document
from runbooks.pack.document import KEY

ALGORITHM = "EC_SIGN_P256_SHA256"
_UNFIT = "does not fit the manifest and the key"


def verify(folder: Path, trusted_pem: str | None = None, max_age: int | None = None) -> dict[str, Any]:
    """The pack's document, once everything holds; raises `PackError` or `EvidenceError` naming the file.

    With `trusted_pem` the signature must be that key's; without it the pack is whole, and nothing says
    who made it. `max_age` is in days.
    """
    if not folder.is_dir():
        raise PreconditionError(f"{folder}: is no folder")
    if link := next((path for path in sorted(folder.rglob("*")) if path.is_symlink()), None):
        raise PackError(str(link.relative_to(folder)), "is a link; a pack holds files only")
    _trusted(trusted_pem)
    _signature(folder, trusted_pem)
    manifest.check(folder)
    _same_key(folder)
    pack = document.read(folder)
    _one_story(folder, pack)
    if max_age is not None:
        _fresh(pack, max_age)
    return pack


def _trusted(pem: str | None) -> None:
    if pem is None:
        return
    try:
        publickey.load(pem)
    except ValueError as error:
        raise PreconditionError("--key: is no public key of EC P-256 in PEM") from error


def _signature(folder: Path, trusted_pem: str | None) -> None:
    """The signature before the files: a changed manifest must not blame what it lists."""
    if not (folder / manifest.SIGNATURE).exists():
        manifest.check(folder)
        raise PackError(manifest.SIGNATURE, "is missing: the pack is not signed")
    try:
        signature.verify_manifest(folder)
    except EvidenceError as error:
        if error.problem != _UNFIT:
            raise
        raise PackError(manifest.NAME, f"and {manifest.SIGNATURE} do not fit: one was changed") from error
    if trusted_pem is not None:
        try:
            signature.verify_manifest(folder, trusted_pem)
        except EvidenceError as error:
            raise PackError(manifest.SIGNATURE, "is not by the given key") from error
    _as_written((folder / manifest.SIGNATURE).read_bytes())


def _as_written(raw: bytes) -> None:
    """No byte of the signature's own file is free to change."""
    told = json.loads(raw)
    plain = {"algorithm": ALGORITHM, "key": told["key"], "public_key": told["public_key"]}
    plain["signature"] = base64.b64encode(base64.b64decode(told["signature"])).decode()
    if raw != (json.dumps(plain, indent=2) + "\n").encode():
        raise PackError(manifest.SIGNATURE, "was changed after it was made")


def _same_key(folder: Path) -> None:
    """The signature's key is the one that the pack says it was signed with."""
    signed = json.loads((folder / manifest.SIGNATURE).read_bytes())
    try:
        told = json.loads((folder / KEY).read_bytes())
        same = (told["key"], told["public_key"]) == (signed["key"], signed["public_key"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackError(KEY, "is missing or names no key") from error
    if not same:
        raise PackError(manifest.SIGNATURE, f"is by another key than {KEY} names")


def _one_story(folder: Path, pack: dict[str, Any]) -> None:
    """The journal is whole, its folded form is of it, and the verdict follows from it."""
    try:
        run = journal.read(folder)
        folded = json.loads((folder / journal.DOCUMENT).read_bytes())
    except (JournalError, OSError, ValueError) as error:
        raise PackError(journal.NAME, "is missing, cut off or no journal") from error
    if not run["ended"]:
        raise PackError(journal.NAME, "is cut off: it does not say how the run ended")
    if folded != run:
        raise PackError(journal.DOCUMENT, f"tells something else than {journal.NAME}")
    if journal.rolled_back(run) != run["rolled_back"]:
        raise PackError(journal.NAME, "says of the rollback what its steps do not")
    if judge(run) != run["verdict"]:
        raise PackError(journal.NAME, f"says {run['verdict']}, but what it tells of is {judge(run)}")
    for key in ("run", "stack", "started", "ended", "status", "verdict", "objectives", "measured", "roles"):
        if pack[key] != run[key]:
            raise PackError(document.NAME, f"{key} is not what {journal.NAME} says")


def _fresh(pack: dict[str, Any], days: int) -> None:
    age = (datetime.now(UTC).date() - date.fromisoformat(pack["date"])).days
    if age > days:
        raise PackError(document.NAME, f"the drill is {age} days old, and at most {days} are allowed")
