"""The right of a sink to write into a log bucket, and no more."""

from __future__ import annotations

import pulumi
from pulumi_gcp import projects


def bucket_writer(
    name: str, project: pulumi.Input[str], writer: pulumi.Input[str], parent: pulumi.Resource
) -> projects.IAMMember:
    """`writer` is the sink's identity, `project` the bucket's: Google grants it on projects alone."""
    return projects.IAMMember(
        f"{name}-writer",
        project=project,
        role="roles/logging.bucketWriter",
        member=writer,
        opts=pulumi.ResourceOptions(parent=parent),
    )
