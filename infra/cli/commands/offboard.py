"""`tenant offboard`, `tenant open-export`: a customer leaves, with its data, with proof."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from infra.cli import google, offboard, offboard_archive, offboard_cipher, offboard_state
from infra.cli.commands.common import command, engine, say
from infra.cli.google import Google
from infra.cli.offboard_certificate import text
from infra.cli.offboard_source import Source
from infra.cli.offboard_state import OffboardState
from infra.cli.places import Stack, stacks
from infra.cli.pulumi import Pulumi
from infra.config import TenantConfig
from infra.errors import ConfigError


def register(commands: Any) -> None:
    words = "export, verify, lift protection, shred the keys, destroy, certify; the same command goes on"
    parser = command(commands, "offboard", _offboard, words)
    parser.add_argument("name", metavar="NAME", help="the tenant, such as lakeside")
    parser.add_argument("--place", default="local", help="which stacks (default %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for export and certificate")
    parser.add_argument(
        "--recipient-key", type=Path, metavar="PEM", help="public key (RSA or X25519) that the export is for"
    )
    parser.add_argument("--no-export", action="store_true", help="destroy without an export; needs --reason")
    parser.add_argument("--reason", metavar="TEXT", help="why there is no export; goes into the certificate")
    parser.add_argument(
        "--token-command", metavar="COMMAND", help="prints an access token of a client with system/*.rs"
    )
    words = "decrypt an export with the recipient's private key and compare every entry with its manifest"
    reader = command(commands, "open-export", _open, words)
    reader.add_argument("archive", type=Path, metavar="FILE", help="export.careplane")
    reader.add_argument("--key", type=Path, required=True, metavar="PEM", help="private key, no passphrase")
    reader.add_argument("--out", type=Path, metavar="DIR", help="keep the files there; else only check them")


def _offboard(args: argparse.Namespace) -> int:
    to = _recipient(args)
    pulumi = Pulumi()
    file = offboard_state.path(pulumi.home, args.place, args.name)
    state = offboard_state.load(file)
    found = _stacks(args.place, args.name, state)
    pulumi = engine()
    if state is None:
        _empty(args.out)
        state = offboard.begin(file, args.place, args.name, args.out.resolve(), list(found.values()))
    elif Path(state.out) != args.out.resolve():
        raise ConfigError("--out", str(args.out), f"where it began, {state.out}")
    Path(state.out).mkdir(mode=0o700, parents=True, exist_ok=True)
    pack = Path(state.out) / "certificate"
    if not state.removed:
        pack = _work(args, pulumi, found, state, to).run()
    told = json.loads((pack / "certificate.json").read_text())
    say(args, told | {"pack": str(pack)}, f"{text(told)}\nverify: python -m evidence verify {pack}")
    return 0


def _work(
    args: argparse.Namespace,
    pulumi: Pulumi,
    found: dict[str, Stack],
    state: OffboardState,
    to: offboard_cipher.Recipient | None,
) -> offboard.Offboarding:
    addresses = google.endpoints(args.place)
    caller = Google(addresses, google.token())
    source = Source(caller, _token_command(args, to is not None))
    return offboard.Offboarding(pulumi, caller, source, found, state, to, args.reason or "", _tell)


def _recipient(args: argparse.Namespace) -> offboard_cipher.Recipient | None:
    """Exactly one of: a key to export to; no export, with a reason."""
    if args.no_export == bool(args.recipient_key):
        given = "both" if args.no_export else None
        raise ConfigError("--recipient-key, --no-export", given, "one of them")
    if args.no_export and not (args.reason or "").strip():
        raise ConfigError("--reason", args.reason, "why there is no export")
    return None if args.no_export else offboard_cipher.recipient(args.recipient_key)


def _stacks(place: str, name: str, state: OffboardState | None) -> dict[str, Stack]:
    """The tenant's stacks; those of an interrupted run whose files are gone already are left out."""
    every = stacks(place)
    tenants = {stack.name: stack.config.tenant for stack in every if isinstance(stack.config, TenantConfig)}
    if name not in tenants.values() and state is None:
        raise ConfigError("NAME", name, set(tenants.values()))
    return {stack.name: stack for stack in every if tenants.get(stack.name) == name}


def _token_command(args: argparse.Namespace, needed: bool) -> str:
    if args.token_command or not needed:
        return args.token_command or ""
    if args.place == "local":
        return f"{sys.executable} -m localcloud token --tenant {args.name}"
    raise ConfigError("--token-command", None, "a command that prints an access token of the tenant")


def _empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError("--out", str(folder), "a folder that is empty or not there yet")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _open(args: argparse.Namespace) -> int:
    if args.out is not None:
        _empty(args.out)
    data_key = offboard_cipher.unlock(args.archive, args.key)
    manifest = offboard_archive.verify(args.archive, data_key, args.out)
    counts = manifest["counts"]
    lines = [f"{args.archive}: holds {len(manifest['entries'])} entries as its manifest says"]
    lines += [f"  {count:>8} {kind}" for kind, count in counts["records"].items()]
    lines += [f"  {counts['documents']:>8} documents", f"  {counts['auditEvents']:>8} audit events"]
    say(args, manifest, "\n".join(lines))
    return 0
