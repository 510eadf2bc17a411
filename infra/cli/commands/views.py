"""`graph`, `cost`, `residency`, `report`: what a stack's state shows."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.cli import cost, delta, graph, locations, prices, state
from infra.cli.commands.common import command, say
from infra.errors import ConfigError


def register(commands: Any) -> None:
    picture = command(commands, "graph", _graph, "write an SVG of a stack's resources by room")
    state.arguments(picture)
    picture.add_argument("--out", metavar="FILE", help="default <stack>.svg; - for standard output")
    money = command(
        commands, "cost", _cost, "what a stack costs a month, at the list prices of stacks/prices.yaml"
    )
    state.arguments(money)
    _usage(money)
    where = command(
        commands, "residency", _residency, "every location in a stack; exit 1 when one lies outside"
    )
    state.arguments(where)
    _jurisdiction(where)
    _report_command(commands)


def _report_command(commands: Any) -> None:
    text = "resources, cost, residency and controls for a pull request; exit 1 when a location lies outside "
    change = command(commands, "report", _report, text + "or a control fails that did not")
    state.arguments(change)
    change.add_argument("--base", metavar="FILE", type=Path, help="the exported state to compare with")
    change.add_argument("--policies", metavar="FILE", type=Path, help="of `python -m policies report --json`")
    change.add_argument("--base-policies", metavar="FILE", type=Path, help="the same of the base")
    _usage(change)
    _jurisdiction(change)


def _usage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--usage",
        action="append",
        default=[],
        metavar="KEY=NUMBER",
        help="an assumption of stacks/prices.yaml, changed; may be repeated",
    )


def _jurisdiction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jurisdiction",
        metavar="J",
        help="where the stack's outputs do not name one; as in jurisdictions.yaml",
    )


def _prices(args: argparse.Namespace) -> prices.Prices:
    usage: dict[str, float] = {}
    for given in args.usage:
        key, _, number = given.partition("=")
        try:
            usage[key] = float(number)
        except ValueError as error:
            raise ConfigError("--usage", given, "KEY=NUMBER, such as fhir_gib=100") from error
        if not 0 <= usage[key] < float("inf"):
            raise ConfigError("--usage", given, "a number of 0 or more")
    return prices.load().using(usage)


def _graph(args: argparse.Namespace) -> int:
    found = state.given(args)
    drawn = graph.svg(found)
    if args.out == "-":
        sys.stdout.write(drawn)
        return 0
    path = Path(args.out or f"{found.stack}.svg")
    try:
        path.write_text(drawn)
    except OSError as error:
        raise ConfigError("--out", str(path), f"a file that can be written ({error.strerror})") from error
    counts = {room: len(holders) for room, holders in graph.rooms(found).items()}
    data = {"file": str(path), "resources": len(found.google), "rooms": counts}
    say(args, data, f"wrote {path}: {len(found.google)} resources in {len(counts)} rooms")
    return 0


def _cost(args: argparse.Namespace) -> int:
    found = cost.estimate(state.given(args), _prices(args))
    say(args, found.data, cost.markdown(found))
    return 0


def _residency(args: argparse.Namespace) -> int:
    found = state.given(args)
    area = locations.area(found, args.jurisdiction)
    places = locations.places(found, area)
    data = {"stack": found.stack, "jurisdiction": area.name, "places": [asdict(each) for each in places]}
    say(args, data, locations.markdown(found, area, places))
    return 1 if any(each.inside == "no" for each in places) else 0


def _report(args: argparse.Namespace) -> int:
    after = state.given(args)
    found = delta.report(
        after,
        state.load(args.base) if args.base else None,
        _prices(args),
        locations.area(after, args.jurisdiction),
        delta.policies(args.policies, "--policies") if args.policies else None,
        delta.policies(args.base_policies, "--base-policies") if args.base_policies else None,
    )
    say(args, found.data, delta.markdown(found))
    return 1 if found.outside or found.new_findings else 0
