"""`up`, `preview`, `refresh`, `destroy`, `stacks`, `outputs`, `table`: over the stacks of one place."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from infra.cli import destroy, table, up
from infra.cli.commands.common import chosen, over_stacks, say
from infra.cli.places import pick, stacks
from infra.cli.survivors import Survivor


def register(commands: Any) -> None:
    over_stacks(commands, "up", _up, "bring the stacks up in order: preview with policies, then update")
    over_stacks(commands, "preview", _preview, "what `up` would change; exit 1 when a policy fails")
    over_stacks(commands, "refresh", _refresh, "read everything back; exit 1 when something has drifted")
    gone = over_stacks(
        commands, "destroy", _destroy, "destroy the stacks in reverse order and list what survives"
    )
    gone.add_argument("--decommission", action="store_true", help="lift protection first")
    over_stacks(commands, "stacks", _stacks, "the stacks of the place, in order")
    over_stacks(commands, "outputs", _outputs, "the outputs of the stacks")
    over_stacks(commands, "table", _table, "tenants, their addresses, and commands to try")


def _up(args: argparse.Namespace) -> int:
    pulumi, found = chosen(args)
    results = up.bring_up(pulumi, found, args.parallel)
    rows = table.rows(pulumi, found, args.rehearse)
    end = "" if any(result.changes for result in results) else "Nothing to change.\n\n"
    say(args, {"stacks": [asdict(result) for result in results], "tenants": rows}, end + table.text(rows))
    return 0


def _preview(args: argparse.Namespace) -> int:
    results = up.preview(*chosen(args), args.parallel)
    say(args, [asdict(result) for result in results], _sentence(results, "would change"))
    return 0


def _refresh(args: argparse.Namespace) -> int:
    results = up.refresh(*chosen(args), args.parallel)
    say(args, [asdict(result) for result in results], _sentence(results, "have drifted"))
    return 1 if any(result.changes for result in results) else 0


def _sentence(results: list[up.Result], verb: str) -> str:
    changed = [result.stack for result in results if result.changes]
    return f"{', '.join(changed)} {verb}." if changed else "Nothing to change."


def _destroy(args: argparse.Namespace) -> int:
    gone = destroy.destroy(*chosen(args), args.decommission)
    left = [survivor for each in gone for survivor in each.survivors]
    say(args, [asdict(each) for each in left], _survivors(gone, left))
    return 0


def _survivors(gone: list[destroy.Gone], left: list[Survivor]) -> str:
    lines = [_gone_before(each.stack, each.before) for each in gone if each.before is not None]
    lines += ["Survivors:", *(f"  {each.id}  ({each.why})" for each in left)] if left else []
    if not left and not any(each.before == "" for each in gone):
        lines.append("Nothing survives.")
    return "\n".join(lines)


def _gone_before(stack: str, at: str) -> str:
    if at:
        return f"{stack} is gone already: it was destroyed {at}."
    return f"{stack} is not there: it was never up, or went without a record of what survived it."


def _stacks(args: argparse.Namespace) -> int:
    found = pick(stacks(args.place), args.stack)
    data = [{"stack": stack.name, "kind": stack.kind, "file": str(stack.path)} for stack in found]
    say(args, data, "\n".join(f"{stack.name}  {stack.kind}" for stack in found))
    return 0


def _outputs(args: argparse.Namespace) -> int:
    pulumi, found = chosen(args)
    print(json.dumps({stack.name: pulumi.outputs(stack.name) for stack in found}, indent=2))
    return 0


def _table(args: argparse.Namespace) -> int:
    rows = table.rows(*chosen(args), args.rehearse)
    say(args, rows, table.text(rows))
    return 0
