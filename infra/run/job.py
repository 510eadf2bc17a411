"""A Cloud Run job; with a token it has run to completion before anything that depends on it is touched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudrunv2

from infra.run.args import WorkloadArgs, admission, envs, mounts, volumes, vpc_access


@dataclass(frozen=True)
class JobArgs:
    """`run_for` are the values whose change runs the job again; without any it runs only when asked to."""

    workload: WorkloadArgs
    job: str
    arguments: tuple[str, ...]
    run_for: tuple[pulumi.Input[str], ...] = ()


class Job(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(self, name: str, args: JobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:run:Job", name, {}, opts)
        workload = args.workload
        job = cloudrunv2.Job(
            name,
            name=args.job,
            project=workload.site.project,
            location=workload.site.region,
            deletion_protection=False,
            labels=workload.all_labels,
            binary_authorization=admission(workload),
            run_execution_token=pulumi.Output.all(*args.run_for).apply(_token) if args.run_for else None,
            template={"template": _template(args)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(workload.depends_on)),
        )
        self.name = job.name
        self.register_outputs({"name": self.name})


def _token(values: list[str]) -> str:
    """Job name and token must stay under 63 characters together."""
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:12]


def _template(args: JobArgs) -> cloudrunv2.JobTemplateTemplateArgsDict:
    workload = args.workload
    container: cloudrunv2.JobTemplateTemplateContainerArgsDict = {
        "image": workload.image,
        "args": list(args.arguments),
        "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
        "envs": envs(workload),
    }
    found: cloudrunv2.JobTemplateTemplateArgsDict = {
        "service_account": workload.service_account,
        "encryption_key": workload.key,
        "max_retries": 1,
        "timeout": "600s",
        "vpc_access": vpc_access(workload),
        "containers": [container],
    }
    if workload.files:
        container["volume_mounts"] = mounts(workload)
        found["volumes"] = volumes(workload)
    return found
