"""`python -m evidence verify PACK`: check a pack offline. Exit 0 it holds, 1 it does not, 2 bad usage.

A pack that nobody signed holds where every hash fits, unless --key names who must have signed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from evidence import publickey
from evidence.errors import EvidenceError, KeyFileError
from evidence.signature import verified
from evidence.text import visible
from evidence.told import facts, sentence


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evidence", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="check every file, the manifest and its signature")
    check.add_argument("pack", type=Path)
    check.add_argument("--key", type=Path, help="PEM of the key that must have signed")
    check.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    if not given.pack.is_dir():
        print(f"evidence: {visible(str(given.pack))} is no folder", file=sys.stderr)
        return 2
    try:
        signed = verified(given.pack, publickey.read(given.key) if given.key else None)
    except (KeyFileError, OSError) as error:
        print(f"evidence: {error}", file=sys.stderr)
        return 2
    except EvidenceError as error:
        refused = {"holds": False, "file": error.file, "problem": error.problem}
        print(json.dumps(refused) if given.json else error)
        return 1
    pinned = given.key is not None
    print(json.dumps(facts(signed, pinned)) if given.json else sentence(signed, pinned))
    return 0


if __name__ == "__main__":
    sys.exit(main())
