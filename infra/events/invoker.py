"""The right to call one Cloud Run service, which is granted on that service alone (checks 26 and 28)."""

from __future__ import annotations

import pulumi
from pulumi_gcp import cloudrunv2

from infra.site import Site


def invoker(
    name: str, site: Site, service: pulumi.Input[str], member: pulumi.Input[str], parent: pulumi.Resource
) -> cloudrunv2.ServiceIamMember:
    """`service` lies in the site's project and region."""
    return cloudrunv2.ServiceIamMember(
        f"{name}-invoker",
        project=site.project,
        location=site.region,
        name=service,
        role="roles/run.invoker",
        member=member,
        opts=pulumi.ResourceOptions(parent=parent),
    )
