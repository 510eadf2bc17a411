"""Pub/Sub: https://cloud.google.com/pubsub/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.iam import member
from localcloud.plugin.kinds import Field, Json, Kind, always, local


class Wrapped(Behaviour):
    """Topics and subscriptions are updated inside an envelope of their own name."""

    envelope = "topic"

    def insert(self, values: Json) -> Json:
        path = self.fill(self.kind.path, values)
        return self.client.call(self.kind.api, "PUT", path, self.body(values), {"name": path})

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return {self.envelope: super().update_body(values, changed, olds)}


class Subscription(Wrapped):
    envelope = "subscription"

    def body(self, values: Json) -> Json | None:
        body = super().body(values) or {}
        if "topic" in body and not body["topic"].startswith("projects/"):
            body["topic"] = self.fill("projects/{project}/topics/{topic}", values)
        return body

    def mask(self, changed: set[str]) -> list[str]:
        """The published provider names `bigqueryConfig` in every mask."""
        mask = super().mask(changed)
        return [*mask, "bigqueryConfig"] if mask and "bigqueryConfig" not in mask else mask

    def outputs(self, answer: Json, values: Json) -> Json:
        if answer.get("expirationPolicy") is not None:
            answer = {**answer, "expirationPolicy": {"ttl": "", **answer["expirationPolicy"]}}
        return super().outputs(answer, values)


class Schema(Behaviour):
    """A schema's deletion shows only after a while."""

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if changed & {"definition", "type"}:
            path = self.fill(self.kind.path, values)
            schema = {"name": path, "type": values["type"], "definition": values.get("definition", "")}
            self.client.call(self.kind.api, "POST", f"{path}:commit", {"schema": schema})

    def remove(self, values: Json) -> None:
        super().remove(values)
        while self.fetch(values) is not None:
            self.client.sleep(0.5)


_PATHS = {name: f"projects/{{project}}/{name}s/{{{name}|base}}" for name in ("topic", "subscription")}

KINDS = (
    Kind(
        token="gcp:pubsub/topic:Topic",
        api="pubsub",
        path="projects/{project}/topics/{name}",
        behaviour=Wrapped,
        fields={"tags": local()},
        replace=frozenset({"tags"}),
    ),
    Kind(
        token="gcp:pubsub/subscription:Subscription",
        api="pubsub",
        path="projects/{project}/subscriptions/{name}",
        behaviour=Subscription,
        defaults={"messageRetentionDuration": "604800s"},
        fields={
            "tags": local(),
            "expirationPolicy": Field(keep=True, always=None),
            "deadLetterPolicy": always(None),
            "retryPolicy": always(None),
            "pushConfig.noWrapper": Field(keep=True),
            "enableMessageOrdering": Field(),
        },
        replace=frozenset({"topic", "enableMessageOrdering", "tags", "filter"}),
    ),
    Kind(
        token="gcp:pubsub/schema:Schema",
        api="pubsub",
        path="projects/{project}/schemas/{name}",
        behaviour=Schema,
        create_query={"schemaId": "{name}"},
        fields={"name": Field(decode=lambda v: str(v or "").rsplit("/", 1)[-1])},
    ),
    member("gcp:pubsub/topicIAMMember:TopicIAMMember", "pubsub", _PATHS["topic"], of="topic"),
    member("gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember", "pubsub", _PATHS["subscription"]),
)
