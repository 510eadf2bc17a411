"""IAM of folders: https://cloud.google.com/resource-manager/reference/rest/v3/folders"""

from __future__ import annotations

from localcloud.plugin.iam import Policies, member

_POST = Policies(get_verb="POST", get_body={"options": {"requestedPolicyVersion": 3}})

KINDS = (
    member(
        "gcp:folder/iAMMember:IAMMember",
        "resourceManagerV3",
        "folders/{folder|base}",
        policies=_POST,
        of="folder",
    ),
)
