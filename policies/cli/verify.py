"""`verify`: check a report's files, their manifest and its signature, without a network."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from evidence import manifest, publickey, signature, told
from evidence.errors import EvidenceError, KeyFileError
from evidence.signature import Signed
from policies.cli.common import Commands
from policies.errors import PolicyError


def add(commands: Commands) -> argparse.ArgumentParser:
    words = "check a report offline; exit 1 where it does not hold, or where --key did not sign it"
    verify = commands.add_parser("verify", help=words)
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
        trusted = publickey.read(given.key) if given.key else None
    except KeyFileError as error:
        raise PolicyError(str(error)) from error
    try:
        pack, name = _pack(given.path)
        signed = signature.verified(pack, trusted, name)
        about = manifest.read(pack).get("subject", {})
    except EvidenceError as error:
        facts = {"holds": False, "file": error.file, "problem": error.problem}
        print(json.dumps(facts) if given.json else f"does not hold: {error}")
        return 1
    pinned = trusted is not None
    if given.json:
        print(json.dumps({**told.facts(signed, pinned), "subject": about}, indent=2))
    else:
        print("\n".join(_lines(signed, pinned, about)))
    return 0


def _lines(signed: Signed | None, pinned: bool, about: dict[str, Any]) -> list[str]:
    from policies.report.text import visible

    how = "" if signed else " (report --sign KEY signs)"
    told_of = [f"{visible(field):<13} {_plain(value)}" for field, value in about.items()]
    return [told.sentence(signed, pinned) + how, *told_of]


def _plain(value: object) -> str:
    from policies.report.text import visible

    if isinstance(value, dict):
        return ", ".join(f"{visible(str(key))} ({visible(str(each))[:16]}…)" for key, each in value.items())
    return visible(str(value))
