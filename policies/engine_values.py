"""What the engine hands to a policy, as the rules read it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import proxy

from policies.context import Context, context
from policies.resource import SECRET, UNKNOWN, Properties

STACKS = Path(__file__).resolve().parent.parent / "stacks"


def settings(stack: str, environ: Mapping[str, str] = os.environ, stacks: Path = STACKS) -> dict[str, Any]:
    """`careplane:*` of a stack's configuration, by name.

    The engine hands it to a pack by `ConfigureStack`, which pulumi-policy 1.21 drops; so it comes from
    `PULUMI_CONFIG` where somebody set it (`python -m infra` does), else from the stack's file.
    """
    file = stacks / f"Pulumi.{stack}.yaml"
    if raw := environ.get("PULUMI_CONFIG"):
        given: dict[str, Any] = json.loads(raw)
    elif file.exists():
        given = (yaml.load(file.read_text(), yaml.CSafeLoader) or {}).get("config") or {}
    else:
        given = {}
    return {
        key.removeprefix("careplane:"): value for key, value in given.items() if key.startswith("careplane:")
    }


@cache
def stack_context(stack: str) -> Context:
    return context(settings(stack), stack=stack)


def stack_of(urn: str) -> str:
    """The stack in `urn:pulumi:STACK::project::type::name`."""
    return urn.split("::", 1)[0].removeprefix("urn:pulumi:")


_UNKNOWN = frozenset(getattr(proxy, name) for name in dir(proxy) if name.startswith("UNKNOWN_"))


def bare(value: Any) -> Any:
    """What pulumi-policy's proxies wrap, as the engine sent it."""
    for name in ("_DictProxy__target", "_ListProxy__target"):
        if hasattr(value, name):
            return bare(getattr(value, name))
    if isinstance(value, Mapping):
        return {key: bare(item) for key, item in value.items()}
    return [bare(item) for item in value] if isinstance(value, (list, tuple)) else value


def plain(value: Any) -> Any:
    """Properties as rules read them: pulumi-policy's unknown sentinels and secrets become our markers."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWN else value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    target = getattr(value, "_DictProxy__target", None)
    if target is None:
        target = getattr(value, "_ListProxy__target", None)
    value = value if target is None else target
    if isinstance(value, Mapping):
        return SECRET if Properties.is_secret(value) else {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return SECRET if type(value).__name__ == "Secret" else value
