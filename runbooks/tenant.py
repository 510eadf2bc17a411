"""A tenant stack as a drill's target, and the key of its cell that signs its evidence."""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any

import runbooks.actions  # noqa: F401  (registers the activities)
from runbooks import checkout, home, signing, stack
from runbooks.actions.context import Shared
from runbooks.drill import definition
from runbooks.drill.activities import ACTIVITIES
from runbooks.errors import PreconditionError
from runbooks.google import Google
from runbooks.target import Engine, Key, Request, Target
from runbooks.writer import Writer


def connect(request: Request) -> Target:
    """Read the stack; nothing is changed. `PreconditionError` where it is not up."""
    found = stack.read(request.stack)
    command = request.token_command
    if command is None:
        if not found.local:
            raise PreconditionError(
                "--token-command: is needed for a stack in the cloud; it prints an access token"
            )
        command = f"{sys.executable} -m localcloud token --tenant {found.tenant}"
    # A run that is resumed sends what it had sent, to the letter.
    canary = next(iter(home.canaries(request.run)), f"Nobody-{secrets.token_hex(8)}")
    writer = Writer(found, request.run, command, request.folder, canary)
    writer.recover()
    return Target(
        request.stack,
        found.production,
        found.config.get("careplane:placement", ""),
        {**checkout.commit(), **_facts(found)},
        Shared(found, Google(found), writer),
        writer.metrics,
        (canary,),
    )


def _facts(found: stack.Stack) -> dict[str, Any]:
    image = stack.image(found.name)
    return {
        "environment": "local" if found.local else "Google Cloud",
        "tenant": found.tenant,
        "config_sha256": found.config_sha256,
        "image": image,
        "image_digest": image.rpartition("@")[2] if image and "@sha256:" in image else None,
    }


def key(name: str, given: str | None) -> Key:
    """The key that was given, else the `evidence` key of the cell that the tenant is in."""
    config = stack.settings(name)
    endpoint = config.get("gcp:kmsCustomEndpoint") or signing.GOOGLE
    if given is None:
        cell = config.get("careplane:cellStack")
        if not cell:
            raise PreconditionError(f"--sign: {name} names no cell whose key would sign; name a key")
        outputs = json.loads(stack.pulumi("stack", "output", "--json", "--stack", cell))
        given = (outputs.get("keys") or {}).get("evidence")
        if not given:
            raise PreconditionError(f"--sign: {cell} has no key `evidence`; name a key, or say --unsigned")
    return signing.key(given, endpoint)


def engine() -> Engine:
    """The drills that are shipped, against tenant stacks."""
    return Engine(definition.FOLDER, ACTIVITIES, connect, key)
