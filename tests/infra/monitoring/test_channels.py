from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.monitoring.channels import Channels, ChannelsArgs
from tests.infra.engine import declare

ARGS = ChannelsArgs(
    "p", {"ops": "ops@example.org"}, {"pager": "projects/p/topics/alerts"}, "serviceAccount:monitoring"
)


def test_people_and_programs() -> None:
    found = declare(lambda: Channels("c", ARGS) and None)
    email, topic = found.one("NotificationChannel", "c-ops"), found.one("NotificationChannel", "c-pager")
    assert (email.inputs["type"], email.inputs["labels"]) == ("email", {"email_address": "ops@example.org"})
    assert (topic.inputs["type"], topic.inputs["labels"]) == ("pubsub", {"topic": "projects/p/topics/alerts"})
    assert found.one("TopicIAMMember").inputs["member"] == "serviceAccount:monitoring"
    assert "gcp:pubsub/topicIAMMember:TopicIAMMember::c-pager-publisher" in found.before(topic)


def test_ids_are_in_the_order_given() -> None:
    outputs = declare(lambda: {"all": list(Channels("c", ARGS).all)}).outputs
    assert outputs["all"] == ["c-ops", "c-pager"]


def test_bad_addresses_a_missing_agent_and_names_used_twice() -> None:
    with pytest.raises(ConfigError, match=r"ops@example\.org"):
        ChannelsArgs("p", {"ops": "ops"})
    with pytest.raises(ConfigError, match="notification agent"):
        ChannelsArgs("p", topics={"pager": "t"})
    with pytest.raises(ConfigError, match="a name of its own"):
        ChannelsArgs("p", {"ops": "ops@example.org"}, {"ops": "t"}, "a")
