"""A small exported state, as `pulumi stack export` writes it."""

from __future__ import annotations

import json
from typing import Any

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def exported(*resources: tuple[str, str, dict[str, Any]], outputs: dict[str, Any] | None = None) -> bytes:
    """An export holding (type, name, properties) and the stack's outputs."""
    stack = {
        "urn": "urn:pulumi:example::careplane::pulumi:pulumi:Stack::careplane-example",
        "type": "pulumi:pulumi:Stack",
        "custom": False,
        "outputs": outputs or {"jurisdiction": "eu", "profile": "saas"},
    }
    listed = [stack] + [
        {
            "urn": f"urn:pulumi:example::careplane::{token}::{name}",
            "type": token,
            "custom": True,
            "inputs": properties,
            "outputs": properties,
        }
        for token, name, properties in resources
    ]
    return json.dumps({"version": 3, "deployment": {"resources": listed}}).encode()
