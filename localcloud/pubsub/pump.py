"""What Pub/Sub does without being asked: push, forward dead letters, forget."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.pubsub import dead_letter, push, retention
from localcloud.pubsub.signal import MESSAGES

_TICK, _COLLECT = 1.0, 60
_LOG = logging.getLogger(__name__)


class Pump:
    """A thread that looks after every subscription, at each new message and at least once a second."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._stopped = threading.Event()
        self._workers = ThreadPoolExecutor(8, thread_name_prefix="pubsub-push")
        self._running: dict[str, Future[int]] = {}
        self._thread = threading.Thread(target=self._run, name="pubsub-pump", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        MESSAGES.notify()
        self._thread.join(10)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        turns, seen = 0, MESSAGES.count
        while not self._stopped.is_set():
            try:
                self.turn(collect=turns % _COLLECT == 0)
            except Exception:
                _LOG.exception("Pub/Sub's own work failed; tried again in a second")
                self._stopped.wait(_TICK)
            seen = MESSAGES.wait(seen, _TICK)
            self._stopped.wait(0.02)
            turns += 1

    def turn(self, *, collect: bool) -> None:
        """Once over everything."""
        for subscription in retention.resources(self._cloud, "subscriptions"):
            if subscription.get("detached"):
                continue
            dead_letter.forward_exhausted(self._cloud, subscription)
            self._push(subscription)
        if collect:
            retention.collect(self._cloud)

    def _push(self, subscription: Json) -> None:
        """One batch at a time for each subscription, so that order holds."""
        if not (subscription.get("pushConfig") or {}).get("pushEndpoint"):
            return
        running = self._running.get(subscription["name"])
        if running is None or running.done():
            self._running[subscription["name"]] = self._workers.submit(
                push.deliver, self._cloud, subscription
            )
