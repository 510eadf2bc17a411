"""`bootstrap`: what must be there before the first stack."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra import jurisdiction
from infra.cli.bootstrap import Bootstrap
from infra.cli.bootstrap_args import (
    BootstrapArgs,
    billing_account,
    layout,
    organization_number,
    project_id,
)
from infra.cli.commands.common import command, say
from infra.cli.google import Google, endpoints, token
from infra.cli.places import STACKS
from infra.config import FileSource, values
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
    place = values.label("--place", args.place)
    return BootstrapArgs(
        place,
        area,
        project_id("--project", args.project or f"careplane-{place}-bootstrap"),
        layout(area, args.region),
        *_parent(args, f"Pulumi.{place}-organization.yaml"),
        args.cmek,
    )


def _parent(args: argparse.Namespace, file: str, folder: Path = STACKS) -> tuple[str | None, str | None]:
    """Organisation and billing account: as given, else as the place's file has them."""
    path = folder / file
    source = FileSource(path) if path.exists() else None
    known = [source.get(f"careplane:{key}") if source else None for key in ("organization", "billingAccount")]
    return (
        organization_number("--organization", args.organization)
        or organization_number(f"{file}: careplane:organization", known[0]),
        billing_account("--billing-account", args.billing_account)
        or billing_account(f"{file}: careplane:billingAccount", known[1]),
    )
