"""The command line of localcloud. Exit codes: 0 done, 1 the answer is no, 2 bad usage or input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol

from localcloud.cli.errors import CliError
from localcloud.settings import LocalSettings, SettingsError, load

COMMANDS: tuple[tuple[str, str], ...] = (
    ("up", "start the local cloud in the background; does nothing when it runs"),
    ("down", "stop the local cloud and every process it started; deletes nothing"),
    ("serve", "run the local cloud in the foreground until Ctrl-C"),
    ("status", "say whether it runs and what it holds"),
    ("reset", "forget every resource, as if nothing had ever been created"),
    ("logs", "print what the server or one of its Cloud Run services wrote"),
    ("endpoints", "list each Google API and its address"),
    ("fault", "list, set or clear faults such as a region that is down"),
    ("env", 'print shell exports: eval "$(python -m localcloud env)"'),
    ("token", "get an access token of a tenant, for trying its endpoint"),
    ("plugin", "list the resource types of our gcp plugin, and which have a recording"),
    ("toolchain", "find or obtain the Pulumi CLI and print where it is"),
    ("doctor", "say what this machine lacks and how to get it"),
)


class Command(Protocol):
    """What a module of this package offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, settings: LocalSettings, args: argparse.Namespace) -> int: ...


def _command(name: str) -> Command:
    module: Command = import_module(f"localcloud.cli.{name}")
    return module


def _place() -> argparse.ArgumentParser:
    """`--home` and `--port-base`, accepted before and after the subcommand."""
    place = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    place.add_argument(
        "--home", metavar="DIR", help="where everything lies (CAREPLANE_HOME; default .careplane)"
    )
    place.add_argument("--port-base", metavar="N", help="first port (CAREPLANE_PORT_BASE; default 17000)")
    return place


def build_parser() -> argparse.ArgumentParser:
    """The whole parser."""
    parser = argparse.ArgumentParser(
        prog="python -m localcloud",
        description="Google Cloud's APIs on loopback, on this machine alone.",
        epilog="Exit codes: 0 done, 1 the answer is no, 2 bad usage or input.",
        parents=[_place()],
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS:
        description = summary[0].upper() + summary[1:] + "."
        sub = subparsers.add_parser(name, help=summary, description=description, parents=[_place()])
        _command(name).arguments(sub)
    return parser


def environment(args: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as the options change it: an option wins over its variable."""
    changed = dict(environ)
    for option, key in (("home", "CAREPLANE_HOME"), ("port_base", "CAREPLANE_PORT_BASE")):
        if option in args:
            changed[key] = getattr(args, option)
    return changed


def main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run one subcommand and return the exit code."""
    args = build_parser().parse_args(list(argv))
    try:
        return _command(args.command).run(load(environment(args, environ)), args)
    except (SettingsError, CliError) as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 2)
    except KeyboardInterrupt:
        print("localcloud: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        # The disk: full, read-only or somebody else's.
        print(f"localcloud: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
