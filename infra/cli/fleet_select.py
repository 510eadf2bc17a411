"""Which tenants of a place a fleet command means: `cell=…,profile=…,placement=…,tenant=…`."""

from __future__ import annotations

from collections.abc import Callable

from infra.cli.places import Stack
from infra.config import TenantConfig
from infra.errors import ConfigError

_KEYS: dict[str, Callable[[TenantConfig], str]] = {
    "cell": lambda config: config.cell_stack,
    "placement": lambda config: config.placement,
    "profile": lambda config: config.profile.name,
    "tenant": lambda config: config.tenant,
}


def tenant(stack: Stack) -> TenantConfig:
    """The configuration of a tenant's stack."""
    assert isinstance(stack.config, TenantConfig), stack.name
    return stack.config


def select(stacks: list[Stack], given: list[str]) -> list[Stack]:
    """Tenant stacks that match every key; a key that is given more than once matches any of its values.

    A value that no tenant of the place has is refused, so that a typing error never means "none of them".
    """
    tenants = [stack for stack in stacks if stack.kind == "tenant"]
    wanted: dict[str, set[str]] = {}
    for part in (part for text in given for part in text.split(",")):
        key, _, value = part.partition("=")
        if key not in _KEYS or not value:
            raise ConfigError("--select", part, [f"{name}=…" for name in _KEYS])
        known = {_KEYS[key](tenant(stack)) for stack in tenants}
        if value not in known:
            raise ConfigError(f"--select {key}", value, known)
        wanted.setdefault(key, set()).add(value)
    found = [
        stack
        for stack in tenants
        if all(_KEYS[key](tenant(stack)) in values for key, values in wanted.items())
    ]
    if not found:
        raise ConfigError("--select", ",".join(given) or "every tenant", "what at least one tenant matches")
    return found
