"""`serve`: the local cloud in the foreground."""

from __future__ import annotations

import argparse
import sys

from localcloud.cli import instance
from localcloud.settings import LocalSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    instance.make_home(settings)
    with instance.held(settings) as before:
        said = instance.recover(settings, before)
        if said:
            print(said, file=sys.stderr, flush=True)
        instance.require_free_ports(settings)
        from localcloud import server  # heavy, and not needed to refuse

        server.serve(settings)
    return 0
