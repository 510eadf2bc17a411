"""Counts what the FHIR store notifies of (https://cloud.google.com/healthcare-api/docs/fhir-pubsub).

A message without action or resource type is not acknowledged: after five
deliveries Pub/Sub moves it to the dead letters.
"""

from __future__ import annotations

import logging

from runtime.clients.pubsub import Delivery
from runtime.metrics import Metrics
from runtime.resource_types import RESOURCE_TYPES

ACTIONS = frozenset(
    {"CreateResource", "UpdateResource", "PatchResource", "DeleteResource", "ImportResource", "PurgeResource"}
)
log = logging.getLogger("careplane.events")


class EventConsumer:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def receive(self, delivery: Delivery) -> None:
        action, kind = delivery.attributes.get("action"), delivery.attributes.get("resourceType")
        if action not in ACTIONS or kind not in RESOURCE_TYPES:
            log.warning("notification %s has no known action and resource type", delivery.message_id)
            self._metrics.event_failures.inc()
            delivery.nack()
            return
        self._metrics.events.labels(action, kind).inc()
        delivery.ack()
