"""IAM of folders: https://cloud.google.com/resource-manager/reference/rest/v3/folders"""

from __future__ import annotations

from localcloud.plugin.access_approval import settings
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.types.projects import audit_config

_POST = Policies(
    get_verb="POST",
    get_body={"options": {"requestedPolicyVersion": 3}},
    wrap=lambda policy: {"policy": policy, "updateMask": "bindings,etag,auditConfigs"},
)

KINDS = (
    member(
        "gcp:folder/iAMMember:IAMMember",
        "resourceManagerV3",
        "folders/{folder|base}",
        policies=_POST,
        of="folder",
    ),
    audit_config(
        "gcp:folder/iamAuditConfig:IamAuditConfig",
        "resourceManagerV3",
        "folders/{folder|base}",
        _POST,
        of="folder",
    ),
    settings("gcp:folder/accessApprovalSettings:AccessApprovalSettings", "folders/{folderId}"),
)
