"""`python -m evidence verify PACK`: check a pack offline. Exit 0 it holds, 1 it does not, 2 bad usage."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from evidence.errors import EvidenceError
from evidence.signature import verify


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evidence", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="check every file, the manifest and its signature")
    check.add_argument("pack", type=Path)
    check.add_argument("--key", type=Path, help="PEM of the key that must have signed")
    check.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    if not given.pack.is_dir():
        print(f"evidence: {given.pack} is no folder", file=sys.stderr)
        return 2
    try:
        key = verify(given.pack, given.key.read_text() if given.key else None)
    except OSError as error:
        print(f"evidence: --key: {error}", file=sys.stderr)
        return 2
    except EvidenceError as error:
        print(
            json.dumps({"holds": False, "file": error.file, "problem": error.problem})
            if given.json
            else error
        )
        return 1
    trust = "given key" if given.key else "key inside the pack: whole, but not proof of who made it"
    print(json.dumps({"holds": True, "key": key}) if given.json else f"holds; signed by {key} ({trust})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
