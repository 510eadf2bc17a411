"""The tenant's Cloud Run service. Checks 11, 22, 28, 29, 37, 45 and 76."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudrunv2

from infra.run.args import WorkloadArgs, service_envs


@dataclass(frozen=True)
class ServiceArgs:
    """`max_concurrency` requests an instance; the runtime itself authenticates every caller."""

    workload: WorkloadArgs
    service: str
    viewer: pulumi.Input[str]
    min_instances: int
    max_instances: int
    max_concurrency: int = 80


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
            labels=dict(site.labels),
            template=_template(args),
            traffics=[{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
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
    return {
        "service_account": workload.service_account,
        "encryption_key": workload.key,
        "max_instance_request_concurrency": args.max_concurrency,
        "timeout": "300s",
        "scaling": {"min_instance_count": args.min_instances, "max_instance_count": args.max_instances},
        "vpc_access": {
            "egress": "ALL_TRAFFIC",
            "network_interfaces": [{"network": workload.network, "subnetwork": workload.subnetwork}],
        },
        "containers": [
            {
                "image": workload.image,
                "args": ["serve"],
                "ports": {"container_port": 8080},
                # Not idle between requests: the event and audit consumers run all the time.
                "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "cpu_idle": False},
                "envs": service_envs(workload),
                "startup_probe": {
                    "http_get": {"path": "/readyz"},
                    "period_seconds": 2,
                    "timeout_seconds": 2,
                    "failure_threshold": 30,
                },
                "liveness_probe": {
                    "http_get": {"path": "/healthz"},
                    "period_seconds": 10,
                    "timeout_seconds": 5,
                },
            }
        ],
    }
