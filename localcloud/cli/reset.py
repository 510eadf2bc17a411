"""`reset`: forget every resource."""

from __future__ import annotations

import argparse

from localcloud.cli import control
from localcloud.settings import LocalSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--yes", action="store_true", help="do it; without this it only says what it would do"
    )


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    if not args.yes:
        print(
            f"This deletes every resource, database and patient record in {settings.home};"
            " Pulumi's state in .careplane/state is kept and will no longer match. Say --yes to do it."
        )
        return 1
    control.request(settings, "POST", "/reset", {}, timeout=300)
    print("The local cloud is empty.")
    return 0
