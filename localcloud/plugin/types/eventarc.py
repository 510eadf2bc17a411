"""Eventarc: https://cloud.google.com/eventarc/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.kinds import Field, Json, Kind, moved

_PLACE = "projects/{project}/locations/{location}"
_CHANNEL = f"{_PLACE}/googleChannelConfig"


class Trigger(Behaviour):
    """The body carries names in full, whatever the program wrote."""

    def body(self, values: Json) -> Json | None:
        body = super().body(values) or {}
        body["name"] = self.fill(self.kind.path, values)
        pubsub = (body.get("transport") or {}).get("pubsub") or {}
        if pubsub.get("topic") and "/" not in pubsub["topic"]:
            pubsub["topic"] = self.fill(f"projects/{{project}}/topics/{pubsub['topic']}", values)
        destination = body.get("destination") or {}
        if destination.get("workflow") and "/" not in destination["workflow"]:
            destination["workflow"] = self.fill(f"{_PLACE}/workflows/{destination['workflow']}", values)
        return body

    def outputs(self, answer: Json, values: Json) -> Json:
        return {**super().outputs(answer, values), "name": answer["name"]}


class ChannelConfig(Behaviour):
    """There is always one: it is written, and only forgotten when it is deleted."""

    def insert(self, values: Json) -> Json:
        return self.client.call(self.kind.api, "PATCH", self.fill(_CHANNEL, values), self.body(values))

    def remove(self, values: Json) -> None:
        return


KINDS = (
    Kind(
        token="gcp:eventarc/trigger:Trigger",
        api="eventarc",
        path=f"{_PLACE}/triggers/{{name|base}}",
        create_query={"triggerId": "{name|base}"},
        behaviour=Trigger,
        fields={
            "matchingCriterias": moved("eventFilters"),
            "destination.cloudRunService": moved("cloudRun"),
        },
        replace=frozenset({"matchingCriterias.attribute", "matchingCriterias.value", "transport", "channel"}),
        computed=frozenset(
            {
                "destination.cloudFunction",
                "destination.cloudRunService.region",
                "eventDataContentType",
                "transport",
            }
        ),
        equal={
            "name": reference,
            "matchingCriterias": as_set,
            "serviceAccount": reference,
            "destination.cloudRunService.service": reference,
            "destination.gke.cluster": reference,
            "destination.workflow": reference,
            "destination.networkConfig.networkAttachment": reference,
            "transport.pubsub.topic": reference,
            "channel": reference,
        },
    ),
    Kind(
        token="gcp:eventarc/googleChannelConfig:GoogleChannelConfig",
        api="eventarc",
        path=_CHANNEL,
        behaviour=ChannelConfig,
        fields={"name": Field(written=True)},
        replace=frozenset({"name"}),
        equal={"name": reference, "cryptoKeyName": reference},
    ),
)
