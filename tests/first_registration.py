"""How long a stack's program takes from its process's start to the first resource that it registers.

`python -m tests.first_registration STACK` prints seconds, from before the interpreter was started.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]


def seconds(stack: str, root: Path = ROOT) -> float:
    """In a process of its own, as the engine starts one."""
    command = [sys.executable, "-m", "tests.first_registration", stack, repr(time.time())]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout.split()[-1])


def _settings(stack: str) -> dict[str, str]:
    document = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())
    values: dict[str, Any] = document["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def main(stack: str, begun: float) -> None:
    import pulumi

    first = threading.Lock()

    class First(pulumi.runtime.Mocks):
        """Ends the process at the first resource of Google's."""

        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
            # Resources are registered side by side: only one of them is the first.
            if args.typ.startswith("gcp:") and first.acquire(blocking=False):
                print(time.time() - begun, flush=True)
                os._exit(0)
            return args.name, dict(args.inputs)

        def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
            return {}

    pulumi.runtime.set_mocks(First(), project="careplane", stack=stack)
    pulumi.runtime.set_all_config(_settings(stack))
    program = str(ROOT / "infra" / "program" / "__main__.py")

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    run()
    raise SystemExit("the program registered nothing")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else time.time())
