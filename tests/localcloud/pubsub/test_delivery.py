"""Delivery without a server: leases, retries, order, dead letters, seeking, keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.api import ApiError, Caller
from localcloud.cloud import Cloud
from localcloud.policy import bind
from localcloud.pubsub import dead_letter, delivery, retention
from localcloud.services import pubsub
from localcloud.timestamps import stamp
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import PROJECT, call, request
from tests.localcloud.kms import keys
from tests.localcloud.pubsub import lines


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        lines.topic(made)
        yield made


def _dead_lettered(cloud: Cloud) -> None:
    lines.topic(cloud, lines.DEAD)
    lines.subscription(cloud, lines.DEAD_READER, lines.DEAD)
    lines.subscription(cloud, deadLetterPolicy={"deadLetterTopic": lines.DEAD, "maxDeliveryAttempts": 5})
    lines.publish(cloud, "poison", tenant="riverside")


def _fail(cloud: Cloud, times: int) -> list[int]:
    """Pull and give back; the attempts that were told."""
    attempts = []
    for _ in range(times):
        received = lines.pull(cloud)
        attempts += [r["deliveryAttempt"] for r in received]
        if received:
            lines.give_back(cloud, received)
    return attempts


def test_a_message_reaches_every_subscription_once(cloud: Cloud) -> None:
    other = f"projects/{PROJECT}/subscriptions/other"
    lines.subscription(cloud)
    lines.subscription(cloud, other)
    lines.publish(cloud, "one")
    for name in (lines.SUBSCRIPTION, other):
        received = lines.pull(cloud, name)
        assert lines.texts(received) == ["one"] and lines.pull(cloud, name) == []
        lines.acknowledge(cloud, received, name)
    keys.move_clock(cloud, 3600)
    assert lines.pull(cloud) == [] and lines.pull(cloud, other) == []


def test_defaults_of_a_subscription(cloud: Cloud) -> None:
    made = lines.subscription(cloud, expirationPolicy=None)
    assert made["ackDeadlineSeconds"] == 10 and made["messageRetentionDuration"] == "604800s"
    assert made["expirationPolicy"] == {"ttl": "2678400s"} and made["state"] == "ACTIVE"


def test_an_expired_lease_brings_the_message_again(cloud: Cloud) -> None:
    lines.subscription(cloud)
    lines.publish(cloud, "one")
    lines.pull(cloud)
    keys.move_clock(cloud, 11)
    assert lines.texts(lines.pull(cloud)) == ["one"]


def test_a_longer_deadline_holds_it_back(cloud: Cloud) -> None:
    lines.subscription(cloud)
    lines.publish(cloud, "one")
    lines.give_back(cloud, lines.pull(cloud), wait=60)
    keys.move_clock(cloud, 50)
    assert lines.pull(cloud) == []


def test_retries_back_off(cloud: Cloud) -> None:
    lines.subscription(cloud, retryPolicy={"minimumBackoff": "10s", "maximumBackoff": "600s"})
    lines.publish(cloud, "one")
    lines.give_back(cloud, lines.pull(cloud))
    assert lines.pull(cloud) == []
    keys.move_clock(cloud, 10.5)
    lines.give_back(cloud, lines.pull(cloud))
    keys.move_clock(cloud, 25)
    assert lines.pull(cloud) == []
    keys.move_clock(cloud, 32)
    assert len(lines.pull(cloud)) == 1


def test_a_key_is_delivered_in_order_even_after_a_failure(cloud: Cloud) -> None:
    lines.subscription(cloud, enableMessageOrdering=True)
    lines.publish(cloud, "1", "2", "3", key="patient")
    received = lines.pull(cloud, limit=2)
    assert lines.texts(received) == ["1", "2"] and lines.pull(cloud) == []
    lines.give_back(cloud, received[:1])
    again = lines.pull(cloud)
    assert lines.texts(again) == ["1"]
    lines.acknowledge(cloud, again)
    rest = lines.pull(cloud)
    assert lines.texts(rest) == ["2", "3"]
    lines.acknowledge(cloud, rest)
    assert lines.pull(cloud) == []


def test_exactly_once_refuses_a_late_acknowledgement(cloud: Cloud) -> None:
    lines.subscription(cloud, enableExactlyOnceDelivery=True)
    lines.publish(cloud, "one")
    received = lines.pull(cloud)
    keys.move_clock(cloud, 11)
    with pytest.raises(ApiError) as error:
        lines.acknowledge(cloud, received)
    assert error.value.details[0]["metadata"] == {received[0]["ackId"]: "PERMANENT_FAILURE_INVALID_ACK_ID"}
    assert len(lines.pull(cloud)) == 1


class TestDeadLetters:
    """Five failures move a message, if Pub/Sub's agent may move it."""

    def test_moves_after_five_attempts(self, cloud: Cloud) -> None:
        _dead_lettered(cloud)
        bind(cloud, "pubsub", lines.DEAD, "roles/pubsub.publisher", lines.AGENT)
        bind(cloud, "pubsub", lines.SUBSCRIPTION, "roles/pubsub.subscriber", lines.AGENT)
        assert _fail(cloud, 6) == [1, 2, 3, 4, 5]
        dead = lines.pull(cloud, lines.DEAD_READER)
        assert lines.texts(dead) == ["poison"]
        attributes = dead[0]["message"]["attributes"]
        assert attributes["tenant"] == "riverside"
        assert attributes["CloudPubSubDeadLetterSourceSubscription"] == "reader"
        assert attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"

    def test_moves_without_being_asked(self, cloud: Cloud) -> None:
        _dead_lettered(cloud)
        bind(cloud, "pubsub", f"projects/{PROJECT}/topics/dead", "roles/pubsub.publisher", lines.AGENT)
        bind(cloud, "pubsub", lines.SUBSCRIPTION, "roles/pubsub.subscriber", lines.AGENT)
        _fail(cloud, 5)
        dead_letter.forward_exhausted(cloud, delivery.load(cloud, lines.SUBSCRIPTION))
        assert len(lines.pull(cloud, lines.DEAD_READER)) == 1

    @pytest.mark.parametrize("granted", [(), ("topic",), ("subscription",)])
    def test_without_both_grants_it_goes_on_being_delivered(
        self, cloud: Cloud, granted: tuple[str, ...]
    ) -> None:
        _dead_lettered(cloud)
        if "topic" in granted:
            bind(cloud, "pubsub", lines.DEAD, "roles/pubsub.publisher", lines.AGENT)
        if "subscription" in granted:
            bind(cloud, "pubsub", lines.SUBSCRIPTION, "roles/pubsub.subscriber", lines.AGENT)
        assert _fail(cloud, 7) == [1, 2, 3, 4, 5, 6, 7]
        assert lines.pull(cloud, lines.DEAD_READER) == []


