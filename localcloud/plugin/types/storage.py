"""Cloud Storage: https://cloud.google.com/storage/docs/json_api/v1/buckets"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Behaviour, Refused
from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import UNSET, Field, Json, Kind, local, moved


def _bare(policy: Json) -> Json:
    """Policies have no envelope here; the published provider drops the etag with the last binding."""
    return policy if policy.get("bindings") else {k: v for k, v in policy.items() if k != "etag"}


_POLICIES = Policies(
    get="{0}/iam", get_query={"optionsRequestedPolicyVersion": "3"}, set="{0}/iam", set_verb="PUT", wrap=_bare
)


class Bucket(Behaviour):
    def insert(self, values: Json) -> Json:
        body = self.body(values)
        return self.client.call(self.kind.api, "POST", "b", body, {"project": self.fill("{project}", values)})

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        """Only what changed is sent; what was taken away is sent as null."""
        full = self.body({name: value for name, value in values.items() if name in changed}) or {}
        body = {key: full.get(key) for key in self.mask(changed)}
        if "labels" in changed:
            gone = (olds.get("effectiveLabels") or {}).keys() - self.all_labels(values).keys()
            body["labels"] = {**self.all_labels(values), **dict.fromkeys(gone)}
        else:
            body.pop("labels", None)
        if "lifecycleRules" in changed:
            body["lifecycle"] = full.get("lifecycle", {"rule": []})
        if body:
            self.client.call(self.kind.api, "PATCH", self.fill(self.kind.path, values), body)
        if (values.get("retentionPolicy") or {}).get("isLocked") and not (
            olds.get("retentionPolicy") or {}
        ).get("isLocked"):
            self.lock(values)

    def after_create(self, values: Json) -> None:
        if (values.get("retentionPolicy") or {}).get("isLocked"):
            self.lock(values)

    def lock(self, values: Json) -> None:
        path = self.fill(self.kind.path, values)
        generation = str(self.client.call(self.kind.api, "GET", path).get("metageneration", ""))
        query = {"ifMetagenerationMatch": generation}
        self.client.call(self.kind.api, "POST", f"{path}/lockRetentionPolicy", query=query)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {
            **outputs,
            "url": f"gs://{answer['name']}",
            "location": str(answer.get("location", "")).upper(),
        }

    def remove(self, values: Json) -> None:
        """A bucket with objects is emptied only when the program says so."""
        path = self.fill(self.kind.path, values)
        try:
            self.client.call(self.kind.api, "GET", f"{path}/anywhereCaches/")
        except GoogleError as error:
            if error.status not in (404, 501):
                raise
        self._empty(path, values)
        super().remove(values)

    def _empty(self, path: str, values: Json) -> None:
        while items := self.client.call(self.kind.api, "GET", f"{path}/o", query={"versions": "true"}).get(
            "items"
        ):
            if not values.get("forceDestroy"):
                raise Refused(
                    f"bucket {values['name']} has objects; set forceDestroy to true to delete them with it"
                )
            for item in items:
                query = {"generation": str(item["generation"])}
                self.client.call(
                    self.kind.api, "DELETE", f"{path}/o/{quote(item['name'], safe='')}", query=query
                )


class Notification(Behaviour):
    """Google numbers notifications; a topic is named with its service in front."""

    def body(self, values: Json) -> Json | None:
        topic = str(values["topic"]).removeprefix("//pubsub.googleapis.com/")
        if "/" not in topic:
            topic = self.fill(f"projects/{{project}}/topics/{topic}", self._with_project(values))
        return {**(super().body(values) or {}), "topic": f"//pubsub.googleapis.com/{topic}"}

    def identify(self, values: Json, answer: Json) -> Json:
        return {"notificationId": answer["id"]}

    def _with_project(self, values: Json) -> Json:
        return {**values, "project": self.client.config.project}


def _text(value: Any) -> Any:
    return None if value is None else str(value)


_CONDITION = "lifecycleRules.condition"
_SEND_IF_ZERO = ("Age", "DaysSinceCustomTime", "DaysSinceNoncurrentTime", "NumNewerVersions")


def _with_state(value: Any) -> str:
    return "ANY" if value is None else "LIVE" if value else "ARCHIVED"


def _is_live(value: Any) -> Any:
    return {"LIVE": True, "ARCHIVED": False}.get(value, UNSET)


KINDS = (
    Kind(
        token="gcp:storage/notification:Notification",
        api="storage",
        path="b/{bucket|base}/notificationConfigs/{notificationId}",
        collection="b/{bucket|base}/notificationConfigs",
        id="{bucket|base}/notificationConfigs/{notificationId}",
        behaviour=Notification,
        autoname=False,
        fields={
            "notificationId": moved("id"),
            **{
                name: moved(wire)
                for name, wire in {
                    "customAttributes": "custom_attributes",
                    "eventTypes": "event_types",
                    "objectNamePrefix": "object_name_prefix",
                    "payloadFormat": "payload_format",
                }.items()
            },
        },
        replace=frozenset({"customAttributes", "eventTypes", "objectNamePrefix", "payloadFormat", "topic"}),
        equal={"topic": reference, "eventTypes": as_set},
    ),
    Kind(
        token="gcp:storage/bucket:Bucket",
        api="storage",
        path="b/{name}",
        id="{name}",
        behaviour=Bucket,
        defaults={"storageClass": "STANDARD"},
        mask=False,
        fields={
            "name": Field(update=False),
            "project": local(),
            "location": Field(),
            "url": local(),
            "uniformBucketLevelAccess": moved("iamConfiguration.uniformBucketLevelAccess.enabled"),
            "publicAccessPrevention": moved("iamConfiguration.publicAccessPrevention"),
            "lifecycleRules": moved("lifecycle.rule"),
            "requesterPays": moved("billing.requesterPays"),
            "retentionPolicy.retentionPeriod": Field(encode=_text),
            "retentionPolicy.isLocked": Field(encode=lambda value: None),
            "softDeletePolicy.retentionDurationSeconds": Field(encode=_text, always="0"),
            "softDeletePolicy.effectiveTime": Field(),
            "enableObjectRetention": local(False),
            "hierarchicalNamespace": Field(zero={"enabled": False}),
            "rpo": Field(zero=None),
            "projectNumber": Field(),
            "versioning.enabled": Field(always=False),
            "encryption.defaultKmsKeyName": Field(),
            f"{_CONDITION}.withState": moved("isLive", encode=_is_live, decode=_with_state, always=False),
            f"{_CONDITION}.matchesPrefixes": moved("matchesPrefix", zero=[]),
            f"{_CONDITION}.matchesSuffixes": moved("matchesSuffix", zero=[]),
            f"{_CONDITION}.matchesStorageClasses": moved("matchesStorageClass", zero=[]),
            **{f"{_CONDITION}.send{name}IfZero": local(False) for name in _SEND_IF_ZERO},
        },
        computed=frozenset(
            {
                "hierarchicalNamespace",
                "softDeletePolicy",
                "uniformBucketLevelAccess",
                "publicAccessPrevention",
                "rpo",
                f"{_CONDITION}.withState",
            }
        ),
        equal={"location": lambda old, new: str(old).upper() == str(new).upper()},
        replace=frozenset({"name", "location", "project", "enableObjectRetention", "hierarchicalNamespace"}),
    ),
    member(
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "storage",
        "b/{bucket|base}",
        policies=_POLICIES,
        of="bucket",
    ),
)
