"""Residency: every location lies inside the jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource, UnknownValue
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import RESIDENCY
from policies.stack import Stack

_PATHS = ("location", "region", "settings.backupConfiguration.location")


@rule(
    id="location-in-jurisdiction",
    number=86,
    title="Every location lies inside the stack's jurisdiction",
    remedy="Use one of the jurisdiction's locations.",
    severity="critical",
    types=("gcp:*",),
    controls=RESIDENCY,
    fails={"location": "us-central1"},
    passes={"location": "europe-west3"},
)
def location_in_jurisdiction(resource: Resource, stack: Stack) -> Iterator[Problem]:
    placed = [(path, resource.at(path)) for path in _PATHS]
    placed += [
        (f"replication.userManaged.replicas[{index}].location", replica.get("location"))
        for index, replica in enumerate(resource.at("replication.userManaged.replicas") or [])
    ]
    # Compute answers a region by its URL; the last part is the name.
    named = [(path, str(value).rsplit("/", 1)[-1].lower()) for path, value in placed if value]
    placed = [(path, name) for path, name in named if name != "global"]
    if not placed:
        raise NotApplicable("this resource has no location of its own")
    if stack.context.locations is None:
        raise UnknownValue("", "the stack names no jurisdiction to judge the location by")
    for path, value in placed:
        if value not in stack.context.locations:
            yield Problem(path, value)
