from __future__ import annotations

import pytest

from infra.errors import ConfigError, ResidencyError
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


def test_messages_must_match_the_schema() -> None:
    args = TopicArgs(SITE, "t", "key", schema="projects/p/schemas/s")
    topic = declare(lambda: Topic("t", args) and None).one("pubsub/topic:Topic").inputs
    assert topic["schemaSettings"] == {"schema": "projects/p/schemas/s", "encoding": "JSON"}


def test_without_a_schema_none_is_sent() -> None:
    args = TopicArgs(SITE, "t", "key")
    assert "schemaSettings" not in declare(lambda: Topic("t", args) and None).one("topic:Topic").inputs


@pytest.mark.parametrize(
    "publishers",
    [
        {"healthcare": "serviceAccount:h"},
        {"agent": "serviceAccount:service-1@gcp-sa-healthcare.iam.gserviceaccount.com"},
    ],
)
def test_a_topic_of_healthcare_notifications_takes_no_schema(publishers: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="none where the Healthcare API publishes"):
        TopicArgs(SITE, "t", "key", publishers, schema="projects/p/schemas/s")


def test_further_regions_lie_inside_the_jurisdiction() -> None:
    args = TopicArgs(SITE, "t", "key", more_regions=("europe-west4", "europe-west3"))
    assert args.regions == ["europe-west3", "europe-west4"]
    with pytest.raises(ResidencyError, match="messages of topic t"):
        TopicArgs(SITE, "t", "key", more_regions=("us-east1",))


def test_bad_encoding_and_the_public() -> None:
    with pytest.raises(ConfigError, match="BINARY, JSON"):
        TopicArgs(SITE, "t", "key", encoding="XML")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="member of a topic"):
        TopicArgs(SITE, "t", "key", {"all": "allUsers"})
