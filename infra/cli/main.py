"""The commands of `python -m infra`. Exit codes: 0 done, 1 the answer is no, 2 bad usage or input."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from infra.cli import destroy, table, tenants, up
from infra.cli.errors import CliError
from infra.cli.places import Stack, pick, stacks
from infra.cli.pulumi import Pulumi
from infra.errors import InfraError

REUSE = "Their names cannot be used again. On this machine `make clean` starts anew."


def main(arguments: list[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    try:
        code: int = args.run(args)
    except InfraError as error:
        print(f"infra: {error}", file=sys.stderr)
        return 2
    except CliError as error:
        print(f"infra: {error}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("infra: interrupted; run again to go on", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "up", _up, "bring the stacks up in order: preview with policies, then update")
    _command(commands, "preview", _preview, "what `up` would change; exit 1 when a policy fails")
    _command(commands, "refresh", _refresh, "read everything back; exit 1 when something has drifted")
    gone = _command(
        commands, "destroy", _destroy, "destroy the stacks in reverse order and list what survives"
    )
    gone.add_argument("--decommission", action="store_true", help="lift protection first")
    _command(commands, "stacks", _stacks, "the stacks of the place, in order")
    _command(commands, "outputs", _outputs, "the outputs of the stacks")
    _command(commands, "table", _table, "tenants, their addresses, and commands to try")
    tenant = commands.add_parser("tenant", help="add a tenant").add_subparsers(
        required=True, metavar="COMMAND"
    )
    add = tenant.add_parser("add", help="write the stack file of a new tenant; `up` does the rest")
    add.add_argument("name", metavar="NAME", help="a DNS label of at most 20 characters")
    add.add_argument(
        "--cell", default="local-cell", metavar="STACK", help="the cell's stack (default %(default)s)"
    )
    add.add_argument("--placement", default="pooled", choices=("dedicated", "pooled"))
    add.set_defaults(run=_tenant_add, json=False)
    return parser


def _command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--place", default="local", help="which stacks (default %(default)s)")
    parser.add_argument(
        "--stack", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
    )
    parser.add_argument(
        "--parallel", type=int, default=2, metavar="N", help="tenants at a time (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)
    return parser


def _chosen(args: argparse.Namespace) -> tuple[Pulumi, list[Stack]]:
    chosen = pick(stacks(args.place), args.stack)
    pulumi = Pulumi()
    pulumi.require()
    return pulumi, chosen


def _say(args: argparse.Namespace, data: Any, text: str) -> None:
    print(json.dumps(data, indent=2) if args.json else text)


def _up(args: argparse.Namespace) -> int:
    pulumi, chosen = _chosen(args)
    results = up.bring_up(pulumi, chosen, args.parallel)
    found = table.rows(pulumi, chosen)
    end = "" if any(result.changes for result in results) else "Nothing to change.\n\n"
    _say(args, {"stacks": [asdict(result) for result in results], "tenants": found}, end + table.text(found))
    return 0


def _preview(args: argparse.Namespace) -> int:
    results = up.preview(*_chosen(args), args.parallel)
    _say(args, [asdict(result) for result in results], _sentence(results, "would change"))
    return 0


def _refresh(args: argparse.Namespace) -> int:
    results = up.refresh(*_chosen(args), args.parallel)
    _say(args, [asdict(result) for result in results], _sentence(results, "have drifted"))
    return 1 if any(result.changes for result in results) else 0


def _sentence(results: list[up.Result], verb: str) -> str:
    changed = [result.stack for result in results if result.changes]
    return f"{', '.join(changed)} {verb}." if changed else "Nothing to change."


def _destroy(args: argparse.Namespace) -> int:
    left = destroy.destroy(*_chosen(args), args.decommission)
    lines = [f"  {each.id}  ({each.why})" for each in left]
    _say(
        args,
        [asdict(each) for each in left],
        "\n".join(["Survivors:", *lines]) if left else "Nothing survives.",
    )
    return 0


def _stacks(args: argparse.Namespace) -> int:
    chosen = pick(stacks(args.place), args.stack)
    data = [{"stack": stack.name, "kind": stack.kind, "file": str(stack.path)} for stack in chosen]
    _say(args, data, "\n".join(f"{stack.name}  {stack.kind}" for stack in chosen))
    return 0


def _outputs(args: argparse.Namespace) -> int:
    pulumi, chosen = _chosen(args)
    print(json.dumps({stack.name: pulumi.outputs(stack.name) for stack in chosen}, indent=2))
    return 0


def _table(args: argparse.Namespace) -> int:
    found = table.rows(*_chosen(args))
    _say(args, found, table.text(found))
    return 0


def _tenant_add(args: argparse.Namespace) -> int:
    for path in tenants.add(args.name, args.cell, args.placement):
        print(f"wrote {path}")
    print("next: python -m infra up")
    return 0
