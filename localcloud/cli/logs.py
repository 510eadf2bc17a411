"""`logs`: what the server, or a Cloud Run service of it, wrote."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from localcloud.cli.errors import CliError
from localcloud.cli.up import log_file
from localcloud.settings import LocalSettings


class NoLog(CliError):
    """There is no such log; lists those that there are."""

    exit_code = 2

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no log of {name!r}; there are: {', '.join(known) or 'none yet'}")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", nargs="?", help="a Cloud Run service or job; default: the server itself")
    parser.add_argument("-n", "--lines", type=int, default=50, help="how many of the last lines (default 50)")
    parser.add_argument(
        "-f", "--follow", action="store_true", help="go on printing what is added, until Ctrl-C"
    )


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    path = find(settings, args.service)
    lines = path.read_text(errors="replace").splitlines(keepends=True)
    sys.stdout.writelines(lines[-args.lines :])
    if args.follow:
        _follow(path, sum(len(line.encode()) for line in lines))
    return 0


def find(settings: LocalSettings, service: str | None) -> Path:
    services = {path.stem: path for path in sorted((settings.home / "run").glob("**/*.log"))}
    known = {"server": log_file(settings), **services}
    name = service or "server"
    if name not in known or not known[name].exists():
        raise NoLog(name, [key for key, path in known.items() if path.exists()])
    return known[name]


def _follow(path: Path, offset: int) -> None:
    with path.open(errors="replace") as file:
        file.seek(offset)
        while True:
            text = file.read()
            if text:
                sys.stdout.write(text)
                sys.stdout.flush()
            else:
                time.sleep(0.2)
