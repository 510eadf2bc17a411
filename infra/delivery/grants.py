"""What both builds need: to see the attestor and its note, to write logs, to run in the pool."""

from __future__ import annotations

import pulumi
from pulumi_gcp import binaryauthorization, containeranalysis

from infra.delivery.attestor import Attestor
from infra.identity.account import project_grant


def build_grants(
    name: str,
    project: pulumi.Input[str],
    attestor: Attestor,
    note_role: str,
    member: pulumi.Input[str],
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """`note_role` is what the build may do with attestations: make them, or only see them."""
    own = pulumi.ResourceOptions(parent=parent)
    return [
        binaryauthorization.AttestorIamMember(
            f"{name}-attestor",
            project=attestor.project,
            attestor=attestor.name,
            role="roles/binaryauthorization.attestorsViewer",
            member=member,
            opts=own,
        ),
        containeranalysis.NoteIamMember(
            f"{name}-note",
            project=attestor.project,
            note=attestor.note,
            role=note_role,
            member=member,
            opts=own,
        ),
        project_grant(f"{name}-logs", project, "roles/logging.logWriter", member, parent),
        project_grant(f"{name}-pool", project, "roles/cloudbuild.workerPoolUser", member, parent),
    ]
