"""The boundary: databases without a public address, networks of our own making, one way out of Cloud Run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import BOUNDARY, with_cis
from policies.rules.ranges import is_open
from policies.rules.read import entries, plain, text
from policies.stack import Stack

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
PROJECT = "gcp:organizations/project:Project"
SERVICE = "gcp:cloudrunv2/service:Service"
JOB = "gcp:cloudrunv2/job:Job"
WORKER_POOL = "gcp:cloudrunv2/workerPool:WorkerPool"
_PUBLIC = "settings.ipConfiguration.ipv4Enabled"
_NETWORKS = "settings.ipConfiguration.authorizedNetworks"


@rule(
    id="sql-no-public-ip",
    number=41,
    title="Cloud SQL instances have no public IP address",
    remedy="Set settings.ipConfiguration.ipv4Enabled to false and name a private network.",
    severity="critical",
    types=(SQL,),
    controls=with_cis(BOUNDARY, "6.6"),
    fails={"settings": {"ipConfiguration": {"ipv4Enabled": True}}},
    passes={"settings": {"ipConfiguration": {"ipv4Enabled": False}}},
)
def sql_no_public_ip(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: Cloud SQL's own default is a public address.
    if resource.at(_PUBLIC) is not False:
        yield Problem(_PUBLIC, resource.at(_PUBLIC))


@rule(
    id="sql-no-open-network",
    number=42,
    title="No Cloud SQL instance takes connections from the whole internet",
    remedy="Remove the range from settings.ipConfiguration.authorizedNetworks.",
    severity="critical",
    types=(SQL,),
    controls=with_cis(BOUNDARY, "6.5"),
    fails={"settings": {"ipConfiguration": {"authorizedNetworks": [{"value": "0.0.0.0/0"}]}}},
    passes={"settings": {"ipConfiguration": {"authorizedNetworks": [{"value": "203.0.113.7/32"}]}}},
)
def sql_no_open_network(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for path, network in entries(resource, _NETWORKS):
        if is_open(network.get("value")):
            yield Problem(f"{path}.value", network.get("value"))


@rule(
    id="network-custom-subnets",
    number=43,
    title="Networks hold only subnetworks that somebody asked for; there is no default network",
    remedy="Set autoCreateSubnetworks (on a project: autoCreateNetwork) to false; name no network default.",
    severity="high",
    types=(NETWORK, PROJECT),
    controls=with_cis(BOUNDARY, "3.1"),
    fails={"autoCreateSubnetworks": True},
    passes={"autoCreateSubnetworks": False},
)
def network_custom_subnets(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: both are on where the program leaves them out.
    path = "autoCreateNetwork" if resource.type == PROJECT else "autoCreateSubnetworks"
    if resource.at(path) is not False:
        yield Problem(path, resource.at(path))
    if resource.type == NETWORK and resource.at("name") == "default":
        yield Problem("name", "default")


def require_hosting(subnetwork: Resource) -> None:
    """Subnetworks for proxies, Private Service Connect or Private NAT hold no machine of ours."""
    purpose = subnetwork.at("purpose")
    if purpose and purpose != "PRIVATE":
        raise NotApplicable(f"a subnetwork for {purpose} holds no machines")


def _with_google_access(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "privateIpGoogleAccess": True}


@rule(
    id="subnet-private-google-access",
    number=44,
    title="Subnetworks reach Google's APIs without public addresses",
    remedy="Set privateIpGoogleAccess to true.",
    severity="medium",
    types=(SUBNETWORK,),
    controls=BOUNDARY,
    fails={"privateIpGoogleAccess": False},
    passes={"privateIpGoogleAccess": True},
    mend=_with_google_access,
)
def subnet_private_google_access(resource: Resource, stack: Stack) -> Iterator[Problem]:
    require_hosting(resource)
    if resource.at("privateIpGoogleAccess") is not True:
        yield Problem("privateIpGoogleAccess", resource.at("privateIpGoogleAccess"))


_ACCESS = {
    SERVICE: "template.vpcAccess",
    JOB: "template.template.vpcAccess",
    WORKER_POOL: "template.vpcAccess",
}


@rule(
    id="run-egress-all-vpc",
    number=45,
    title="All that Cloud Run sends leaves through the VPC network",
    remedy="Set vpcAccess.egress of the template to ALL_TRAFFIC, with networkInterfaces or a connector.",
    severity="high",
    types=tuple(_ACCESS),
    controls=BOUNDARY,
    fails={"template": {"vpcAccess": {"egress": "PRIVATE_RANGES_ONLY", "networkInterfaces": [{}]}}},
    passes={"template": {"vpcAccess": {"egress": "ALL_TRAFFIC", "networkInterfaces": [{}]}}},
)
def run_egress_all_vpc(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = _ACCESS[resource.type]
    if resource.at(f"{path}.egress") != "ALL_TRAFFIC":
        # Absent is a failure: Google then sends private ranges alone through the network.
        yield Problem(f"{path}.egress", resource.at(f"{path}.egress"))
    interfaces, connector = f"{path}.networkInterfaces", f"{path}.connector"
    plain(resource.at(interfaces), interfaces)
    if not resource.at(interfaces) and not text(resource, connector):
        yield Problem(f"{path}.networkInterfaces", None)
