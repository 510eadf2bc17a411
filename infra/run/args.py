"""What services and jobs share: image, identity, key, network, environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import cloudrunv2

from infra.site import Site


@dataclass(frozen=True)
class WorkloadArgs:
    """`environment` never holds a secret (check 37); `network` and `subnetwork` may be another project's."""

    site: Site
    image: pulumi.Input[str]
    service_account: pulumi.Input[str]
    key: pulumi.Input[str]
    network: pulumi.Input[str]
    subnetwork: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()


def job_envs(args: WorkloadArgs) -> list[cloudrunv2.JobTemplateTemplateContainerEnvArgsDict]:
    """In the order of their names, so that a reordered program changes nothing."""
    return [{"name": name, "value": value} for name, value in sorted(args.environment.items())]


def service_envs(args: WorkloadArgs) -> list[cloudrunv2.ServiceTemplateContainerEnvArgsDict]:
    return [{"name": name, "value": value} for name, value in sorted(args.environment.items())]
