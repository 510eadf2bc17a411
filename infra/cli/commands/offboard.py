"""`tenant offboard`, `tenant open-export`: a customer leaves, with its data, with proof."""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.cli import (
    google,
    offboard,
    offboard_archive,
    offboard_cipher,
    offboard_freeze,
    offboard_plan,
    offboard_state,
    rehearsal,
)
from infra.cli.commands.common import command, engine, rehearse, say
from infra.cli.errors import CliError
from infra.cli.google import Google
from infra.cli.offboard_certificate import FOLDER, text, verification
from infra.cli.offboard_source import Source
from infra.cli.offboard_state import OffboardState
from infra.cli.places import Stack, stacks
from infra.cli.pulumi import Pulumi
from infra.cli.stack_lock import held
from infra.config import TenantConfig
from infra.errors import ConfigError

LONGEST_DRAIN = 3600
"""Seconds; Cloud Run allows no request more: https://cloud.google.com/run/docs/configuring/request-timeout"""


class Unconfirmed(CliError):
    """Nobody has said that the tenant shall go."""


def register(commands: Any) -> None:
    words = (
        "stop writes, export, verify, lift protection, shred the keys, destroy, certify; the same command "
        "goes on, --dry-run shows what it would do"
    )
    parser = command(commands, "offboard", _offboard, words)
    parser.add_argument("name", metavar="NAME", help="the tenant, such as lakeside")
    parser.add_argument("--place", default="local", help="which stacks (default %(default)s)")
    rehearse(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="for export and certificate")
    parser.add_argument(
        "--recipient-key", type=Path, metavar="PEM", help="public key (RSA or X25519) that the export is for"
    )
    parser.add_argument("--no-export", action="store_true", help="destroy without an export; needs --reason")
    parser.add_argument("--reason", metavar="TEXT", help="why there is no export; goes into the certificate")
    parser.add_argument(
        "--token-command", metavar="COMMAND", help="prints an access token of a client with system/*.rs"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the steps and counts; change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask for the tenant's name")
    parser.add_argument(
        "--reopen", action="store_true", help="take an off-boarding back, as long as no key was given up"
    )
    parser.add_argument(
        "--drain",
        type=float,
        metavar="SECONDS",
        help="how long to wait for requests from before writes stopped (default: what a write may take)",
    )
    words = "decrypt an export with the recipient's private key and compare every entry with its manifest"
    reader = command(commands, "open-export", _open, words)
    reader.add_argument("archive", type=Path, metavar="FILE", help="export.careplane")
    reader.add_argument("--key", type=Path, required=True, metavar="PEM", help="private key, no passphrase")
    reader.add_argument("--out", type=Path, metavar="DIR", help="keep the files there; else only check them")


def _offboard(args: argparse.Namespace) -> int:
    """Refuses what is wrong, asks, and only then holds the stacks and goes on from where it is."""
    pulumi = _pulumi(args)
    label = offboard_state.label(args.place, args.rehearse)
    file = offboard_state.path(pulumi.home, label, args.name)
    state = _state(pulumi, file)
    if args.reopen:
        return _reopen(args, pulumi, state)
    to = None if args.dry_run and not args.recipient_key else _recipient(args)
    found = _stacks(args, pulumi, state)
    pulumi = engine(pulumi)
    if args.dry_run:
        told = _plan(args, pulumi, state or _begin(args, file, Path(), found))
        say(args, told, f"{offboard_plan.text(told)}\nNothing was changed.")
        return 0
    _require_out(args, state)
    if args.drain is not None and not 0 <= args.drain <= LONGEST_DRAIN:
        raise ConfigError("--drain", args.drain, f"0 to {LONGEST_DRAIN} seconds")
    if state is None or not state.removed:
        _confirm(args, lambda: _plan(args, pulumi, state or _begin(args, file, args.out, found)))
    begun = {each.name for each in state.stacks} if state else set()
    with _held(pulumi, args.name, begun | set(found)):
        # Anew: another command may have held them meanwhile.
        state = _state(pulumi, file)
        _require_out(args, state)
        out = _work(args, pulumi, file, state, to)
    told = json.loads((out / FOLDER / "certificate.json").read_text())
    check = verification(out)
    data = told | {"pack": str(out / FOLDER), "verify": check}
    say(args, data, f"{text(told)}\nverify: {check}")
    return 0


def _work(
    args: argparse.Namespace,
    pulumi: Pulumi,
    file: Path,
    state: OffboardState | None,
    to: offboard_cipher.Recipient | None,
) -> Path:
    """The folder with the certificate."""
    found = _stacks(args, pulumi, state)
    state = state or _begin(args, file, args.out, found)
    out = Path(state.out)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if state.removed:
        return out
    token_command = _token_command(args, to is not None, state)
    if to is not None and not any(each.shredding for each in state.stacks):
        require_token(token_command)
    caller = _caller(args, pulumi)
    source = Source(caller, token_command, args.rehearse)
    offboard.Offboarding(pulumi, caller, source, found, state, to, args.reason or "", _tell, args.drain).run()
    return out


def _pulumi(args: argparse.Namespace) -> Pulumi:
    """The engine, in the rehearsal's folder where `--rehearse` says so."""
    pulumi = Pulumi()
    if args.rehearse:
        return replace(pulumi, root=rehearsal.prepare(args.place, pulumi.home))
    rehearsal.refuse_unrehearsed(args.place, pulumi.home)
    return pulumi


def _state(pulumi: Pulumi, file: Path) -> OffboardState | None:
    """How far an earlier run came; one that came to its end is nothing to a tenant made anew since."""
    state = offboard_state.load(file)
    anew = state is not None and state.removed and pulumi.known() & {each.name for each in state.stacks}
    return None if anew else state


def _reopen(args: argparse.Namespace, pulumi: Pulumi, state: OffboardState | None) -> int:
    if state is None or state.removed:
        raise ConfigError("--reopen", args.name, "a tenant whose off-boarding has begun and not ended")
    pulumi, names = engine(pulumi), {each.name for each in state.stacks}
    with _held(pulumi, args.name, names):
        # Anew, as above.
        state = offboard_state.load(state.path) or state
        offboard_freeze.reopen(pulumi, _stacks(args, pulumi, state), state)
    say(
        args,
        {"tenant": args.name, "reopened": sorted(names)},
        f"{args.name} takes writes again and is protected as before; any export is still in {state.out}.",
    )
    return 0


def _begin(args: argparse.Namespace, file: Path, out: Path, found: dict[str, Stack]) -> OffboardState:
    return offboard.begin(file, args.place, args.name, out.resolve(), list(found.values()), args.rehearse)


def _caller(args: argparse.Namespace, pulumi: Pulumi) -> Google:
    return Google(google.endpoints(args.place, folder=pulumi.stacks), google.token())


def _plan(args: argparse.Namespace, pulumi: Pulumi, state: OffboardState) -> dict[str, Any]:
    if args.no_export:
        export = offboard_plan.NONE
    else:
        key = args.recipient_key or "the key of --recipient-key"
        export = f"records, documents and audit trail, encrypted to {key}, and read back"
    return offboard_plan.plan(pulumi, _caller(args, pulumi), state, export)


def _confirm(args: argparse.Namespace, plan: Callable[[], dict[str, Any]]) -> None:
    """A person types the tenant's name; a script says --yes."""
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(
            "--yes",
            None,
            f"given where no terminal can ask for the name, for this destroys {args.name} and its keys; "
            "--dry-run shows what it would do",
        )
    _tell(offboard_plan.text(plan()))
    print(f"Type the tenant's name to destroy it: {args.name}: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != args.name:
        raise Unconfirmed(f"{args.name} was not confirmed; nothing was changed")


@contextmanager
def _held(pulumi: Pulumi, tenant: str, names: Iterable[str]) -> Iterator[None]:
    """No other command of ours works on the tenant's stacks meanwhile."""
    with ExitStack() as stack:
        for name in sorted(names):
            stack.enter_context(held(pulumi.home, name, f"tenant offboard {tenant}"))
        yield


def _require_out(args: argparse.Namespace, state: OffboardState | None) -> None:
    if args.out is None:
        raise ConfigError("--out", None, "a folder for export and certificate")
    if state is None:
        _empty(args.out)
    elif Path(state.out) != args.out.resolve():
        raise ConfigError("--out", str(args.out), f"where it began, {state.out}")


def _recipient(args: argparse.Namespace) -> offboard_cipher.Recipient | None:
    """Exactly one of: a key to export to; no export, with a reason."""
    if args.no_export == bool(args.recipient_key):
        given = "both" if args.no_export else None
        raise ConfigError("--recipient-key, --no-export", given, "one of them")
    if args.no_export and not (args.reason or "").strip():
        raise ConfigError("--reason", args.reason, "why there is no export")
    return None if args.no_export else offboard_cipher.recipient(args.recipient_key)


def _stacks(args: argparse.Namespace, pulumi: Pulumi, state: OffboardState | None) -> dict[str, Stack]:
    """The tenant's stacks; those of an interrupted run whose files are gone already are left out."""
    name, every = args.name, stacks(args.place, pulumi.stacks)
    tenants = {stack.name: stack.config.tenant for stack in every if isinstance(stack.config, TenantConfig)}
    if name not in tenants.values() and state is None:
        raise ConfigError("NAME", name, set(tenants.values()))
    return {stack.name: stack for stack in every if tenants.get(stack.name) == name}


def _token_command(args: argparse.Namespace, needed: bool, state: OffboardState) -> str:
    if args.token_command or not needed:
        return args.token_command or ""
    if args.place == "local" or args.rehearse:
        stack = f" --stack {state.stacks[0].name}" if args.rehearse else ""
        return f"{sys.executable} -m localcloud token --tenant {args.name}{stack}"
    raise ConfigError("--token-command", None, "a command that prints an access token of the tenant")


def require_token(token_command: str) -> None:
    """Asked for once before anything is changed: a tenant that is read-only takes no new client for it."""
    done = subprocess.run(shlex.split(token_command), capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        said = (done.stderr.strip() or "it printed nothing").splitlines()[-1]
        raise CliError(f"--token-command failed: {said}; nothing was changed")


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
