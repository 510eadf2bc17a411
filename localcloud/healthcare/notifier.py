"""FHIR changes to Pub/Sub: one thread drains the stores' outboxes, soon after each commit and at start.

https://cloud.google.com/healthcare-api/docs/fhir-pubsub
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.healthcare.names import service_agent
from localcloud.pubsub.messages import Message, publish
from runtime.fhir.outbox import Notice

_log = logging.getLogger(__name__)
_LONGEST_WAIT = 30.0
_BATCH_BYTES = 8_000_000
_BATCH = 500
Drain = Callable[[Cloud, str], None]


def topics(store: Json) -> list[Json]:
    """The notification settings of a fhirStore that name a topic."""
    old = [store["notificationConfig"]] if store.get("notificationConfig") else []
    return [config for config in [*store.get("notificationConfigs", ()), *old] if config.get("pubsubTopic")]


def send(cloud: Cloud, store: str, body: Json, notices: Sequence[Notice]) -> None:
    """Publish changes to each of the store's topics, as the service agent."""
    for config in topics(body):
        topic = config["pubsubTopic"]
        cloud.iam.require(service_agent(cloud, store), "pubsub.topics.publish", "pubsub", topic)
        for batch in _batches(
            [message(store, notice, bool(config.get("sendFullResource"))) for notice in notices]
        ):
            publish(cloud, topic, batch)


def message(store: str, notice: Notice, full: bool) -> Message:
    """One change as Google tells it; a deleted resource has only a name."""
    content = notice.resource if full else None
    name = f"{store}/fhir/{notice.type}/{notice.id}"
    return Message(
        content or name.encode(),
        {
            "action": notice.action,
            "resourceType": notice.type,
            "storeName": store,
            "payloadType": "FullResource" if content else "NameOnly",
            "versionId": str(notice.version),
            "lastUpdatedTime": notice.updated.strftime("%a, %d %b %Y %H:%M:%S UTC"),
        },
    )


def _batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    size = 0
    for item in messages:
        if batch and (size + len(item.data) > _BATCH_BYTES or len(batch) == _BATCH):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item.data)
    if batch:
        yield batch


class _Worker:
    """Stores that wait to be drained; one that fails waits longer each time."""

    def __init__(self, cloud: Cloud, drain: Drain) -> None:
        self._cloud, self._drain = cloud, drain
        self._changed = threading.Condition()
        self._waiting: set[str] = set()
        self._wait: dict[str, float] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="healthcare-notifier", daemon=True)
        self._thread.start()

    def wake(self, store: str) -> None:
        with self._changed:
            self._waiting.add(store)
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while (store := self._next()) is not None:
            try:
                self._drain(self._cloud, store)
                self._wait.pop(store, None)
            except Exception as error:
                # Whatever failed, the changes stay in the outbox and are sent again.
                reason = error.message if isinstance(error, ApiError) else str(error)
                _log.warning("notifications of %s wait: %s", store, reason)
                self._later(store)

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return None if self._stopping else self._waiting.pop()

    def _later(self, store: str) -> None:
        wait = min(self._wait.get(store, 0.25) * 2, _LONGEST_WAIT)
        self._wait[store] = wait
        timer = threading.Timer(wait, self.wake, [store])
        timer.daemon = True
        timer.start()


_workers: dict[str, _Worker] = {}
_lock = threading.Lock()


def start(cloud: Cloud, drain: Drain) -> None:
    """Begin; `drain` publishes what one store holds, by `send`."""
    with _lock:
        _workers.setdefault(str(cloud.settings.home), _Worker(cloud, drain))


def wake(cloud: Cloud, store: str) -> None:
    """A store has something to say (nothing happens before `start`: the outbox keeps it)."""
    worker = _workers.get(str(cloud.settings.home))
    if worker is not None:
        worker.wake(store)


def stop(cloud: Cloud) -> None:
    with _lock:
        worker = _workers.pop(str(cloud.settings.home), None)
    if worker is not None:
        worker.stop()
