from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.storage.notification import BucketNotification, BucketNotificationArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = BucketNotificationArgs(
    SITE, "documents", "projects/p/topics/t", "serviceAccount:storage", ("OBJECT_FINALIZE",), "exports/"
)


def test_the_agent_may_publish_before_the_notification_is_made() -> None:
    found = declare(lambda: BucketNotification("n", ARGS) and None)
    notification, grant = found.one("Notification"), found.one("TopicIAMMember").inputs
    assert (grant["member"], grant["role"]) == ("serviceAccount:storage", "roles/pubsub.publisher")
    assert "gcp:pubsub/topicIAMMember:TopicIAMMember::n-storage" in found.before(notification)
    assert notification.inputs["payloadFormat"] == "NONE"
    assert notification.inputs["eventTypes"] == ["OBJECT_FINALIZE"]
    assert notification.inputs["objectNamePrefix"] == "exports/"


def test_metadata_when_asked_for_and_every_event_when_none_is_named() -> None:
    args = replace(ARGS, events=(), metadata=True)
    inputs = declare(lambda: BucketNotification("n", args) and None).one("Notification").inputs
    assert inputs["payloadFormat"] == "JSON_API_V1"
    assert "eventTypes" not in inputs


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(ConfigError, match="OBJECT_ARCHIVE, OBJECT_DELETE"):
        replace(ARGS, events=("OBJECT_READ",))
