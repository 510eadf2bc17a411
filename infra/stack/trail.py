"""A locked log bucket in a project of its own, under a key that outlives the stack."""

from __future__ import annotations

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.kms.grants import GrantArgs, KeyGrants
from infra.kms.ring import Ring, RingArgs
from infra.organization.project import Project
from infra.site import Site


def audit_bucket(name: str, site: Site, project: Project, locked: bool, description: str) -> AuditBucket:
    """Of an organisation or a jurisdiction. HSM: no profile asks for less of an audit trail."""
    ring = Ring(
        f"{name}-keys",
        RingArgs(site, "audit", {"audit": "ENCRYPT_DECRYPT"}, "HSM", ("audit",), tuple(project.ready)),
    )
    grants = KeyGrants(
        f"{name}-key",
        GrantArgs(ring.keys["audit"].id, {"logging": project.agents["logging"]}, retained=True),
    )
    return AuditBucket(
        name,
        AuditBucketArgs(
            site,
            ring.keys["audit"].id,
            locked,
            tuple(grants.grants.values()),
            analytics=False,
            description=description,
        ),
    )
