"""Prometheus metrics. Labels come from closed sets: no ids, no clients, nothing of a patient."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry an application, so that two in one process do not mix."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "careplane_requests",
            "Requests by interaction, resource type and status.",
            ("interaction", "type", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "careplane_request_seconds",
            "Time to the end of the answer.",
            ("interaction",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.events = Counter(
            "careplane_fhir_events",
            "Notifications of the FHIR store.",
            ("action", "resource_type"),
            registry=registry,
        )
        self.event_failures = Counter(
            "careplane_fhir_event_failures", "Notifications not understood.", registry=registry
        )
        self.audit_written = Counter(
            "careplane_audit_records_written", "Records in the audit store.", registry=registry
        )
        self.audit_failures = Counter(
            "careplane_audit_write_failures", "Batches left in the outbox.", registry=registry
        )
        self.audit_refusals = Counter(
            "careplane_audit_refusals", "Accesses refused as unauditable.", registry=registry
        )
        self.audit_breaks = Gauge(
            "careplane_audit_chain_breaks", "Disagreements about the chain's head.", registry=registry
        )
        self.tokens = Counter("careplane_tokens", "Token requests by result.", ("result",), registry=registry)
