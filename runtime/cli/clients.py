"""`python -m runtime client add|rotate|revoke|list` and `key rotate`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.db.clients import Client, ClientError, Clients
from runtime.errors import ReadOnly
from runtime.scopes import Scopes
from runtime.settings import Settings, load
from runtime.tokens.assertion import CLIENT_ID, KeySetError, check_key_set


def run(arguments: Namespace) -> int:
    settings = load()
    require_writable(settings, arguments)
    with _clients(settings) as clients:
        return COMMANDS[arguments.action](clients, arguments)


def require_writable(settings: Settings, arguments: Namespace) -> None:
    """A read-only tenant takes no new clients or keys; an access can always be ended."""
    if settings.read_only and arguments.action in ("add", "rotate"):
        raise ReadOnly("This tenant is read-only at present: no client is added or given other keys.")


def add(clients: Clients, arguments: Namespace) -> int:
    if not CLIENT_ID.fullmatch(arguments.id):
        raise ClientError(arguments.id, "is no id: 1 to 128 letters, digits, dots, underscores or hyphens")
    scopes = Scopes.parse(" ".join(arguments.scope))
    clients.add(arguments.id, read_key_set(arguments.jwks), scopes.text())
    print(f"client {arguments.id} may ask for {scopes.text()}")
    return 0


def rotate(clients: Clients, arguments: Namespace) -> int:
    clients.rotate(arguments.id, read_key_set(arguments.jwks))
    print(f"client {arguments.id} has new keys")
    return 0


def revoke(clients: Clients, arguments: Namespace) -> int:
    clients.revoke(arguments.id)
    print(f"client {arguments.id} is revoked; its tokens end within 15 s")
    return 0


def show(clients: Clients, arguments: Namespace) -> int:
    rows = [_row(client) for client in clients.all()]
    if arguments.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            state = f"revoked {row['revokedAt']}" if row["revokedAt"] else "active"
            print(row["id"], row["scopes"], state, sep="\t")
    return 0


COMMANDS = {"add": add, "rotate": rotate, "revoke": revoke, "list": show}


def read_key_set(given: str) -> dict[str, Any]:
    """The JWKS itself, or `@file`."""
    try:
        text = Path(given[1:]).read_text() if given.startswith("@") else given
        return check_key_set(json.loads(text))
    except (OSError, ValueError) as error:
        if isinstance(error, KeySetError):
            raise
        raise KeySetError(f"--jwks cannot be read as JSON: {type(error).__name__}") from error


@contextmanager
def _clients(settings: Settings) -> Iterator[Clients]:
    from runtime.parts import connect

    engine = connect(settings).engine
    try:
        yield Clients(engine)
    finally:
        engine.dispose()


def _row(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "scopes": client.scopes,
        "keys": [key["kid"] for key in client.jwks["keys"]],
        "createdAt": client.created_at.isoformat(),
        "revokedAt": client.revoked_at.isoformat() if client.revoked_at else None,
    }
