"""StreamingPull: messages flow as they come, within what the subscriber says it can hold."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.protobuf import json_format
from google.pubsub_v1 import types

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.pubsub import delivery, retention, wire
from localcloud.pubsub.signal import MESSAGES

_BATCH, _WAIT, _RECHECK = 100, 0.5, 5.0
_DEFAULT_OUTSTANDING = 1000
_Response = types.StreamingPullResponse.pb()


class Stream:
    """One subscriber's stream. `send` makes a REST request on the caller's behalf, or ends the call."""

    def __init__(
        self, cloud: Cloud, requests: Iterator[Any], context: Any, send: Callable[..., Json]
    ) -> None:
        self._cloud, self._requests, self._context, self._send = cloud, requests, context, send
        self._holder = uuid.uuid4().hex
        self._confirmations: list[Any] = []
        self._over = threading.Event()

    def responses(self) -> Iterator[Any]:
        first = next(self._requests)
        self._name, self._deadline = first.subscription, float(first.stream_ack_deadline_seconds or 10)
        self._limit = first.max_outstanding_messages or _DEFAULT_OUTSTANDING
        self._check_access()
        subscription = delivery.load(self._cloud, self._name)
        threading.Thread(target=self._listen, name="pubsub-stream", daemon=True).start()
        yield self._with_properties(_Response(), subscription)
        yield from self._flow()

    def _check_access(self) -> None:
        """Reading needs what a pull needs: the acknowledgement of nothing asks for it, and takes nothing."""
        self._send("POST", f"/v1/{self._name}:acknowledge", {}, {"ackIds": [delivery.no_ack_id(self._name)]})

    def _flow(self) -> Iterator[Any]:
        checked = time.monotonic()
        while self._context.is_active() and not self._over.is_set():
            seen = MESSAGES.count
            while self._confirmations:
                yield self._confirmations.pop(0)
            if time.monotonic() - checked > _RECHECK:
                self._check_access()
                checked = time.monotonic()
            response = self._next()
            if response is not None:
                yield response
            else:
                MESSAGES.wait(seen, _WAIT)

    def _next(self) -> Any | None:
        """A batch within what the stream may still hold."""
        room = self._limit - delivery.outstanding(self._cloud, self._name, self._holder)
        if room <= 0:
            return None
        try:
            received = delivery.take(self._cloud, self._name, min(room, _BATCH), self._holder, self._deadline)
            subscription = delivery.load(self._cloud, self._name)
        except ApiError as error:
            code = grpc.StatusCode.__members__.get(error.status, grpc.StatusCode.UNKNOWN)
            self._context.abort(code, error.message)
            raise
        if not received:
            return None
        retention.touch(self._cloud, self._name)
        body = {"receivedMessages": [wire.received_message(r, subscription) for r in received]}
        return self._with_properties(json_format.ParseDict(body, _Response()), subscription)

    @staticmethod
    def _with_properties(response: Any, subscription: Json) -> Any:
        properties = response.subscription_properties
        properties.exactly_once_delivery_enabled = bool(subscription.get("enableExactlyOnceDelivery"))
        properties.message_ordering_enabled = bool(subscription.get("enableMessageOrdering"))
        return response

    def _listen(self) -> None:
        """Acknowledgements that arrive on the stream itself."""
        # grpc raises a bare Exception here when the client goes: the stream is over either way.
        with contextlib.suppress(Exception):
            for request in self._requests:
                self._apply(request)
        self._over.set()
        MESSAGES.notify()

    def _apply(self, request: Any) -> None:
        if request.stream_ack_deadline_seconds:
            self._deadline = float(request.stream_ack_deadline_seconds)
        if request.ack_ids:
            result = delivery.acknowledge(self._cloud, self._name, list(request.ack_ids))
            response = _Response()
            response.acknowledge_confirmation.ack_ids.extend(result.done)
            response.acknowledge_confirmation.invalid_ack_ids.extend((*result.malformed, *result.expired))
            self._confirmations.append(response)
        for ack_id, wait in zip(
            request.modify_deadline_ack_ids, request.modify_deadline_seconds, strict=False
        ):
            self._extend(ack_id, wait)

    def _extend(self, ack_id: str, wait: int) -> None:
        result = delivery.modify_deadline(self._cloud, self._name, [ack_id], wait)
        response = _Response()
        response.modify_ack_deadline_confirmation.ack_ids.extend(result.done)
        response.modify_ack_deadline_confirmation.invalid_ack_ids.extend((*result.malformed, *result.expired))
        self._confirmations.append(response)
