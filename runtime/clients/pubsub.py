"""Pub/Sub through Google's clients: durable publishing, and streaming pull.

With PUBSUB_EMULATOR_HOST Google's clients would come anonymously; an
interceptor adds the identity's token, so that permissions hold there too.
"""

from __future__ import annotations

import asyncio
import collections
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from runtime.clients.identity import GoogleIdentity, Identity
from runtime.errors import Unavailable

_PUBLISH_SECONDS = 10.0
NONE: Mapping[str, str] = MappingProxyType({})


class Delivery(Protocol):
    """One received message."""

    @property
    def message_id(self) -> str: ...

    @property
    def data(self) -> bytes: ...

    @property
    def attributes(self) -> Mapping[str, str]: ...

    def ack(self) -> None: ...

    def nack(self) -> None: ...


class Publisher(Protocol):
    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] = NONE) -> None:
        """Returns when Pub/Sub holds the message; raises Unavailable otherwise."""
        ...

    def close(self) -> None: ...


class Subscriber(Protocol):
    def start(self, subscription: str, receive: Callable[[Delivery], None], at_once: int = 100) -> None:
        """Call `receive` on threads of its own until `close`; at most `at_once` unanswered messages."""
        ...

    def healthy(self) -> bool: ...

    def close(self) -> None: ...


class GooglePublisher:
    """Concurrent requests share a call: a batch waits two milliseconds at most."""

    def __init__(self, identity: GoogleIdentity, emulator: str | None) -> None:
        self._identity, self._emulator = identity, emulator
        self._lock = threading.Lock()
        self._made: Any = None

    async def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] = NONE) -> None:
        from google.api_core.exceptions import GoogleAPIError
        from google.api_core.retry import Retry
        from google.auth.exceptions import GoogleAuthError

        try:
            client = self._made or await asyncio.to_thread(self._client)
            retry = Retry(initial=0.1, maximum=1.0, timeout=_PUBLISH_SECONDS)
            future = client.publish(topic, data, retry=retry, timeout=_PUBLISH_SECONDS, **attributes)
            await asyncio.wait_for(asyncio.wrap_future(future), _PUBLISH_SECONDS + 2)
        except (GoogleAPIError, GoogleAuthError, OSError, TimeoutError) as error:
            raise Unavailable("Pub/Sub does not take the message.") from error

    def close(self) -> None:
        if self._made is not None:
            self._made.stop()

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                import google.cloud.pubsub_v1 as pubsub_v1
                from google.pubsub_v1.services.publisher.transports.grpc import PublisherGrpcTransport

                settings = pubsub_v1.types.BatchSettings(max_latency=0.002, max_messages=100)
                arguments = _arguments(PublisherGrpcTransport, self._identity, self._emulator)
                self._made = pubsub_v1.PublisherClient(settings, **arguments)
            return self._made


class GoogleSubscriber:
    def __init__(self, identity: GoogleIdentity, emulator: str | None) -> None:
        self._identity, self._emulator = identity, emulator
        self._client: Any = None
        self._pull: Any = None

    def start(self, subscription: str, receive: Callable[[Delivery], None], at_once: int = 100) -> None:
        import google.cloud.pubsub_v1 as pubsub_v1
        from google.pubsub_v1.services.subscriber.transports.grpc import SubscriberGrpcTransport

        self.close()
        self._client = pubsub_v1.SubscriberClient(
            **_arguments(SubscriberGrpcTransport, self._identity, self._emulator)
        )
        flow = pubsub_v1.types.FlowControl(max_messages=at_once)
        self._pull = self._client.subscribe(subscription, callback=receive, flow_control=flow)

    def healthy(self) -> bool:
        return self._pull is not None and not self._pull.done()

    def close(self) -> None:
        if self._pull is not None:
            self._pull.cancel()
        if self._client is not None:
            self._client.close()


def _arguments(transport: Any, identity: GoogleIdentity, emulator: str | None) -> dict[str, Any]:
    if emulator is None:
        return {"credentials": identity.credentials()}
    import grpc

    channel = grpc.intercept_channel(grpc.insecure_channel(emulator), _bearer(identity))
    return {"transport": transport(channel=channel)}


_Details = collections.namedtuple(
    "_Details", ("method", "timeout", "metadata", "credentials", "wait_for_ready", "compression")
)


def _bearer(identity: Identity) -> Any:
    """An interceptor for the two kinds of call that the Pub/Sub clients make."""
    import grpc

    class Bearer(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
        def intercept_unary_unary(self, proceed: Any, details: Any, request: Any) -> Any:
            return proceed(_signed(details), request)

        def intercept_stream_stream(self, proceed: Any, details: Any, requests: Any) -> Any:
            return proceed(_signed(details), requests)

    def _signed(details: Any) -> Any:
        metadata = [*(details.metadata or ()), ("authorization", f"Bearer {identity.token()}")]
        return _Details(
            details.method,
            details.timeout,
            metadata,
            details.credentials,
            details.wait_for_ready,
            details.compression,
        )

    return Bearer()
