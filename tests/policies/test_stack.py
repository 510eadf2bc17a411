"""The index: what a value names, and who names a resource, also while values are not known."""

from __future__ import annotations

import pytest

from policies.context import Context
from policies.resource import UNKNOWN, Properties, Resource, UnknownValue
from policies.stack import Stack

TOPIC, SUBSCRIPTION = "gcp:pubsub/topic:Topic", "gcp:pubsub/subscription:Subscription"


def resource(
    type: str, called: str, made_from: dict[str, tuple[str, ...]] | None = None, **properties: object
) -> Resource:
    urn = f"urn:pulumi:s::p::{type}::{called}"
    return Resource(type, urn, called, Properties(properties), True, made_from or {})


NET = resource(
    "gcp:compute/network:Network",
    "net",
    id="projects/p/global/networks/net",
    selfLink="https://www.googleapis.com/compute/v1/projects/p/global/networks/net",
    name="net",
)


def stack(*resources: Resource) -> Stack:
    return Stack(resources, Context(), "s")


@pytest.mark.parametrize(
    "value",
    [
        "projects/p/global/networks/net",
        "https://www.googleapis.com/compute/v1/projects/p/global/networks/net",
        "//compute.googleapis.com/projects/p/global/networks/net",
        "net",
    ],
)
def test_a_resource_goes_by_many_names(value: str) -> None:
    assert stack(NET).named(value, NET.type) is NET


@pytest.mark.parametrize("value", ["", None, "other", 3, ["net"], "projects/p/global/networks/other"])
def test_what_names_nothing(value: object) -> None:
    assert stack(NET).named(value, NET.type) is None


def test_types_by_prefix() -> None:
    found = stack(NET, resource(TOPIC, "t"))
    assert [each.name for each in found.of("gcp:pubsub/*")] == ["t"]
    assert len(found.of("gcp:*")) == 2


def test_an_unknown_value_is_followed_by_what_it_was_made_from() -> None:
    topic = resource(TOPIC, "t", name="t")
    named = resource(SUBSCRIPTION, "s", {"topic": (topic.urn, NET.urn)}, topic=UNKNOWN)
    unclear = resource(SUBSCRIPTION, "u", {"topic": (NET.urn,)}, topic=UNKNOWN)
    found = stack(topic, NET, named, unclear)
    assert found.referred(named, "topic", TOPIC) is topic
    with pytest.raises(UnknownValue):
        found.referred(unclear, "topic", TOPIC)


def test_who_points_at_a_resource() -> None:
    topic, other = resource(TOPIC, "t", name="t"), resource(TOPIC, "o", name="o")
    one = resource(SUBSCRIPTION, "s", topic="projects/p/topics/t")
    many = resource("gcp:healthcare/fhirStore:FhirStore", "f", notificationConfigs=[{"pubsubTopic": "t"}])
    found = stack(topic, other, one, many)
    assert found.pointing(topic, "topic", SUBSCRIPTION) == (one,)
    assert found.pointing(topic, "notificationConfigs[].pubsubTopic", many.type) == (many,)
    assert found.pointing(other, "topic", SUBSCRIPTION) == ()


def test_nobody_pointing_is_not_proved_while_one_may() -> None:
    topic, other = resource(TOPIC, "t", name="t"), resource(TOPIC, "o", name="o")
    known = resource(SUBSCRIPTION, "s", topic="t")
    unclear = resource(SUBSCRIPTION, "u", topic=UNKNOWN)
    found = stack(topic, other, known, unclear)
    assert found.pointing(topic, "topic", SUBSCRIPTION) == (known,)
    with pytest.raises(UnknownValue):
        found.pointing(other, "topic", SUBSCRIPTION)
