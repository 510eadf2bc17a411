"""`tenant documents export|import|compare`: a tenant's bucket."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from infra.cli import documents
from infra.cli.commands.common import command, say
from infra.cli.documents import Bucket
from infra.cli.google import Google, endpoints, token
from infra.cli.operator import Operator


def register(commands: Any) -> None:
    text = "a tenant's documents: export, import, compare"
    parser = commands.add_parser("documents", help=text, description=text)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    out = _command(below, "export", _export, "every document, as a file: keep the folder safe")
    out.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new or empty folder")
    into = _command(below, "import", _import, "write what the bucket does not have yet; safe to repeat")
    into.add_argument("--from", required=True, dest="source", type=Path, metavar="DIR", help="of an export")
    compare = _command(below, "compare", _compare, "exit 1 where bucket and export are not one")
    compare.add_argument(
        "--with", required=True, dest="source", type=Path, metavar="DIR", help="of an export"
    )


def _command(below: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser = command(below, name, run, text)
    parser.add_argument("--place", default="local", help="whose endpoints (default %(default)s)")
    parser.add_argument("--bucket", required=True, metavar="NAME", help="the tenant's bucket")
    return parser


def _bucket(args: argparse.Namespace) -> Bucket:
    return Bucket(Operator(Google(endpoints(args.place), token())), args.bucket.removeprefix("gs://"))


def _export(args: argparse.Namespace) -> int:
    count = documents.export(_bucket(args), args.out)
    say(args, {"documents": count}, f"{count} documents in {args.out}")
    return 0


def _import(args: argparse.Namespace) -> int:
    count = documents.load(_bucket(args), args.source)
    say(args, {"written": count}, f"{count} documents written")
    return 0


def _compare(args: argparse.Namespace) -> int:
    found = documents.differences(_bucket(args), args.source)
    say(args, {"differences": found}, "\n".join(found) or "the same documents")
    return 1 if found else 0
