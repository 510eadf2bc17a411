"""`plugin types`: what our gcp plugin covers, and what of it goes beyond the recordings.

A type with a recording sends exactly what the published provider was seen to send. A type without one
follows that provider's source, and nothing has compared the two on the wire.
"""

from __future__ import annotations

import argparse
import json

from localcloud.plugin import catalogue
from localcloud.plugin.coverage import coverage
from localcloud.settings import LocalSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", choices=("types",), help="what to list")
    parser.add_argument("--json", action="store_true", help="print version and types as JSON")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    found = coverage()
    if args.json:
        types = [{"type": token, "recorded": known} for token, known in found.items()]
        print(json.dumps({"version": catalogue.version(), "types": types}, indent=2))
        return 0
    width = max(map(len, found))
    print(f"{'type':<{width}}  recorded")
    for token, known in found.items():
        print(f"{token:<{width}}  {'yes' if known else 'no'}")
    print(f"{len(found)} types, {sum(found.values())} with a recording")
    return 0
