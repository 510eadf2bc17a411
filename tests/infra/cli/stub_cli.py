"""A `pulumi` for PATH that streams the events it is told to: for the Automation API, without an engine.

`$STUB_PLAN` names a JSON file: `events`, `code`, `say` (printed), `seconds` (before it ends). A file beside
it gets a line for each command, with its arguments and what it was given.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def install(folder: Path) -> Path:
    """An executable in `folder`, which is to be on PATH."""
    folder.mkdir()
    path = folder / "pulumi"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} "$@"\n')
    path.chmod(0o755)
    return folder


def main(arguments: list[str]) -> int:
    if arguments == ["version"]:
        print("v3.259.0")
        return 0
    file = Path(os.environ["STUB_PLAN"])
    plan = json.loads(file.read_text())
    signal.signal(signal.SIGTERM, lambda *_: _note(file, ["terminated"]) or sys.exit(1))
    _note(file, arguments)
    if "--event-log" in arguments:
        _stream(arguments[arguments.index("--event-log") + 1].removeprefix("tcp://"), plan.get("events", []))
    print(plan.get("say", ""), file=sys.stderr if plan.get("code") else sys.stdout, flush=True)
    time.sleep(plan.get("seconds", 0))
    return int(plan.get("code", 0))


def _note(file: Path, arguments: list[str]) -> None:
    seen = {"arguments": arguments, "config": os.environ.get("PULUMI_CONFIG"), "pid": os.getpid()}
    with file.with_suffix(".seen").open("a") as out:
        out.write(json.dumps(seen) + "\n")


def _stream(address: str, events: list[dict[str, Any]]) -> None:
    import grpc
    from pulumi.runtime.proto import events_pb2, events_pb2_grpc

    def requests() -> Iterator[Any]:
        for number, event in enumerate(events):
            yield events_pb2.EventRequest(event=json.dumps({"sequence": number, "timestamp": 1, **event}))

    with grpc.insecure_channel(address) as channel:
        events_pb2_grpc.EventsStub(channel).StreamEvents(requests())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
