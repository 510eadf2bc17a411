"""`status`: does it run, and what does it hold. Exit code 1 when it does not run."""

from __future__ import annotations

import argparse
import json
from typing import Any

from localcloud.cli import control, instance
from localcloud.settings import LocalSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    holder = instance.holder(settings)
    running = holder.alive and control.healthy(settings)
    answer: dict[str, Any] = {
        "running": running,
        "pid": holder.pid if holder.alive else None,
        "home": str(settings.home),
    }
    if running:
        answer |= {"control": settings.control_url, **control.request(settings, "GET", "/status")}
    if args.json:
        print(json.dumps(answer, indent=2, sort_keys=True))
    else:
        _show(answer, stale=holder.stale)
    return 0 if running else 1


def _show(answer: dict[str, Any], *, stale: bool) -> None:
    if not answer["running"]:
        killed = " (the last one was killed; `up` replaces it)" if stale else ""
        print(f"No local cloud runs from {answer['home']}{killed}.")
        return
    for key, value in answer.items():
        if not isinstance(value, (dict, list)):
            print(f"{key}: {value}")
    print(
        "resources: "
        + (", ".join(f"{api} {count}" for api, count in answer.get("resources", {}).items()) or "none")
    )
    print(
        "faults: "
        + (", ".join(f"{each['kind']} on {each['target']}" for each in answer.get("faults", [])) or "none")
    )
