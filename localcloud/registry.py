"""Behaviours by discovery method id, and the hooks that run when the server starts and stops.

A service module decorates plain functions; importing it registers them:

    @behaviour("cloudkms.projects.locations.keyRings.cryptoKeys.encrypt")
    def encrypt(cloud: Cloud, call: Call) -> Json | Reply: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from localcloud.discovery import Method

if TYPE_CHECKING:
    from localcloud.api import Call
    from localcloud.cloud import Cloud

Behaviour = Callable[["Cloud", "Call"], Any]
Hook = Callable[["Cloud"], None]

Computed = Callable[["Cloud", str, dict[str, Any], bool], None]
FaultHook = Callable[["Cloud", str, dict[str, Any] | None], None]

BEHAVIOURS: dict[str, Behaviour] = {}
PERMISSIONS: dict[str, str] = {}
COMPUTED: dict[str, Computed] = {}
FAULT_HOOKS: dict[str, list[FaultHook]] = {}
ROUTES: dict[str, list[Method]] = {}
STARTERS: list[Hook] = []
STOPPERS: list[Hook] = []


def behaviour(*methods: str, permission: str | None = None) -> Callable[[Behaviour], Behaviour]:
    """Answer these discovery methods; `permission` is the IAM permission asked of the caller.

    Without `permission` the server asks for the conventional one
    (`<service>.<collection>.<verb>`) on the addressed resource; an empty string
    says that the behaviour asks for itself.
    """

    def register(function: Behaviour) -> Behaviour:
        for method in methods:
            if method in BEHAVIOURS:
                raise ValueError(f"{method} has two behaviours")
            BEHAVIOURS[method] = function
            if permission is not None:
                PERMISSIONS[method] = permission
        return function

    return register


def computed(*resources: str) -> Callable[[Computed], Computed]:
    """Fill in what Google computes of a generic resource (`redis.projects.locations.instances`).

    The function gets the cloud, the resource's name, its body to change in place, and whether it is new.
    """

    def register(function: Computed) -> Computed:
        for resource in resources:
            COMPUTED[resource] = function
        return function

    return register


def route(api: str, verb: str, template: str, method: str) -> None:
    """A path that discovery does not list, such as `b/{bucket}/o/{object...}` (which takes all that follows).

    `template` begins after the first slash and holds the version where there is one.
    """
    start = next(
        (i + 1 for i, part in enumerate(template.split("/")) if part[:1] == "v" and part[1:2].isdigit()), 0
    )
    end = len(template.split("/")) if "..." not in template else 1000
    ROUTES.setdefault(api, []).append(
        Method(api, "", method, verb, template, template, None, None, None, start, end)
    )


def on_fault(kind: str) -> Callable[[FaultHook], FaultHook]:
    """Be told when a fault of this kind begins (with its parameters) and ends (with None) on a target."""

    def register(hook: FaultHook) -> FaultHook:
        FAULT_HOOKS.setdefault(kind, []).append(hook)
        return hook

    return register


def on_start(hook: Hook) -> Hook:
    """Run when the server starts, in order of registration: bring back what the state says."""
    STARTERS.append(hook)
    return hook


def on_stop(hook: Hook) -> Hook:
    """Run when the server stops, in reverse order: end every process the service began."""
    STOPPERS.append(hook)
    return hook
