"""Cloud Build: https://cloud.google.com/build/docs/api/reference/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind, moved

_PLACE = "projects/{project}/locations/{location}"
_EGRESS = {True: "NO_PUBLIC_EGRESS", False: "PUBLIC_EGRESS"}


class Trigger(Behaviour):
    """Google numbers triggers; those of `global` have an id without a location."""

    def identify(self, values: Json, answer: Json) -> Json:
        return {"triggerId": answer["id"]}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        """The whole trigger is sent, and the mask that the published provider leaves out means all of it."""
        path = self.fill(self.kind.path, values)
        self.client.call(self.kind.api, "PATCH", path, self.body(values))

    def id(self, values: Json) -> str:
        if values.get("location") in (None, "global"):
            return self.fill("projects/{project}/triggers/{triggerId}", values)
        return self.fill(self.kind.path, values)

    def id_formats(self) -> list[str]:
        return [self.kind.path, "projects/{project}/triggers/{triggerId}"]

    def parse(self, id: str) -> Json:
        return super().parse(
            id.replace("/triggers/", "/locations/global/triggers/") if "/locations/" not in id else id
        )


class WorkerPool(Behaviour):
    """Its parts are one object in Google's API: `privatePoolV1Config`."""

    def body(self, values: Json) -> Json | None:
        body = super().body(values) or {}
        workers, network = dict(body.pop("workerConfig", {})), dict(body.pop("networkConfig", {}))
        if "workerConfig" in values:
            private = bool(workers.pop("noExternalIp", False))
            network["egressOption"] = _EGRESS[private]
        config = {"workerConfig": workers, "networkConfig": network}
        if connect := body.pop("privateServiceConnect", None):
            config["privateServiceConnect"] = connect
        return {**body, "privatePoolV1Config": {k: v for k, v in config.items() if v}}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        mask = sorted(self.mask(changed))
        if not mask:
            return
        path = self.fill(self.kind.path, values)
        etag = (self.fetch(values) or {}).get("etag", "")
        body = {**(self.body(values) or {}), "etag": etag}
        query = {"updateMask": ",".join(mask)}
        self.done(self.client.call(self.kind.api, "PATCH", path, body, query), values)

    def mask(self, changed: set[str]) -> list[str]:
        parts = ("workerConfig", "networkConfig", "privateServiceConnect")
        found = [f"privatePoolV1Config.{name}" if name in parts else name for name in super().mask(changed)]
        # Whether workers have an address is a part of the network's configuration.
        both = "privatePoolV1Config.workerConfig" in found
        return list(dict.fromkeys([*found, *(["privatePoolV1Config.networkConfig"] if both else [])]))

    def outputs(self, answer: Json, values: Json) -> Json:
        config = answer.get("privatePoolV1Config") or {}
        workers, network = config.get("workerConfig") or {}, dict(config.get("networkConfig") or {})
        egress = network.pop("egressOption", None)
        flat = {
            **answer,
            "workerConfig": {**workers, "noExternalIp": egress == "NO_PUBLIC_EGRESS"},
            "networkConfig": network if network.get("peeredNetwork") else None,
            "privateServiceConnect": config.get("privateServiceConnect"),
        }
        return super().outputs(flat, values)


def _last(value: Any) -> str:
    return str(value or "").rsplit("/", 1)[-1]


KINDS = (
    Kind(
        token="gcp:cloudbuild/trigger:Trigger",
        api="cloudBuild",
        path=f"{_PLACE}/triggers/{{triggerId}}",
        collection=f"{_PLACE}/triggers",
        behaviour=Trigger,
        mask=False,
        defaults={"location": "global", "build.timeout": "600s"},
        fields={
            "triggerId": moved("id"),
            "name": Field(),
            "build.steps.timing": Field(encode=lambda value: None),
            "build.artifacts.objects.timings": moved("timing", encode=lambda value: None),
        },
        computed=frozenset({"approvalConfig", "name"}),
    ),
    Kind(
        token="gcp:cloudbuild/workerPool:WorkerPool",
        api="cloudBuild",
        path=f"{_PLACE}/workerPools/{{name|base}}",
        create_query={"workerPoolId": "{name|base}"},
        behaviour=WorkerPool,
        fields={"name": Field(written=True, update=False, decode=_last)},
        replace=frozenset({"networkConfig.peeredNetwork", "networkConfig.peeredNetworkIpRange"}),
        computed=frozenset({"workerConfig"}),
    ),
)
