"""The right of a sink to write into one log bucket, and no more."""

from __future__ import annotations

import pulumi
from pulumi_gcp import projects


def bucket_writer(
    name: str,
    project: pulumi.Input[str],
    writer: pulumi.Input[str],
    bucket: pulumi.Input[str],
    parent: pulumi.Resource,
) -> projects.IAMMember:
    """`writer` is the sink's identity, `project` the bucket's: Google grants the role on projects alone.

    All sinks of a project, folder or organisation share one identity, and two stacks may have one each: the
    condition makes their grants two, so that with one stack's the other's does not go.
    https://cloud.google.com/logging/docs/regionalized-logs
    """
    only = pulumi.Output.from_input(bucket).apply(
        # Google names the bucket's project by its number here.
        lambda full: f'resource.name.endsWith("{full.split("/", 2)[-1]}")'
    )
    return projects.IAMMember(
        f"{name}-writer",
        project=project,
        role="roles/logging.bucketWriter",
        member=writer,
        condition={"title": "this log bucket only", "expression": only},
        opts=pulumi.ResourceOptions(parent=parent),
    )
