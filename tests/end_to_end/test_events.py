"""Each write reaches the tenant's topic by the store's own notification, and the runtime counts it."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from tests.end_to_end.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HEALTHCARE, PUBSUB, CLOUD_STORAGE, KMS = 13, 19, 26, 6


def counted(outputs: dict[str, Any], action: str, resource: str) -> float:
    """The runtime's own count of events of this kind."""
    text = httpx.get(f"{outputs['baseUrl']}/metrics", timeout=30).text
    for line in text.splitlines():
        if f'action="{action}"' in line and f'resource_type="{resource}"' in line:
            return float(line.rsplit(" ", 1)[-1])
    return 0.0


def test_write_is_counted_once_it_came_back_as_an_event(place: Place) -> None:
    outputs = place.outputs("local-tenant-lakeside")
    before = counted(outputs, "CreateResource", "Basic")
    headers = {
        "Authorization": f"Bearer {place.token('lakeside')}",
        "Content-Type": "application/fhir+json",
    }
    body = {"resourceType": "Basic", "code": {"text": "event"}}
    made = httpx.post(f"{outputs['fhirUrl']}/Basic", json=body, headers=headers, timeout=30)
    assert made.status_code == 201
    deadline = time.monotonic() + 30
    while counted(outputs, "CreateResource", "Basic") < before + 1:
        assert time.monotonic() < deadline, httpx.get(f"{outputs['baseUrl']}/metrics", timeout=30).text
        time.sleep(0.3)


def test_metrics_name_no_patient(place: Place) -> None:
    text = httpx.get(f"{place.outputs('local-tenant-riverside')['baseUrl']}/metrics", timeout=30).text
    assert not re.search(r"Patient/[A-Za-z0-9-]{8,}", text)


def test_lakesides_things_name_no_identity_of_riverside(place: Place) -> None:
    lakeside = place.outputs("local-tenant-lakeside")
    policies = [
        *((KMS, f"/v1/{key}:getIamPolicy") for key in lakeside["keys"].values()),
        *((PUBSUB, f"/v1/{topic}:getIamPolicy") for topic in lakeside["topics"].values()),
        (CLOUD_STORAGE, f"/storage/v1/b/{lakeside['bucket']}/iam"),
        (HEALTHCARE, f"/v1/{lakeside['fhirStore']}:getIamPolicy"),
        (CLOUD_STORAGE, f"/storage/v1/b/{lakeside['bucket']}/o"),
    ]
    for offset, path in policies:
        answer = place.google("GET", offset, path)
        assert answer.status_code == 200, f"{path}: {answer.text[:200]}"
        assert "riverside" not in answer.text, path
    for topic in lakeside["topics"].values():
        listed = place.google("GET", PUBSUB, f"/v1/{topic}/subscriptions").json()
        assert all("/lakeside-" in name for name in listed.get("subscriptions", []))
