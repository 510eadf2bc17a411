"""The provider's identifier of a resource, from its inputs: what adopting an interrupted creation needs.

Only types whose identifier the server does not choose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACED = "projects/{project}/locations/{location}"
_IDENTITIES = {
    "gcp:accesscontextmanager/accessLevel:AccessLevel": "{name}",
    "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter": "{name}",
    "gcp:artifactregistry/repository:Repository": _PLACED + "/repositories/{repositoryId}",
    "gcp:cloudrunv2/job:Job": _PLACED + "/jobs/{name}",
    "gcp:cloudrunv2/service:Service": _PLACED + "/services/{name}",
    "gcp:compute/firewall:Firewall": "projects/{project}/global/firewalls/{name}",
    "gcp:compute/globalAddress:GlobalAddress": "projects/{project}/global/addresses/{name}",
    "gcp:compute/network:Network": "projects/{project}/global/networks/{name}",
    "gcp:compute/route:Route": "projects/{project}/global/routes/{name}",
    "gcp:compute/subnetwork:Subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "gcp:dns/managedZone:ManagedZone": "projects/{project}/managedZones/{name}",
    "gcp:healthcare/dataset:Dataset": _PLACED + "/datasets/{name}",
    "gcp:healthcare/fhirStore:FhirStore": "{dataset}/fhirStores/{name}",
    "gcp:healthcare/hl7Store:Hl7Store": "{dataset}/hl7V2Stores/{name}",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": (
        "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}"
    ),
    "gcp:kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "gcp:kms/keyRing:KeyRing": _PLACED + "/keyRings/{name}",
    "gcp:logging/projectSink:ProjectSink": "projects/{project}/sinks/{name}",
    "gcp:organizations/iAMCustomRole:IAMCustomRole": "organizations/{orgId}/roles/{roleId}",
    "gcp:organizations/project:Project": "projects/{projectId}",
    "gcp:orgpolicy/policy:Policy": "{name}",
    "gcp:pubsub/subscription:Subscription": "projects/{project}/subscriptions/{name}",
    "gcp:pubsub/topic:Topic": "projects/{project}/topics/{name}",
    "gcp:secretmanager/secret:Secret": "projects/{project}/secrets/{secretId}",
    "gcp:serviceaccount/account:Account": (
        "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com"
    ),
    "gcp:sql/database:Database": "projects/{project}/instances/{instance}/databases/{name}",
    "gcp:sql/databaseInstance:DatabaseInstance": "{name}",
    "gcp:storage/bucket:Bucket": "{name}",
}


def identity(token: str, inputs: Mapping[str, Any]) -> str | None:
    """None where the server chooses it, or where an input is missing."""
    pattern = _IDENTITIES.get(token)
    needed = re.findall(r"{(\w+)}", pattern or "")
    if pattern is None or not all(isinstance(inputs.get(name), str) for name in needed):
        return None
    return pattern.format_map(inputs)
