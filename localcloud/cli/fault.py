"""`fault`: things that go wrong on demand, for drills."""

from __future__ import annotations

import argparse
import json
from typing import Any

from localcloud.cli import control
from localcloud.cli.errors import CliError
from localcloud.settings import LocalSettings


class BadDetail(CliError):
    """A detail that is not KEY=VALUE."""

    exit_code = 2

    def __init__(self, given: str) -> None:
        super().__init__(f"detail {given!r} is not allowed; allowed: KEY=VALUE, such as latency=0.5")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list|set|clear", required=True)
    listing = actions.add_parser("list", help="print the faults that are active")
    listing.add_argument("--json", action="store_true", help="print JSON")
    setting = actions.add_parser("set", help="make something go wrong")
    setting.add_argument("kind", help="such as region-down or api-error")
    setting.add_argument("target", help="such as europe-west3 or cloudkms")
    setting.add_argument(
        "detail", nargs="*", metavar="KEY=VALUE", help="what the kind needs, such as status=503"
    )
    clearing = actions.add_parser("clear", help="end one fault, or all")
    clearing.add_argument("kind", nargs="?", help="with a target: only this one")
    clearing.add_argument("target", nargs="?")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    if args.action == "set":
        control.request(settings, "POST", "/faults", body(args.kind, args.target, args.detail))
        print(f"{args.kind} on {args.target}: set")
    elif args.action == "clear":
        one = {"kind": args.kind, "target": args.target} if args.kind else None
        control.request(settings, "DELETE", "/faults", one)
        print(f"{args.kind} on {args.target}: cleared" if args.kind else "all faults cleared")
    else:
        _list(control.request(settings, "GET", "/faults"), as_json=args.json)
    return 0


def body(kind: str, target: str, details: list[str]) -> dict[str, Any]:
    """What the control API wants; numbers and booleans are written as in JSON."""
    fault: dict[str, Any] = {"kind": kind, "target": target}
    for detail in details:
        key, equals, value = detail.partition("=")
        if not key or not equals:
            raise BadDetail(detail)
        try:
            fault[key] = json.loads(value)
        except ValueError:
            fault[key] = value
    return fault


def _list(answer: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    faults = answer.get("faults", answer) if isinstance(answer, dict) else answer
    if not faults:
        print("no faults")
    for fault in faults:
        rest = {key: value for key, value in fault.items() if key not in ("kind", "target")}
        print(f"{fault['kind']:<16} {fault['target']:<32} {json.dumps(rest) if rest else ''}".rstrip())
