"""The tenant's Cloud Run service. Checks 11, 22, 29, 37, 45, 76 and 84.

Check 28 does not apply: callers hold the tenant's OAuth tokens, no Google identity that an invoker could be,
and only the load balancer reaches the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import cloudrunv2

from infra.errors import ConfigError
from infra.run import traffic
from infra.run.args import WorkloadArgs, admission, envs, mounts, volumes, vpc_access
from infra.run.probe import LIVENESS, STARTUP, Probe
from infra.run.traffic import Share

REQUEST_SECONDS = 3600
"""How long a request may take, at most what Cloud Run allows: a bulk export's file is one answer. The runtime
ends every other one after 300 s (`runtime/middleware/time_limit.py`).
https://cloud.google.com/run/docs/configuring/request-timeout"""
GENERATIONS = ("EXECUTION_ENVIRONMENT_GEN1", "EXECUTION_ENVIRONMENT_GEN2")


@dataclass(frozen=True)
class ServiceArgs:
    """`max_concurrency` requests an instance; the runtime itself authenticates every caller.

    `traffic` maps `latest` or a revision's name to its share, `revision` names the one that this template
    makes. `standby`: at a site that does not serve, no instance waits and none works between requests.
    Session affinity is off, as Google's default is: any instance may answer.
    """

    workload: WorkloadArgs
    service: str
    viewer: pulumi.Input[str]
    min_instances: int
    max_instances: int
    max_concurrency: int = 80
    traffic: Mapping[str, Share] = field(default_factory=dict)
    revision: str | None = None
    standby: bool = False
    cpu: str = "1"
    memory: str = "512Mi"
    startup: Probe = STARTUP
    liveness: Probe = LIVENESS
    execution_environment: str | None = None

    def __post_init__(self) -> None:
        traffic.check(self.service, self.revision, self.traffic)
        if not 0 <= self.min_instances <= self.max_instances:
            raise ConfigError("min_instances", self.min_instances, f"0 to {self.max_instances}")
        if self.execution_environment not in (None, *GENERATIONS):
            raise ConfigError("execution_environment", self.execution_environment, GENERATIONS)


class Service(pulumi.ComponentResource):
    """Reached through the load balancer or from inside; callers bring the tenant's tokens, not Google's."""

    uri: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:run:Service", name, {}, opts)
        site = args.workload.site
        service = cloudrunv2.Service(
            name,
            name=args.service,
            project=site.project,
            location=site.region,
            ingress="INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
            invoker_iam_disabled=True,
            deletion_protection=site.protected,
            labels=args.workload.all_labels,
            binary_authorization=admission(args.workload),
            template=_template(args),
            traffics=traffic.targets(args.traffic),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.workload.depends_on)),
        )
        self.name, self.uri = service.name, service.uri
        cloudrunv2.ServiceIamMember(
            f"{name}-viewer",
            project=site.project,
            location=site.region,
            name=service.name,
            role="roles/run.viewer",
            member=args.viewer,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"uri": self.uri})


def _template(args: ServiceArgs) -> cloudrunv2.ServiceTemplateArgsDict:
    workload = args.workload
    found: cloudrunv2.ServiceTemplateArgsDict = {
        "service_account": workload.service_account,
        "encryption_key": workload.key,
        "max_instance_request_concurrency": args.max_concurrency,
        "timeout": f"{REQUEST_SECONDS}s",
        "scaling": {
            "min_instance_count": 0 if args.standby else args.min_instances,
            "max_instance_count": args.max_instances,
        },
        "vpc_access": vpc_access(workload),
        "containers": [_container(args)],
    }
    if args.revision:
        found["revision"] = args.revision
    if args.execution_environment:
        found["execution_environment"] = args.execution_environment
    if workload.files:
        found["volumes"] = volumes(workload)
    return found


def _container(args: ServiceArgs) -> cloudrunv2.ServiceTemplateContainerArgsDict:
    found: cloudrunv2.ServiceTemplateContainerArgsDict = {
        "image": args.workload.image,
        "args": ["serve"],
        "ports": {"container_port": 8080},
        # Where it serves, not idle between requests: the event and audit consumers run all the time.
        "resources": {"limits": {"cpu": args.cpu, "memory": args.memory}, "cpu_idle": args.standby},
        "envs": envs(args.workload),
        "startup_probe": args.startup.inputs(),
        "liveness_probe": args.liveness.inputs(),
    }
    if args.workload.files:
        found["volume_mounts"] = mounts(args.workload)
    return found
