"""`env`: the exports that make plain Pulumi commands work on the local stacks."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from localcloud.cli import control
from localcloud.cli.errors import CliError
from localcloud.settings import LocalSettings
from localcloud.toolchain import cli, launchers

PASSPHRASE = "careplane-local"
"""Guards nothing outside this machine: it only lets the stack files carry their salt."""

REFUSING_PROXY = "http://127.0.0.1:9"
"""Nothing listens on the discard port: what tries to reach Google anyway fails at once."""


class NoToolchain(CliError):
    """The Pulumi CLI has not been obtained yet."""

    def __init__(self) -> None:
        super().__init__("there is no Pulumi CLI yet; get it with `python -m localcloud toolchain`")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the variables as JSON")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    variables = environment(settings, os.environ)
    if args.json:
        print(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


def environment(settings: LocalSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables, for this machine's shell or for a process that runs Pulumi."""
    pulumi = cli.find(cli.default_ways(environ))
    if pulumi is None:
        raise NoToolchain
    home = settings.home.parent
    folders = launchers.write(pulumi, home).path
    python = launchers.python()
    (home / "state").mkdir(parents=True, exist_ok=True)
    return {
        "PATH": _path([*folders, python.parent], environ.get("PATH", os.defpath)),
        "CAREPLANE_HOME": str(home),
        "CAREPLANE_PORT_BASE": str(settings.port_base),
        launchers.PYTHON: str(python),
        "GOOGLE_OAUTH_ACCESS_TOKEN": control.operator_token(settings),
        "HTTPS_PROXY": REFUSING_PROXY,
        "https_proxy": REFUSING_PROXY,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PULUMI_BACKEND_URL": (home / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_GCP_SKIP_REGION_VALIDATION": "true",
        "PULUMI_HOME": str(home / "pulumi"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def _path(first: list[Path], rest: str) -> str:
    """Ours first, each folder once: so that asking twice changes nothing."""
    front = [str(folder) for folder in first]
    return os.pathsep.join([*front, *(each for each in rest.split(os.pathsep) if each not in front)])
