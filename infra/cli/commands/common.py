"""What the command groups share: options of commands over stacks, and how a result is printed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from infra.cli import live, rehearsal
from infra.cli.places import Stack, pick
from infra.cli.pulumi import Pulumi

Run = Callable[[argparse.Namespace], int]


def command(
    commands: Any, name: str, run: Run, text: str, aliases: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    """A command with `--json`; `run` gives the exit code."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, aliases=aliases)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)
    return parser


def over_stacks(commands: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    """A command over the stacks of a place; read the choice with `chosen`."""
    parser = command(commands, name, run, text)
    parser.add_argument("--place", default="local", help="which stacks (default %(default)s)")
    rehearse(parser)
    parser.add_argument(
        "--stack", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
    )
    parser.add_argument(
        "--parallel", type=int, default=2, metavar="N", help="tenants at a time (default %(default)s)"
    )
    return parser


def engine(pulumi: Pulumi | None = None) -> Pulumi:
    """The Pulumi CLI, or a NoEngine error that says how to get it."""
    pulumi = pulumi or Pulumi()
    pulumi.require()
    return pulumi


def chosen(args: argparse.Namespace) -> tuple[Pulumi, list[Stack]]:
    """The engine and the stacks that `--stack` names; all of the place without."""
    pulumi, found = of_place(args)
    return pulumi, pick(found, args.stack)


def of_place(args: argparse.Namespace) -> tuple[Pulumi, list[Stack]]:
    """The engine, in the rehearsal's folder where `--rehearse` says so, and all stacks of the place."""
    pulumi = Pulumi()
    if args.rehearse:
        pulumi = replace(pulumi, root=rehearsal.prepare(args.place, pulumi.home))
    else:
        rehearsal.refuse_unrehearsed(args.place, pulumi.home)
    found = live.of_place(pulumi, args.place)
    return engine(pulumi), found


def rehearse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rehearse", action="store_true", help="on this machine's local cloud, whatever place it is"
    )


def say(args: argparse.Namespace, data: Any, text: str) -> None:
    print(json.dumps(data, indent=2) if args.json else text)
