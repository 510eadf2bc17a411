"""The healthcare baseline of organisation policies, by purpose, each constraint with the checks it serves.

https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pulumi

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction
from infra.organization.policies import PoliciesArgs

Checks = Mapping[str, tuple[int, ...]]

IDENTITY: Checks = MappingProxyType(
    {
        "iam.automaticIamGrantsForDefaultServiceAccounts": (27, 29),
        "iam.disableServiceAccountKeyCreation": (30,),
        "iam.disableServiceAccountKeyUpload": (30,),
    }
)
STORAGE: Checks = MappingProxyType(
    {"storage.publicAccessPrevention": (25, 34), "storage.uniformBucketLevelAccess": (35,)}
)
DATABASE: Checks = MappingProxyType({"sql.restrictAuthorizedNetworks": (42,), "sql.restrictPublicIp": (41,)})
COMPUTE: Checks = MappingProxyType(
    {
        "compute.disableSerialPortAccess": (47,),
        "compute.requireOsLogin": (47,),
        "compute.restrictXpnProjectLienRemoval": (72,),
        "compute.skipDefaultNetworkCreation": (43,),
    }
)
BOOLEAN: Checks = MappingProxyType({**IDENTITY, **STORAGE, **DATABASE, **COMPUTE})
"""Enforced or not."""

LOCATIONS = "gcp.resourceLocations"
NO_CMEK = "gcp.restrictNonCmekServices"
KEY_PROJECTS = "gcp.restrictCmekCryptoKeyProjects"
SERVICES = "gcp.restrictServiceUsage"
DOMAINS = "iam.allowedPolicyMemberDomains"
INGRESS = "run.allowedIngress"
EGRESS = "run.allowedVPCEgress"
EXTERNAL_ADDRESSES = "compute.vmExternalIpAccess"
LISTS: Checks = MappingProxyType(
    {
        LOCATIONS: (4, 85, 86, 89),
        NO_CMEK: (6, 9, 10, 11, 12, 13, 15, 91),
        KEY_PROJECTS: (4, 91),
        SERVICES: (91,),
        DOMAINS: (25, 28),
        INGRESS: (22,),
        EGRESS: (45,),
        EXTERNAL_ADDRESSES: (46, 47),
    }
)
"""With values."""

CMEK_SERVICES = (
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
)
"""Refused without a key of ours: https://cloud.google.com/kms/docs/cmek-org-policy. Not Logging: no new
project would get its default log bucket, unless the organisation's default log settings name a key first."""
INGRESS_VALUES = ("internal", "internal-and-cloud-load-balancing")
EGRESS_VALUES = ("all-traffic",)


def healthcare(
    parent: pulumi.Input[str],
    area: Jurisdiction,
    *,
    customers: tuple[str, ...],
    key_owners: tuple[str, ...],
    services: tuple[str, ...],
    dry_run: tuple[str, ...] = (),
) -> PoliciesArgs:
    """The whole baseline for one parent.

    `customers` are Google Workspace customer ids (C…), the only ones whose members may be granted anything;
    `key_owners` are organizations/N, folders/N or projects/ID whose keys may be used; `services` all that may
    be used, such as run.googleapis.com.
    """
    known = [f"is:{each}" for each in customers if each.startswith("C")]
    _require("customers", customers, known, "customer ids such as C0xxxxxxx")
    kinds = ("organizations/", "folders/", "projects/")
    owners = [f"under:{each}" for each in key_owners if each.startswith(kinds)]
    _require("key_owners", key_owners, owners, "organizations/N, folders/N or projects/ID")
    usable = [each for each in services if each.endswith(".googleapis.com")]
    _require("services", services, usable, "names such as run.googleapis.com")
    allowed = {
        LOCATIONS: area.policy_values,
        KEY_PROJECTS: owners,
        SERVICES: usable,
        DOMAINS: known,
        INGRESS: [f"is:{each}" for each in INGRESS_VALUES],
        EGRESS: [f"is:{each}" for each in EGRESS_VALUES],
    }
    denied = {NO_CMEK: [f"is:{each}" for each in CMEK_SERVICES]}
    return PoliciesArgs(parent, tuple(BOOLEAN), allowed, denied, (EXTERNAL_ADDRESSES,), dry_run)


def _require(key: str, given: tuple[str, ...], usable: list[str], allowed: str) -> None:
    if not given or len(usable) != len(given):
        raise ConfigError(key, ", ".join(given) or None, allowed)
