"""Cloud Logging: https://cloud.google.com/logging/docs/reference/v2/rest"""

from __future__ import annotations

import re
from typing import Any

from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Behaviour, Refused
from localcloud.plugin.diff import reference
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


class WideSink(Sink):
    """Above a project a sink is simply created; its writer is always its own."""

    def insert(self, values: Json) -> Json:
        return Behaviour.insert(self, values)


class InBucket(Behaviour):
    """Views and links: the bucket's full name says where it is, unless the program says so itself."""

    def resolve(self, inputs: Json, olds: Json | None = None) -> Json:
        return {**inputs, **_place(inputs, olds or {})}

    def fill(self, template: str, values: Json) -> str:
        place = _place(values, {})
        if missing := [name for name in ("parent", "location") if not place[name]]:
            raise Refused(f"{self.kind.token} needs {missing[0]!r}, or a bucket that is named in full")
        return super().fill(template, {**values, **place})

    def parse(self, id: str) -> Json:
        found = re.fullmatch(r"(.+/locations/[^/]+/buckets/[^/]+)/(?:views|links)/([^/]+)", id)
        if found is None:
            raise Refused(f"{id!r} is no id of {self.kind.token}; allowed: {self.kind.path}")
        name = "linkId" if "linkId" in self.names.inputs else "name"
        return self.resolve({"bucket": found[1], name: found[2]})


def _place(values: Json, olds: Json) -> Json:
    """Parent, location and bucket, each by its own short name."""
    found = re.fullmatch(r"(?P<parent>.+)/locations/(?P<location>[^/]+)/buckets/[^/]+", values["bucket"])
    place = {
        name: values.get(name) or (found[name] if found else olds.get(name))
        for name in ("parent", "location")
    }
    return {**place, "bucket": values["bucket"].rsplit("/", 1)[-1]}


def _in_bucket(name: str, collection: str, id: str, **more: Any) -> Kind:
    parameter = f"{{{'name|base' if id == 'viewId' else id}}}"
    return Kind(
        token=f"gcp:logging/{name[0].lower()}{name[1:]}:{name}",
        api="logging",
        path=f"{{parent}}/locations/{{location}}/buckets/{{bucket}}/{collection}/{parameter}",
        create_query={id: parameter},
        behaviour=InBucket,
        computed=frozenset({"parent", *more.pop("computed", ())}),
        equal={"bucket": reference, "parent": reference, **more.pop("equal", {})},
        **more,
    )


def _wide_sink(name: str, collection: str, parameter: str) -> Kind:
    return Kind(
        token=f"gcp:logging/{name[0].lower()}{name[1:]}:{name}",
        api="logging",
        path=f"{collection}/{{{parameter}|base}}/sinks/{{name}}",
        behaviour=WideSink,
        create_query={"uniqueWriterIdentity": ""},
        fields={"name": Field()},
        computed=frozenset({"bigqueryOptions"}),
        equal={parameter: reference},
    )


KINDS = (
    _wide_sink("OrganizationSink", "organizations", "orgId"),
    _wide_sink("FolderSink", "folders", "folder"),
    _in_bucket(
        "LogView",
        "views",
        "viewId",
        fields={"name": Field(written=True, update=False)},
        equal={"name": reference},
    ),
    _in_bucket(
        "LinkedDataset",
        "links",
        "linkId",
        autoname=False,
        fields={"bigqueryDatasets": moved("bigqueryDataset", encode=lambda value: None)},
        computed=("bigqueryDatasets",),
        replace=frozenset({"description"}),
    ),
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
