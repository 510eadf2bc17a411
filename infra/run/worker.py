"""A Cloud Run worker pool: instances that pull work and answer no requests. Checks 11, 29, 37, 45 and 84.

https://cloud.google.com/run/docs/deploy-worker-pools
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudrunv2

from infra.errors import ConfigError
from infra.run.args import WorkloadArgs, admission, envs, mounts, volumes, vpc_access


@dataclass(frozen=True)
class WorkerPoolArgs:
    """`instances` run all the time, 0 at a site that does not serve; nothing but this number scales them.

    `on_key_revoked`: with PREVENT_NEW running instances go on, with SHUTDOWN they end too (crypto-shredding).
    """

    workload: WorkloadArgs
    pool: str
    arguments: tuple[str, ...]
    instances: int = 1
    cpu: str = "1"
    memory: str = "512Mi"
    on_key_revoked: str = "SHUTDOWN"

    def __post_init__(self) -> None:
        if self.instances < 0:
            raise ConfigError("instances", self.instances, "0 or more")
        actions = ("PREVENT_NEW", "SHUTDOWN")
        if self.on_key_revoked not in actions:
            raise ConfigError("on_key_revoked", self.on_key_revoked, actions)


class WorkerPool(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(self, name: str, args: WorkerPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:run:WorkerPool", name, {}, opts)
        site = args.workload.site
        pool = cloudrunv2.WorkerPool(
            name,
            name=args.pool,
            project=site.project,
            location=site.region,
            deletion_protection=site.protected,
            labels=args.workload.all_labels,
            binary_authorization=admission(args.workload),
            scaling={"scaling_mode": "MANUAL", "manual_instance_count": args.instances},
            instance_splits=[{"type": "INSTANCE_SPLIT_ALLOCATION_TYPE_LATEST", "percent": 100}],
            template=_template(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.workload.depends_on)),
        )
        self.name = pool.name
        self.register_outputs({"name": self.name})


def _template(args: WorkerPoolArgs) -> cloudrunv2.WorkerPoolTemplateArgsDict:
    workload = args.workload
    container: cloudrunv2.WorkerPoolTemplateContainerArgsDict = {
        "image": workload.image,
        "args": list(args.arguments),
        "resources": {"limits": {"cpu": args.cpu, "memory": args.memory}},
        "envs": envs(workload),
    }
    found: cloudrunv2.WorkerPoolTemplateArgsDict = {
        "service_account": workload.service_account,
        "encryption_key": workload.key,
        "encryption_key_revocation_action": args.on_key_revoked,
        "vpc_access": vpc_access(workload),
        "containers": [container],
    }
    if args.on_key_revoked == "SHUTDOWN":
        found["encryption_key_shutdown_duration"] = "3600s"
    if workload.files:
        container["volume_mounts"] = mounts(workload)
        found["volumes"] = volumes(workload)
    return found
