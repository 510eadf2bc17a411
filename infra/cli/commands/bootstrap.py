"""`bootstrap`: what must be there before the first stack."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from infra import jurisdiction
from infra.cli.bootstrap import Bootstrap
from infra.cli.bootstrap_args import BootstrapArgs, layout
from infra.cli.commands.common import command, say
from infra.cli.google import Google, endpoints, token
from infra.cli.places import STACKS
from infra.errors import ConfigError


def register(commands: Any) -> None:
    parser = command(
        commands,
        "bootstrap",
        _bootstrap,
        "make the state bucket, the secrets-provider key and CI's identity of a jurisdiction; safe to "
        "repeat, changes nothing that is there; exit 1 when something there differs",
    )
    parser.add_argument("--place", default="local", help="the place that the stacks belong to")
    parser.add_argument("--jurisdiction", required=True, metavar="J", help="as in stacks/jurisdictions.yaml")
    parser.add_argument("--region", metavar="R", help="where J has no multi-region; else J's first")
    parser.add_argument("--project", metavar="ID", help="default careplane-<place>-bootstrap")
    parser.add_argument(
        "--organization", metavar="NUMBER", help="parent of a new project; default the place's"
    )
    parser.add_argument("--billing-account", metavar="ID", help="of a new project; default the place's")
    parser.add_argument("--cmek", action="store_true", help="encrypt the bucket under a key of ours too")
    parser.add_argument("--dry-run", action="store_true", help="only look, and say what would be made")


def _bootstrap(args: argparse.Namespace) -> int:
    given = _arguments(args)
    google = Google(endpoints(args.place), token())
    items = Bootstrap(google, given, args.dry_run).run()
    data = {
        "items": [asdict(item) for item in items],
        "notes": list(given.layout.notes),
        "next": given.next,
    }
    lines = [f"{each.state:<12}  {each.what:<12}  {each.name}{_detail(each.detail)}" for each in items]
    lines += [f"note: {note}" for note in given.layout.notes]
    say(args, data, "\n".join([*lines, "", "Next:", *(f"  {line}" for line in given.next)]))
    return 1 if any(item.state == "differs" for item in items) else 0


def _detail(text: str) -> str:
    return f"  ({text})" if text else ""


def _arguments(args: argparse.Namespace) -> BootstrapArgs:
    area = jurisdiction.jurisdictions().get(args.jurisdiction)
    if area is None:
        raise ConfigError("--jurisdiction", args.jurisdiction, jurisdiction.jurisdictions())
    project = args.project or f"careplane-{args.place}-bootstrap"
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", project):
        raise ConfigError(
            "--project", project, "a project id: 6 to 30 of a-z, 0-9 and -, beginning with a letter"
        )
    known = _organization(args.place)
    return BootstrapArgs(
        args.place,
        area,
        project,
        layout(area, args.region),
        args.organization or known.get("careplane:organization"),
        args.billing_account or known.get("careplane:billingAccount"),
        args.cmek,
    )


def _organization(place: str, folder: Path = STACKS) -> dict[str, Any]:
    path = folder / f"Pulumi.{place}-organization.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    found: dict[str, Any] = (document or {}).get("config") or {}
    return found
