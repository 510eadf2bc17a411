"""Google's Pub/Sub clients over gRPC: publish, pull, stream, and the refusal of whoever is not known."""

from __future__ import annotations

import queue
import uuid
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import AlreadyExists, NotFound, PermissionDenied, Unauthenticated
from google.cloud import pubsub_v1

from tests.localcloud import google_clients
from tests.localcloud.running import RunningCloud

PROJECT = "projects/careplane-cell"


@pytest.fixture
def names(localcloud: RunningCloud) -> tuple[str, str]:
    """A topic and its subscription."""
    mark = uuid.uuid4().hex[:8]
    topic, subscription = f"{PROJECT}/topics/t-{mark}", f"{PROJECT}/subscriptions/s-{mark}"
    google_clients.publisher(localcloud).create_topic(name=topic)
    google_clients.subscriber(localcloud).create_subscription(
        request={"name": subscription, "topic": topic, "ack_deadline_seconds": 10}
    )
    return topic, subscription


def _stream(cloud: RunningCloud, subscription: str, count: int, token: str | None = None) -> list[Any]:
    """Receive and acknowledge `count` messages by streaming pull."""
    found: queue.Queue[Any] = queue.Queue()

    def receive(message: Any) -> None:
        found.put(message)
        message.ack()

    with google_clients.subscriber(cloud, token) as client:
        future = client.subscribe(subscription, receive)
        messages = [found.get(timeout=20) for _ in range(count)]
        future.cancel()
        future.result(timeout=20)
    return messages


def test_publish_and_streaming_pull(localcloud: RunningCloud, names: tuple[str, str]) -> None:
    topic, subscription = names
    client = google_clients.publisher(localcloud)
    sent = {client.publish(topic, f"m{n}".encode(), n=str(n)).result(10) for n in range(25)}
    received = _stream(localcloud, subscription, 25)
    assert {m.message_id for m in received} == sent
    assert {m.data for m in received} == {f"m{n}".encode() for n in range(25)}
    pulled = google_clients.subscriber(localcloud).pull(
        request={"subscription": subscription, "max_messages": 5, "return_immediately": True}
    )
    assert not pulled.received_messages


def test_ordered_messages_arrive_in_order(localcloud: RunningCloud) -> None:
    mark = uuid.uuid4().hex[:8]
    topic, subscription = f"{PROJECT}/topics/t-{mark}", f"{PROJECT}/subscriptions/s-{mark}"
    client = google_clients.publisher(localcloud, ordering=True)
    client.create_topic(name=topic)
    google_clients.subscriber(localcloud).create_subscription(
        request={"name": subscription, "topic": topic, "enable_message_ordering": True}
    )
    for n in range(10):
        client.publish(topic, str(n).encode(), ordering_key="patient-1").result(10)
    assert [m.data for m in _stream(localcloud, subscription, 10)] == [str(n).encode() for n in range(10)]


def test_exactly_once_confirms_acknowledgements(localcloud: RunningCloud) -> None:
    mark = uuid.uuid4().hex[:8]
    topic, subscription = f"{PROJECT}/topics/t-{mark}", f"{PROJECT}/subscriptions/s-{mark}"
    client = google_clients.publisher(localcloud)
    client.create_topic(name=topic)
    google_clients.subscriber(localcloud).create_subscription(
        request={"name": subscription, "topic": topic, "enable_exactly_once_delivery": True}
    )
    client.publish(topic, b"once").result(10)
    outcome: queue.Queue[Any] = queue.Queue()
    with google_clients.subscriber(localcloud) as reader:
        future = reader.subscribe(subscription, lambda message: outcome.put(message.ack_with_response()))
        assert outcome.get(timeout=20).result(20) == pubsub_v1.subscriber.exceptions.AcknowledgeStatus.SUCCESS
        future.cancel()


def test_errors_are_googles(localcloud: RunningCloud, names: tuple[str, str]) -> None:
    client = google_clients.publisher(localcloud)
    with pytest.raises(AlreadyExists):
        client.create_topic(name=names[0])
    with pytest.raises(NotFound):
        client.get_topic(topic=f"{PROJECT}/topics/nowhere")


def test_a_call_without_a_token_is_unauthenticated(localcloud: RunningCloud, names: tuple[str, str]) -> None:
    with grpc.insecure_channel(localcloud.settings.pubsub_grpc) as channel:
        transport = google_clients.PublisherGrpcTransport(
            channel=channel, credentials=google_clients.AnonymousCredentials()
        )
        with pytest.raises(Unauthenticated):
            pubsub_v1.PublisherClient(transport=transport).get_topic(topic=names[0])


def test_a_foreign_service_account_neither_publishes_nor_reads(
    localcloud: RunningCloud, names: tuple[str, str]
) -> None:
    topic, subscription = names
    token = localcloud.token(
        "serviceAccount:tenant-lakeside@careplane-cell.iam.gserviceaccount.com", "careplane-cell"
    )
    with pytest.raises(PermissionDenied):
        google_clients.publisher(localcloud, token).publish(topic, b"x").result(10)
    reader = google_clients.subscriber(localcloud, token)
    with pytest.raises(PermissionDenied):
        reader.pull(request={"subscription": subscription, "max_messages": 1})
    with pytest.raises(PermissionDenied):
        reader.subscribe(subscription, lambda message: None).result(timeout=20)


def test_update_and_lists(localcloud: RunningCloud, names: tuple[str, str]) -> None:
    topic, subscription = names
    client, reader = google_clients.publisher(localcloud), google_clients.subscriber(localcloud)
    changed = reader.update_subscription(
        request={
            "subscription": {"name": subscription, "ack_deadline_seconds": 60},
            "update_mask": {"paths": ["ack_deadline_seconds"]},
        }
    )
    assert changed.ack_deadline_seconds == 60
    assert list(client.list_topic_subscriptions(request={"topic": topic})) == [subscription]
    assert topic in [t.name for t in client.list_topics(request={"project": PROJECT})]
    client.delete_topic(topic=topic)
    assert reader.get_subscription(subscription=subscription).topic == "_deleted-topic_"
