"""The healthcare baseline of organisation policies, by purpose, each constraint with the checks it serves.

https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    key_owners: tuple[pulumi.Input[str], ...],
    services: tuple[str, ...],
    customers: tuple[str, ...] = (),
    dry_run: tuple[str, ...] = (),
) -> PoliciesArgs:
    """The whole baseline for one parent.

    `key_owners` are organizations/N, folders/N or projects/ID whose keys may be used; `services` all that may
    be used, such as run.googleapis.com; `customers` are Google Workspace customer ids (C…), the only ones
    whose members may be granted anything: none where a parent above restricts them.
    """
    _require("customers", customers, [each for each in customers if each.startswith("C")], "C0xxxxxxx")
    known = [each for each in key_owners if not isinstance(each, str) or each.startswith(_OWNERS)]
    _require("key_owners", key_owners, known, "organizations/N, folders/N or projects/ID")
    usable = [each for each in services if each.endswith(".googleapis.com")]
    _require("services", services, usable, "names such as run.googleapis.com")
    if not (key_owners and services):
        raise ConfigError("services" if key_owners else "key_owners", None, "at least one")
    allowed: dict[str, list[pulumi.Input[str]]] = {
        LOCATIONS: list(area.policy_values),
        KEY_PROJECTS: [_under(each) for each in key_owners],
        SERVICES: list(usable),
        INGRESS: [f"is:{each}" for each in INGRESS_VALUES],
        EGRESS: [f"is:{each}" for each in EGRESS_VALUES],
    }
    if customers:
        allowed[DOMAINS] = [f"is:{each}" for each in customers]
    denied: dict[str, list[pulumi.Input[str]]] = {NO_CMEK: [f"is:{each}" for each in CMEK_SERVICES]}
    return PoliciesArgs(parent, tuple(BOOLEAN), allowed, denied, (EXTERNAL_ADDRESSES,), dry_run)


_OWNERS = ("organizations/", "folders/", "projects/")


def _under(owner: pulumi.Input[str]) -> pulumi.Input[str]:
    return f"under:{owner}" if isinstance(owner, str) else pulumi.Output.concat("under:", owner)


def _require(key: str, given: Sequence[object], usable: Sequence[object], allowed: str) -> None:
    if len(usable) != len(given):
        raise ConfigError(key, ", ".join(map(str, given)), allowed)
