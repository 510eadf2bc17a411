"""`verify`: check a report's files, their manifest and its signature, without a network."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evidence import manifest, signature
from evidence.errors import EvidenceError
from policies.cli.common import Commands
from policies.errors import PolicyError


def add(commands: Commands) -> argparse.ArgumentParser:
    verify = commands.add_parser(
        "verify", help="check a signed report offline; exit 1 where it does not hold"
    )
    verify.add_argument("path", type=Path, help="a report's folder, or one file with its manifest beside it")
    verify.add_argument("--key", type=Path, metavar="PEM", help="public key that must have signed")
    verify.add_argument("--json", action="store_true")
    return verify


def _pack(path: Path) -> tuple[Path, str]:
    """The folder that holds the manifest, and the path inside it ("" for all of it)."""
    if path.is_dir():
        return path, ""
    for folder in path.absolute().parents:
        if (folder / manifest.NAME).is_file():
            return folder, str(path.absolute().relative_to(folder))
    if not path.exists():
        raise PolicyError(f"{path}: does not exist")
    raise EvidenceError(path.name, f"has no {manifest.NAME} beside it")


def run(given: argparse.Namespace) -> int:
    try:
        trusted = given.key.read_text() if given.key else None
    except (OSError, ValueError) as error:
        raise PolicyError(f"--key: {given.key} cannot be read ({error})") from error
    try:
        pack, name = _pack(given.path)
        key = signature.verify_file(pack, name, trusted) if name else signature.verify(pack, trusted)
        about = manifest.read(pack).get("subject") or {}
    except EvidenceError as error:
        facts = {"holds": False, "file": error.file, "problem": error.problem}
        print(json.dumps(facts) if given.json else f"does not hold: {error}")
        return 1
    if given.json:
        print(json.dumps({"holds": True, "key": key, "pinned": bool(given.key), "subject": about}, indent=2))
        return 0
    trust = (
        "the given key"
        if given.key
        else "the key inside: whole, but not proof of who made it; pin it with --key"
    )
    print(f"holds; signed by {key} ({trust})")
    for field, value in about.items():
        print(f"{field:<13} {_plain(value)}")
    return 0


def _plain(value: object) -> str:
    from policies.report.text import visible

    if isinstance(value, dict):
        return ", ".join(f"{visible(str(key))} ({visible(str(each))[:16]}…)" for key, each in value.items())
    return visible(str(value))
