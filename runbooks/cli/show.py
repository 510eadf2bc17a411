"""`list` and `show`: the drills, and one of them step by step."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from runbooks.cli.common import Commands, command, dump, table
from runbooks.drill import definition
from runbooks.drill.definition import Drill
from runbooks.drill.verdict import planned
from runbooks.target import Engine


def add(commands: Commands) -> None:
    command(commands, "list", "all drills, with their objectives")
    command(commands, "show", "one drill, step by step").add_argument("name", help="a drill of `list`")


def run_list(given: argparse.Namespace, engine: Engine) -> int:
    names = definition.names(engine.drills)
    drills = [definition.load(name, engine.known, engine.drills) for name in names]
    if given.json:
        dump([asdict(drill) for drill in drills])
    elif drills:
        print(
            table((d.name, f"RPO {d.rpo_seconds:g} s", f"RTO {d.rto_seconds:g} s", d.title) for d in drills)
        )
    return 0


def run_show(given: argparse.Namespace, engine: Engine) -> int:
    drill = definition.load(given.name, engine.known, engine.drills)
    if given.json:
        dump({**asdict(drill), "plan": list(plan(drill, engine))})
    else:
        print_plan(drill, engine)
    return 0


def plan(drill: Drill, engine: Engine) -> Iterator[dict[str, Any]]:
    """Every step in the order that it runs in: what it is, does and calls."""
    for stage, steps in planned(asdict(drill)).items():
        for step in steps:
            activity = engine.known[step["do"]]
            yield {
                "stage": stage,
                "title": step["title"],
                "do": step["do"],
                "kind": activity.kind,
                "with": step["arguments"],
                "does": activity.does,
                "calls": list(activity.calls),
                "proves_data": step.get("proves_data", False),
            }


def print_plan(drill: Drill, engine: Engine) -> None:
    print(f"{drill.name} {drill.version}: {drill.title}")
    print(
        f"objectives: RPO {drill.rpo_seconds:g} s, RTO {drill.rto_seconds:g} s; every {drill.every_days} days"
    )
    print(f"roles: {', '.join(drill.roles)}")
    for name, parameter in drill.parameters.items():
        print(f"parameter: --set {name}=… ({parameter['type']}): {parameter['title']}")
    stage = ""
    for step in plan(drill, engine):
        if step["stage"] != stage:
            stage = step["stage"]
            print(f"\n{stage}")
        given = "".join(f" {name}={_value(value)}" for name, value in step["with"].items())
        proves = ", proves data" if step["proves_data"] else ""
        print(f"  {step['title']}  [{step['kind']} {step['do']}{given}{proves}]")
        for call in step["calls"]:
            print(f"      calls: {call}")


def _value(value: Any) -> str:
    return f"<{value['parameter']}>" if isinstance(value, dict) else str(value)