class TestSeek:
    """Back and forth in time."""

    def test_to_a_moment_brings_back_acknowledged_messages(self, cloud: Cloud) -> None:
        lines.subscription(cloud, retainAckedMessages=True)
        lines.publish(cloud, "one")
        middle = stamp(cloud.clock.now())
        lines.publish(cloud, "two")
        lines.acknowledge(cloud, lines.pull(cloud))
        lines.seek(cloud, time=middle)
        assert lines.texts(lines.pull(cloud)) == ["two"]

    def test_to_the_future_drops_what_is_owed(self, cloud: Cloud) -> None:
        lines.subscription(cloud)
        lines.publish(cloud, "one")
        lines.seek(cloud, time="2999-01-01T00:00:00Z")
        assert lines.pull(cloud) == []

    def test_a_topic_that_retains_serves_a_younger_subscription(self, cloud: Cloud) -> None:
        call(
            cloud,
            "pubsub.projects.topics.patch",
            lines.TOPIC,
            {"topic": {"messageRetentionDuration": "86400s"}},
            query={"updateMask": "messageRetentionDuration"},
        )
        start = stamp(cloud.clock.now())
        lines.publish(cloud, "before")
        lines.subscription(cloud)
        assert lines.pull(cloud) == []
        lines.seek(cloud, time=start)
        assert lines.texts(lines.pull(cloud)) == ["before"]

    def test_to_a_snapshot(self, cloud: Cloud) -> None:
        snapshot = f"projects/{PROJECT}/snapshots/shot"
        lines.subscription(cloud)
        lines.publish(cloud, "acknowledged")
        lines.acknowledge(cloud, lines.pull(cloud))
        lines.publish(cloud, "owed")
        call(cloud, "pubsub.projects.snapshots.create", snapshot, {"subscription": lines.SUBSCRIPTION})
        lines.acknowledge(cloud, lines.pull(cloud))
        retention.collect(cloud)
        lines.seek(cloud, snapshot=snapshot)
        assert lines.texts(lines.pull(cloud)) == ["owed"]


