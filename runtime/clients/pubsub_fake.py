"""Pub/Sub in memory: a topic whose messages come again until they are acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from runtime.clients.pubsub import NONE, Delivery
from runtime.errors import Unavailable


@dataclass
class FakeDelivery:
    message_id: str
    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)
    acked: bool = False
    nacked: int = 0

    def ack(self) -> None:
        self.acked = True

    def nack(self) -> None:
        self.nacked += 1


class FakePublisher:
    """`fail_after` messages it refuses; None never."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.attributes: list[Mapping[str, str]] = []
        self.fail_after: int | None = None

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] = NONE) -> None:
        if self.fail_after is not None and len(self.messages) >= self.fail_after:
            raise Unavailable("Pub/Sub does not take the message.")
        self.messages.append((topic, data))
        self.attributes.append(attributes)

    def close(self) -> None:
        self.messages = list(self.messages)


class FakeSubscriber:
    def __init__(self) -> None:
        self.receive: Callable[[Delivery], None] | None = None
        self.subscription: str | None = None

    def start(self, subscription: str, receive: Callable[[Delivery], None], at_once: int = 100) -> None:
        self.subscription, self.receive = subscription, receive

    def healthy(self) -> bool:
        return self.receive is not None

    def close(self) -> None:
        self.receive = None
