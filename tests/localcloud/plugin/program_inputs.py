"""Prints what a program asks for: runs it under Pulumi's mocks, answered from a recorded state.

python program_inputs.py program.py state.json
"""

from __future__ import annotations

import json
import runpy
import sys
from typing import Any

import pulumi

SECRET = "4dabf18193072939515e22adb298388d"


class Recorded(pulumi.runtime.Mocks):
    """Answers every resource with its recorded outputs, and keeps what was asked for."""

    def __init__(self, resources: list[dict[str, Any]]) -> None:
        self.states = {(r["type"], r["urn"].rsplit("::", 1)[-1]): r for r in resources}
        self.asked: dict[str, Any] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        state = self.states[args.typ, args.name]
        self.asked[f"{args.typ}::{args.name}"] = args.inputs
        return state["id"], {**args.inputs, **reveal(state["outputs"])}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {}


def reveal(value: Any) -> Any:
    """A state's values with their secrets in the clear (the recordings hold test strings)."""
    if isinstance(value, dict):
        if SECRET in value:
            return json.loads(value["plaintext"])
        return {k: reveal(v) for k, v in value.items()}
    return [reveal(v) for v in value] if isinstance(value, list) else value


def main(program: str, state: str) -> None:
    with open(state) as file:
        mocks = Recorded(json.load(file)["deployment"]["resources"])
    pulumi.runtime.set_mocks(mocks, preview=False)

    @pulumi.runtime.test
    def run() -> pulumi.Output[Any]:
        runpy.run_path(program)
        return pulumi.Output.from_input(None)

    run()
    json.dump(mocks.asked, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
