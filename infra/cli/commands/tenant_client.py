"""`tenant client list|add|rotate|revoke`: who may ask a tenant's endpoint for a token, by its own job."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from infra.cli import admin_job
from infra.cli.commands.common import command, engine, say
from infra.cli.google import Google, endpoints, token
from infra.errors import ConfigError

_WORDS = {
    "list": "every client with its scopes and the names of its keys",
    "add": "a client that may ask for tokens of some scopes with its private key",
    "rotate": "give a client other keys",
    "revoke": "end a client's access",
}


def register(commands: Any) -> None:
    text = "a tenant's clients: list, add, rotate, revoke"
    parser = commands.add_parser("client", help=text, description=text)
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    for action, words in _WORDS.items():
        _options(command(below, action, _client, words), action)


def _options(parser: argparse.ArgumentParser, action: str) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="the tenant's stack")
    if action != "list":
        parser.add_argument("--id", required=True, help="the client")
    if action in ("add", "rotate"):
        parser.add_argument("--jwks", required=True, metavar="FILE", type=Path, help="its public keys")
    if action == "add":
        parser.add_argument("--scope", required=True, nargs="+", help="such as system/*.rs")
    parser.set_defaults(action=action)


def _client(args: argparse.Namespace) -> int:
    words = _words(args)
    place = args.stack.split("-tenant-")[0]
    outputs = engine().outputs(args.stack)
    if "admin" not in (outputs.get("jobs") or {}):
        raise ConfigError("--stack", args.stack, "a tenant's stack that is up")
    lines = admin_job.run(Google(endpoints(place), token()), outputs, words)
    if args.action == "list":
        found: list[dict[str, Any]] = json.loads("".join(lines))
        say(args, found, "\n".join(map(_row, found)))
    else:
        say(args, lines, "\n".join(lines))
    return 0


def _row(client: dict[str, Any]) -> str:
    return f"{client['id']}\t{client['scopes']}\t{client['revokedAt'] or 'active'}"


def _words(args: argparse.Namespace) -> list[str]:
    """As the runtime's own command line has them."""
    words = ["client", args.action]
    if args.action == "list":
        return [*words, "--json"]
    words += ["--id", args.id]
    if args.action in ("add", "rotate"):
        words += ["--jwks", _keys(args.jwks)]
    return [*words, "--scope", *args.scope] if args.action == "add" else words


def _keys(path: Path) -> str:
    try:
        return json.dumps(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise ConfigError("--jwks", str(path), "a file that holds a JSON Web Key Set") from error
