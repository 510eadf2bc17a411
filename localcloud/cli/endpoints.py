"""`endpoints`: where each Google API listens, also as the lines that a stack file needs."""

from __future__ import annotations

import argparse
import json

from localcloud.cli import stackfiles
from localcloud.ports import APIS
from localcloud.settings import LocalSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument(
        "--stack-config", action="store_true", help="print the gcp:* keys of a Pulumi stack file"
    )
    form.add_argument(
        "--check-stacks", action="store_true", help="exit 2 where a local stack file names other addresses"
    )
    form.add_argument(
        "--write-stacks", action="store_true", help="write these addresses into the local stack files"
    )


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    if args.json:
        print(json.dumps({api.name: settings.url(api.name) for api in APIS} | _extra(settings), indent=2))
    elif args.stack_config:
        for key, url in stackfiles.endpoints(settings).items():
            print(f"{key}: {url}")
    elif args.check_stacks:
        stackfiles.check(settings, stackfiles.files(settings))
    elif args.write_stacks:
        changed = stackfiles.write(settings, stackfiles.files(settings))
        print("\n".join(f"wrote {path}" for path in changed) or "Every local stack file names them already.")
    else:
        for api in APIS:
            print(f"{api.name:<24} {settings.url(api.name):<26} {', '.join(api.versions)}")
        for name, url in _extra(settings).items():
            print(f"{name:<24} {url}")
    return 0


def _extra(settings: LocalSettings) -> dict[str, str]:
    return {"pubsub-grpc": settings.pubsub_grpc, "control": settings.control_url}
