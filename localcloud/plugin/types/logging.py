"""Cloud Logging: https://cloud.google.com/logging/docs/reference/v2/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved

_BUCKET = "projects/{project}/locations/{location}/buckets/{bucketId}"


class BucketConfig(Behaviour):
    """Google's own buckets (`_Default`, `_Required`) exist already: they are never made or deleted."""

    def insert(self, values: Json) -> Json:
        if self.fetch(values) is None:
            path = self.fill("projects/{project}/locations/{location}/buckets:createAsync", values)
            body = {
                **(self.body(values) or {}),
                "name": values.get("name") or "",
                "locked": bool(values.get("locked")),
            }
            answer = self.client.call(self.kind.api, "POST", path, body, {"bucketId": values["bucketId"]})
            return self.done(answer, values)
        self.modify(values, set(self.names.inputs) & values.keys(), {})
        return {}

    def identify(self, values: Json, answer: Json) -> Json:
        return {"name": self.fill(_BUCKET, values)}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        if "enableAnalytics" in changed and values.get("enableAnalytics") and olds:
            body = {"analyticsEnabled": True}
            self.done(
                self.client.call(
                    self.kind.api, "POST", f"{path}:updateAsync", body, {"updateMask": "analyticsEnabled"}
                ),
                values,
            )
        super().modify(values, changed - {"enableAnalytics", "locked"}, olds)
        if "locked" in changed and values.get("locked"):
            self.client.call(self.kind.api, "PATCH", path, {"locked": True}, {"updateMask": "locked"})

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        body = super().update_body(values, changed, olds)
        return {k: v for k, v in body.items() if k != "analyticsEnabled"}

    def fetch(self, values: Json) -> Json | None:
        found = super().fetch(values)
        return None if found is None or found.get("lifecycleState") == "DELETE_REQUESTED" else found

    def remove(self, values: Json) -> None:
        if not values["bucketId"].startswith("_"):
            super().remove(values)


class Sink(Behaviour):
    """A sink of a name that exists is refused, because creating it would take it over."""

    def insert(self, values: Json) -> Json:
        if self.fetch(values) is not None:
            raise GoogleError(409, f"sink {values['name']} exists", "POST sinks", "ALREADY_EXISTS")
        return super().insert(values)

    def query(self, templates: Any, values: Json) -> dict[str, str]:
        return {name: str(bool(values.get("uniqueWriterIdentity", True))).lower() for name in templates}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        mask = self.mask(changed - {"uniqueWriterIdentity"})
        if mask:
            query = {"updateMask": ",".join(mask), **self.query({"uniqueWriterIdentity": ""}, values)}
            self.client.call(
                self.kind.api, "PATCH", self.fill(self.kind.path, values), self.body(values), query
            )


KINDS = (
    Kind(
        token="gcp:logging/projectBucketConfig:ProjectBucketConfig",
        api="logging",
        path=_BUCKET,
        behaviour=BucketConfig,
        defaults={"retentionDays": 30},
        fields={
            "enableAnalytics": moved("analyticsEnabled"),
            "description": always(""),
            "indexConfigs": always([]),
            "cmekSettings": always(None),
            "locked": Field(update=False),
            "deletionPolicy": local(),
        },
    ),
    Kind(
        token="gcp:logging/projectSink:ProjectSink",
        api="logging",
        path="projects/{project}/sinks/{name}",
        behaviour=Sink,
        create_query={"uniqueWriterIdentity": ""},
        defaults={"uniqueWriterIdentity": True},
        fields={"name": Field(), "uniqueWriterIdentity": local(True), "customWriterIdentity": local()},
        replace=frozenset({"uniqueWriterIdentity"}),
    ),
    Kind(
        token="gcp:logging/metric:Metric",
        api="logging",
        path="projects/{project}/metrics/{name}",
        update_verb="PUT",
        mask=False,
        id="{name}",
        defaults={"metricDescriptor.unit": "1"},
        fields={"name": Field()},
    ),
)
