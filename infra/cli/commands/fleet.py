"""`fleet preview|up|destroy`: one command over many tenants of a place."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from infra.cli import fleet_select, fleet_state
from infra.cli.commands.common import command, of_place, rehearse, say
from infra.cli.fleet import Fleet, order
from infra.cli.fleet_state import FAILED, SKIPPED, FleetState, TenantResult
from infra.cli.fleet_tenant import FleetOptions
from infra.cli.fleet_view import FleetView
from infra.cli.places import Stack
from infra.cli.pulumi import Pulumi
from infra.errors import ConfigError

_WORDS = {
    "preview": "what `fleet up` would change; exit 1 when a tenant fails",
    "up": "preview each tenant under the policies, then update it; canaries first, in waves",
    "destroy": "destroy each tenant's stack; with --decommission its protection is lifted first",
}


def register(commands: Any) -> None:
    text = "many tenants of a place: canaries first, in waves, until done or too many fail"
    parser = commands.add_parser("fleet", help=text, description=text)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    for verb, words in _WORDS.items():
        _options(command(below, verb, _fleet, words), verb)


def _options(parser: argparse.ArgumentParser, verb: str) -> None:
    parser.add_argument("--place", default="local", help="which stacks (default %(default)s)")
    rehearse(parser)
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="KEY=VALUE,…",
        help="cell=STACK, profile=, placement=, tenant=; a key given again widens, another key narrows",
    )
    parser.add_argument("--canary", type=_count, default=1, metavar="N", help="tenants of the first wave (1)")
    parser.add_argument("--parallel", type=_some, default=2, metavar="K", help="tenants at a time (2)")
    parser.add_argument("--max-failures", type=_some, default=1, metavar="M", help="stop at so many (1)")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what was stopped; done tenants are left alone"
    )
    if verb == "destroy":
        parser.add_argument("--decommission", action="store_true", help="lift protection first")
    else:
        parser.add_argument(
            "--allow-replace",
            action="append",
            default=[],
            metavar="URN",
            help="a stateful resource that may be replaced or deleted (* matches anything); may be repeated",
        )
    parser.set_defaults(verb=verb)


def _count(text: str) -> int:
    return _at_least(text, 0)


def _some(text: str) -> int:
    return _at_least(text, 1)


def _at_least(text: str, least: int) -> int:
    if not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed: a number from {least}")
    return int(text)


def _fleet(args: argparse.Namespace) -> int:
    pulumi, found = of_place(args)
    chosen = fleet_select.select(found, args.select)
    with fleet_state.alone(fleet_state.path(pulumi.home, _label(args), args.verb, args.select)):
        return _run(args, pulumi, chosen)


def _label(args: argparse.Namespace) -> str:
    """What a run is remembered under: a rehearsal is not gone on with in the cloud."""
    return f"{args.place}-rehearsed" if args.rehearse else str(args.place)


def _run(args: argparse.Namespace, pulumi: Pulumi, chosen: list[Stack]) -> int:
    state = _state(args, pulumi, chosen)
    begun = time.monotonic()
    fleet = Fleet(
        pulumi,
        {stack.name: stack for stack in chosen},
        state,
        FleetOptions(tuple(vars(args).get("allow_replace", ())), vars(args).get("decommission", False)),
        args.parallel,
        args.max_failures,
        FleetView(len(state.order) - len(state.results)),
    )
    results = fleet.run()
    say(args, _document(state, results, time.monotonic() - begun), _text(state, results))
    return 1 if state.stopped or any(each.status == FAILED for each in results) else 0


def _state(args: argparse.Namespace, pulumi: Pulumi, chosen: list[Stack]) -> FleetState:
    if not args.resume:
        names, canaries = order(chosen, args.canary, args.verb)
        path = fleet_state.path(pulumi.home, _label(args), args.verb, args.select)
        return FleetState(path, _label(args), args.verb, args.select, names, canaries)
    state = fleet_state.resume(pulumi.home, _label(args), args.verb, args.select)
    known = {stack.name for stack in chosen}
    if gone := [name for name in state.order if name not in known]:
        raise ConfigError("--resume", gone[0], known)
    return state


def _document(state: FleetState, results: list[TenantResult], seconds: float) -> dict[str, Any]:
    return {
        "place": state.place,
        "verb": state.verb,
        "stopped": state.stopped or None,
        "seconds": round(seconds, 1),
        "tenants": [asdict(each) for each in results],
    }


def _text(state: FleetState, results: list[TenantResult]) -> str:
    counts: dict[str, int] = {}
    for each in results:
        counts[each.status] = counts.get(each.status, 0) + 1
    lines = [f"{each.tenant}: {each.reason}" for each in results if each.status == FAILED]
    if state.stopped:
        lines.append(f"stopped: {state.stopped}")
    lines.append(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    if counts.get(FAILED) or counts.get(SKIPPED):
        lines.append("go on with the same command and --resume")
    return "\n".join(lines)
