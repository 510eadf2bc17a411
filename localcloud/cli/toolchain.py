"""`toolchain`: find or obtain the Pulumi CLI, write the launchers that it needs, print where it is."""

from __future__ import annotations

import argparse
import json

from localcloud.cli import instance
from localcloud.cli.errors import CliError
from localcloud.settings import LocalSettings
from localcloud.toolchain import cli, launchers
from localcloud.toolchain.errors import ToolchainError
from localcloud.toolchain.versions import show


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print path, version and source as JSON")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    # Before the minutes that a build takes.
    instance.make_home(settings)
    try:
        pulumi = cli.obtain(cli.default_ways())
    except ToolchainError as error:
        raise CliError(str(error)) from None
    folders = launchers.write(pulumi, settings.home.parent)
    if args.json:
        answer = {
            "pulumi": str(pulumi.path),
            "version": show(pulumi.version),
            "source": pulumi.source,
            "languageHost": "the vendor's" if pulumi.own_host else "ours",
            "path": [str(each) for each in folders.path],
        }
        print(json.dumps(answer, indent=2))
    else:
        print(pulumi.path)
    return 0
