"""Residency: every location lies inside the jurisdiction."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Context, Properties, UnknownValue
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import RESIDENCY

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
def location_in_jurisdiction(properties: Properties, context: Context) -> Iterator[Problem]:
    placed = [(path, properties.at(path)) for path in _PATHS]
    placed += [
        (f"replication.userManaged.replicas[{index}].location", replica.get("location"))
        for index, replica in enumerate(properties.at("replication.userManaged.replicas") or [])
    ]
    # Compute answers a region by its URL; the last part is the name.
    named = [(path, str(value).rsplit("/", 1)[-1].lower()) for path, value in placed if value]
    placed = [(path, name) for path, name in named if name != "global"]
    if not placed:
        raise NotApplicable("this resource has no location of its own")
    if context.locations is None:
        raise UnknownValue("the jurisdiction's locations")
    for path, value in placed:
        if value not in context.locations:
            yield Problem(path, value)