def test_messages_and_idle_subscriptions_end(cloud: Cloud) -> None:
    lines.subscription(cloud, messageRetentionDuration="600s", expirationPolicy={"ttl": "86400s"})
    lines.publish(cloud, "one")
    keys.move_clock(cloud, 601)
    assert lines.pull(cloud) == []
    keys.move_clock(cloud, 86400 + 700)
    retention.collect(cloud)
    assert cloud.store.get("pubsub", lines.SUBSCRIPTION) is None


def test_filters_choose(cloud: Cloud) -> None:
    lines.subscription(cloud, filter='attributes.kind = "Patient" AND NOT attributes:test')
    lines.publish(cloud, "yes", kind="Patient")
    lines.publish(cloud, "no", kind="Observation")
    lines.publish(cloud, "test", kind="Patient", test="1")
    assert lines.texts(lines.pull(cloud)) == ["yes"]


def test_a_detached_subscription_neither_gets_nor_gives(cloud: Cloud) -> None:
    lines.subscription(cloud)
    lines.publish(cloud, "one")
    call(cloud, "pubsub.projects.subscriptions.detach", lines.SUBSCRIPTION, {})
    lines.publish(cloud, "two")
    with pytest.raises(ApiError, match="detached"):
        lines.pull(cloud)


def test_a_schema_refuses_what_does_not_fit(cloud: Cloud) -> None:
    definition = '{"type": "record", "name": "Event", "fields": [{"name": "id", "type": "string"}]}'
    call(
        cloud,
        "pubsub.projects.schemas.create",
        f"projects/{PROJECT}/schemas",
        {"type": "AVRO", "definition": definition},
        query={"schemaId": "event"},
    )
    call(
        cloud,
        "pubsub.projects.topics.patch",
        lines.TOPIC,
        {"topic": {"schemaSettings": {"schema": f"projects/{PROJECT}/schemas/event", "encoding": "JSON"}}},
        query={"updateMask": "schemaSettings"},
    )
    lines.subscription(cloud)
    lines.publish(cloud, '{"id": "1"}')
    for bad in ('{"id": 1}', "{}", '{"id": "1", "more": 2}', "no json"):
        with pytest.raises(ApiError, match="schema validation"):
            lines.publish(cloud, bad)
    assert lines.texts(lines.pull(cloud)) == ['{"id": "1"}']


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"ackDeadlineSeconds": 5}, "between 10 and 600"),
        ({"messageRetentionDuration": "5s"}, "between 600s"),
        ({"filter": "tenant = 1"}, "Invalid filter"),
        ({"topic": f"projects/{PROJECT}/topics/none"}, "not found"),
        (
            {"deadLetterPolicy": {"deadLetterTopic": lines.TOPIC, "maxDeliveryAttempts": 2}},
            "between 5 and 100",
        ),
        ({"pushConfig": {"pushEndpoint": "ftp://x"}}, "push endpoint"),
    ],
)
def test_bad_subscriptions_are_refused(cloud: Cloud, body: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words):
        lines.subscription(cloud, **body)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"data": "%"},
        {"data": "", "attributes": {}},
        {"attributes": {"a": 1}},
        {"attributes": {"": "x"}},
        {"attributes": {"goog-x": "x"}},
    ],
)
def test_bad_messages_are_refused(cloud: Cloud, message: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as error:
        call(cloud, "pubsub.projects.topics.publish", lines.TOPIC, {"messages": [message]})
    assert error.value.code == 400


def test_a_topics_key_is_needed_on_create_publish_and_pull(cloud: Cloud) -> None:
    keys.make_key(cloud)
    key, locked = f"{keys.RING}/cryptoKeys/key", f"projects/{PROJECT}/topics/locked"
    with pytest.raises(ApiError) as error:
        lines.topic(cloud, locked, kmsKeyName=key)
    assert error.value.code == 403
    bind(cloud, "cloudkms", key, "roles/cloudkms.cryptoKeyEncrypterDecrypter", lines.AGENT)
    lines.topic(cloud, locked, kmsKeyName=key)
    lines.subscription(cloud, of=locked)
    call(cloud, "pubsub.projects.topics.publish", locked, {"messages": [{"data": "YQ=="}]})
    keys.set_state(cloud, "DISABLED")
    with pytest.raises(ApiError, match="is not enabled"):
        lines.pull(cloud)
    with pytest.raises(ApiError, match="is not enabled"):
        call(cloud, "pubsub.projects.topics.publish", locked, {"messages": [{"data": "YQ=="}]})
    keys.set_state(cloud, "ENABLED")
    assert lines.texts(lines.pull(cloud)) == ["a"]


class TestIsolation:
    """From the side of an account without a grant."""

    _STRANGER = Caller("serviceAccount:tenant-lakeside@careplane-cell.iam.gserviceaccount.com", PROJECT)

    def test_an_ack_id_of_one_subscription_is_no_good_at_another(self, cloud: Cloud) -> None:
        other = f"projects/{PROJECT}/subscriptions/other"
        lines.subscription(cloud)
        lines.subscription(cloud, other)
        lines.publish(cloud, "one")
        with pytest.raises(ApiError, match="invalid"):
            lines.acknowledge(cloud, lines.pull(cloud), other)
        assert len(lines.pull(cloud, other)) == 1

    def test_publishes_reads_and_subscribes_to_nothing(self, cloud: Cloud) -> None:
        lines.subscription(cloud)
        attempts = [
            ("POST", f"{lines.TOPIC}:publish", {"messages": [{"data": "YQ=="}]}),
            ("POST", f"{lines.SUBSCRIPTION}:pull", {"maxMessages": 1}),
            ("GET", lines.TOPIC, None),
            ("PUT", f"projects/{PROJECT}/subscriptions/mine", {"topic": lines.TOPIC}),
            ("DELETE", lines.SUBSCRIPTION, None),
        ]
        for verb, name, body in attempts:
            assert request(cloud, "pubsub", verb, f"/v1/{name}", body, self._STRANGER).status == 403

    def test_the_function_for_services_asks_for_the_grant(self, cloud: Cloud) -> None:
        lines.subscription(cloud)
        with pytest.raises(ApiError) as error:
            pubsub.publish(cloud, lines.TOPIC, b"x", {}, self._STRANGER.member)
        assert error.value.code == 403
        bind(cloud, "pubsub", lines.TOPIC, "roles/pubsub.publisher", self._STRANGER.member)
        pubsub.publish(cloud, lines.TOPIC, b"x", {"a": "b"}, self._STRANGER.member)
        assert lines.texts(lines.pull(cloud)) == ["x"]
