from __future__ import annotations

from infra.pubsub.topic import Topic, TopicArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_messages_stay_in_the_region_under_the_key() -> None:
    args = TopicArgs(SITE, "t", "key", {"healthcare": "serviceAccount:h"})
    found = declare(lambda: Topic("t", args) and None)
    topic = found.one("pubsub/topic:Topic").inputs
    assert topic["kmsKeyName"] == "key"
    assert topic["messageStoragePolicy"] == {
        "allowedPersistenceRegions": ["europe-west3"],
        "enforceInTransit": True,
    }
    assert found.one("TopicIAMMember").inputs["role"] == "roles/pubsub.publisher"
