"""Cloud Run: https://cloud.google.com/run/docs/reference/rest/v2"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import reference
from localcloud.plugin.iam import member
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved

_PLACE = "projects/{project}/locations/{location}"


class Service(Behaviour):
    """Everything is sent on update: Google tells what changed."""

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        mask = self.mask(changed)
        if not mask:
            return
        kept = {"launchStage": olds.get("launchStage"), **values}
        body = self.update_body({k: v for k, v in kept.items() if v is not None}, changed, olds)
        self.done(self.client.call(self.kind.api, "PATCH", self.fill(self.kind.path, values), body), values)


_P = "template.containers"
_PROBE = {
    f"{_P}.startupProbe.grpc": always(None),
    f"{_P}.startupProbe.tcpSocket": always(None),
    f"{_P}.livenessProbe.grpc": always(None),
    f"{_P}.readinessProbe.grpc": always(None),
}
_SERVICE_CHOSEN = frozenset(
    {
        "client",
        "clientVersion",
        "ingress",
        "launchStage",
        "multiRegionSettings",
        "scaling",
        "template.executionEnvironment",
        "template.maxInstanceRequestConcurrency",
        "template.scaling",
        "template.serviceAccount",
        "template.timeout",
        "traffics",
        f"{_P}.ports",
        f"{_P}.resources",
        f"{_P}.startupProbe",
    }
)
_JOB_CHOSEN = frozenset(
    {
        "client",
        "clientVersion",
        "launchStage",
        "template.parallelism",
        "template.taskCount",
        "template.template.containers.resources",
        "template.template.executionEnvironment",
        "template.template.serviceAccount",
        "template.template.timeout",
    }
)

_POOL_CHOSEN = frozenset(
    {
        "client",
        "clientVersion",
        "instanceSplits",
        "launchStage",
        "scaling",
        "template.serviceAccount",
        "template.vpcAccess.egress",
        "template.vpcAccess.networkInterfaces.network",
        "template.vpcAccess.networkInterfaces.subnetwork",
        f"{_P}.resources",
    }
)


def _probe_defaults(path: str) -> dict[str, int]:
    numbers = {"failureThreshold": 3, "periodSeconds": 10, "timeoutSeconds": 1}
    return {
        f"{path}.{probe}.{name}": n
        for probe in ("startupProbe", "livenessProbe")
        for name, n in numbers.items()
    }


def _container(path: str) -> dict[str, Field]:
    """Arrays and messages that exist, though empty, mean something to Cloud Run."""
    return {f"{path}.ports": moved("ports", encode=_ports, decode=_port)}


def _ports(value: Json | None) -> list[Json] | None:
    return [{k: v for k, v in value.items() if v}] if value else None


def _port(value: list[Json] | None) -> Json | None:
    return {"containerPort": 0, "name": "", **value[0]} if value else None


KINDS = (
    Kind(
        token="gcp:cloudrunv2/service:Service",
        api="cloudRunV2",
        path=f"{_PLACE}/services/{{name}}",
        mask=False,
        create_query={"serviceId": "{name}"},
        behaviour=Service,
        protection="deletionProtection",
        defaults={"deletionProtection": True, **_probe_defaults(_P)},
        fields={
            "deletionProtection": local(True),
            "tags": local(),
            **_PROBE,
            **_container(_P),
            "template.volumes.emptyDir": Field(keep=True),
            f"{_P}.resources.cpuIdle": Field(),
        },
        replace=frozenset({"tags"}),
        computed=_SERVICE_CHOSEN,
    ),
    Kind(
        token="gcp:cloudrunv2/job:Job",
        api="cloudRunV2",
        path=f"{_PLACE}/jobs/{{name}}",
        mask=False,
        create_query={"jobId": "{name}"},
        behaviour=Service,
        protection="deletionProtection",
        defaults={"deletionProtection": True},
        fields={
            "deletionProtection": local(True),
            "tags": local(),
            "latestCreatedExecutions": moved("latestCreatedExecution"),
            "template.template": Field(keep=True),
            "template.template.maxRetries": Field(),
            "template.template.volumes.emptyDir": Field(keep=True),
        },
        replace=frozenset({"tags"}),
        computed=_JOB_CHOSEN,
    ),
    member(
        "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
        "cloudRunV2",
        f"{_PLACE}/services/{{name|base}}",
        of="name",
    ),
    member(
        "gcp:cloudrunv2/jobIamMember:JobIamMember", "cloudRunV2", f"{_PLACE}/jobs/{{name|base}}", of="name"
    ),
    Kind(
        token="gcp:cloudrunv2/workerPool:WorkerPool",
        api="cloudRunV2",
        path=f"{_PLACE}/workerPools/{{name|base}}",
        mask=False,
        create_query={"workerPoolId": "{name|base}"},
        behaviour=Service,
        protection="deletionProtection",
        defaults={"deletionProtection": True, **_probe_defaults(_P)},
        fields={
            "deletionProtection": local(True),
            **{name: rule for name, rule in _PROBE.items() if "readinessProbe" not in name},
            "scaling.manualInstanceCount": always(0),
            **{
                f"{_P}.{probe}.httpGet.httpHeaders": Field(encode=lambda value: [value] if value else None)
                for probe in ("startupProbe", "livenessProbe")
            },
            "template.volumes.emptyDir": Field(keep=True),
        },
        computed=_POOL_CHOSEN,
        equal={"name": reference},
    ),
    member(
        "gcp:cloudrunv2/workerPoolIamMember:WorkerPoolIamMember",
        "cloudRunV2",
        f"{_PLACE}/workerPools/{{name|base}}",
        of="name",
    ),
)
