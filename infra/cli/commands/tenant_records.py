"""`tenant records export|import|compare`: a tenant's records through its public route."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.cli import records
from infra.cli.commands.common import command, say
from infra.cli.offboard_export import Route


def register(commands: Any) -> None:
    text = "a tenant's records through its public route: export, import, compare"
    parser = commands.add_parser("records", help=text, description=text)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    out = command(below, "export", _export, "every record, decrypted, as NDJSON: keep the folder safe")
    _endpoint(out)
    out.add_argument("--out", required=True, type=Path, metavar="DIR", help="a new or empty folder")
    into = command(below, "import", _import, "put every record under the id that it has; safe to repeat")
    _endpoint(into)
    into.add_argument("--from", required=True, dest="source", type=Path, metavar="DIR", help="of an export")
    compare = command(below, "compare", _compare, "exit 1 where two exports are not one, row by row")
    compare.add_argument("one", metavar="DIR", type=Path)
    compare.add_argument("other", metavar="DIR", type=Path)


def _endpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", required=True, help="the tenant's fhirUrl")
    parser.add_argument(
        "--token-command",
        required=True,
        metavar="COMMAND",
        help="prints an access token: of a client with system/*.rs, for import system/*.cruds",
    )


def _export(args: argparse.Namespace) -> int:
    found = records.export(Route(args.url.rstrip("/"), args.token_command), args.out)
    total = sum(each.count for each in found.values())
    lines = [f"{kind:<32} {each.count:>9}  {each.sha256}" for kind, each in found.items()]
    say(
        args,
        {kind: asdict(each) for kind, each in found.items()},
        "\n".join([*lines, f"{total} records in {args.out}"]),
    )
    return 0


def _import(args: argparse.Namespace) -> int:
    expected = records.digests(args.source)
    done = records.load(records.Target(args.url.rstrip("/"), args.token_command), args.source)
    lines = [f"{kind:<32} {count:>9}" for kind, count in done.items()]
    say(args, done, "\n".join([*lines, f"{sum(done.values())} records written"]))
    return 0 if done == {kind: each.count for kind, each in expected.items()} else 1


def _compare(args: argparse.Namespace) -> int:
    one, other = records.digests(args.one), records.digests(args.other)
    found = records.differences(one, other)
    total = sum(each.count for each in one.values())
    say(args, {"records": total, "differences": found}, "\n".join(found) or f"the same {total} records")
    return 1 if found else 0
