"""Every property that these types have goes out under a name that Google knows, and comes back.

Known to Google is what the discovery documents list. What comes back is compared with an echo of what
was sent, as localcloud and Google echo it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient
import pytest

from localcloud.plugin.catalogue import Property, kind_of, names_of
from localcloud.plugin.client import Client
from localcloud.plugin.config import Config
from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import reference

Json = dict[str, Any]
TYPES = {
    "gcp:certificatemanager/certificate:Certificate": ("certificatemanager.v1", "Certificate"),
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": ("certificatemanager.v1", "DnsAuthorization"),
    "gcp:compute/address:Address": ("compute.beta", "Address"),
    "gcp:compute/backendService:BackendService": ("compute.beta", "BackendService"),
    "gcp:compute/externalVpnGateway:ExternalVpnGateway": ("compute.beta", "ExternalVpnGateway"),
    "gcp:compute/forwardingRule:ForwardingRule": ("compute.beta", "ForwardingRule"),
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": ("compute.beta", "ForwardingRule"),
    "gcp:compute/haVpnGateway:HaVpnGateway": ("compute.beta", "VpnGateway"),
    "gcp:compute/healthCheck:HealthCheck": ("compute.beta", "HealthCheck"),
    "gcp:compute/instanceTemplate:InstanceTemplate": ("compute.beta", "InstanceTemplate"),
    "gcp:compute/interconnectAttachment:InterconnectAttachment": ("compute.beta", "InterconnectAttachment"),
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": ("compute.beta", "FirewallPolicy"),
    "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation": (
        "compute.beta",
        "FirewallPolicyAssociation",
    ),
    "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": ("compute.beta", "FirewallPolicyRule"),
    "gcp:compute/regionAutoscaler:RegionAutoscaler": ("compute.beta", "Autoscaler"),
    "gcp:compute/regionBackendService:RegionBackendService": ("compute.beta", "BackendService"),
    "gcp:compute/regionHealthCheck:RegionHealthCheck": ("compute.beta", "HealthCheck"),
    "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": (
        "compute.beta",
        "InstanceGroupManager",
    ),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ("compute.beta", "InstanceTemplate"),
    "gcp:compute/router:Router": ("compute.beta", "Router"),
    "gcp:compute/routerInterface:RouterInterface": ("compute.beta", "RouterInterface"),
    "gcp:compute/routerPeer:RouterPeer": ("compute.beta", "RouterBgpPeer"),
    "gcp:compute/routerRoutePolicy:RouterRoutePolicy": ("compute.beta", "RoutePolicy"),
    "gcp:compute/sSLPolicy:SSLPolicy": ("compute.beta", "SslPolicy"),
    "gcp:compute/securityPolicy:SecurityPolicy": ("compute.beta", "SecurityPolicy"),
    "gcp:compute/targetHttpProxy:TargetHttpProxy": ("compute.beta", "TargetHttpProxy"),
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": ("compute.beta", "TargetHttpsProxy"),
    "gcp:compute/uRLMap:URLMap": ("compute.beta", "UrlMap"),
    "gcp:compute/vPNTunnel:VPNTunnel": ("compute.beta", "VpnTunnel"),
    "gcp:dns/managedZone:ManagedZone": ("dns.v1beta2", "ManagedZone"),
    "gcp:dns/policy:Policy": ("dns.v1beta2", "Policy"),
    "gcp:dns/recordSet:RecordSet": ("dns.v1beta2", "ResourceRecordSet"),
}

NEWER_THAN_DISCOVERY = {"logConfig.requestHeaders", "logConfig.responseHeaders"}
DEPRECATED = {"selfManaged.certificatePem", "selfManaged.privateKeyPem"}

LEFT_OUT = {
    "source",  # of a disk: excludes all that describes a new one
    "maxSurgePercent",
    "maxUnavailablePercent",  # they exclude the fixed numbers
    "sslCertificates",  # excludes those of Certificate Manager
    "zeroAdvertisedRoutePriority",
    "zeroCustomLearnedRoutePriority",
    "provisioningIssues",
    "authorizationAttemptInfos",  # Google's, though the SDK lets them be given
}
"""Properties that exclude others here, or that no program gives."""

WRITE_ONLY = ("Wo", "WoVersion")
VALUES: Json = {
    "loadBalancingScheme": "EXTERNAL_MANAGED",
    "partnerMetadata": {"ns": '{"entries": {"a": "b"}}'},
    "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
    "subnetworkProject": "p",
    "deletionPolicy": "DELETE",
    "region": "europe-west3",
}


def filled(name: str, prop: Property) -> Any:
    if name in VALUES:
        return VALUES[name]
    if prop.tree is not None:
        made = {n: filled(n, p) for n, p in prop.tree.items() if n not in LEFT_OUT}
        return [made] if prop.is_list else {"k": made} if prop.kind.startswith("{") else made
    value = {"s": "projects/p/x/y", "i": 7, "n": 0.5, "b": True, "a": "x"}[prop.kind[-1]]
    return [value] if prop.is_list else {"k": value} if prop.kind.startswith("{") else value


@cache
def schemas(document: str) -> Json:
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return json.loads((folder / f"{document}.json").read_text())["schemas"]  # type: ignore[no-any-return]


def unknown(known: Json, schema: Json, value: Any, path: str) -> Iterator[str]:
    """Paths that Google does not know, or whose value has another shape there."""
    schema = known[schema["$ref"]] if "$ref" in schema else schema
    if value is None or schema.get("type") == "any":
        return
    shape = {"array": list, "object": dict}.get(schema.get("type", ""))
    if isinstance(value, (list, dict)) != bool(shape) or (shape and not isinstance(value, shape)):
        yield f"{path} is {schema.get('type')}, not {value!r}"
    elif isinstance(value, list):
        for item in value:
            yield from unknown(known, schema["items"], item, path)
    elif isinstance(value, dict):
        for name, inner in value.items():
            found = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            where = f"{path}.{name}".lstrip(".")
            if found:
                yield from unknown(known, found, inner, where)
            elif "properties" in schema:
                yield where


def lost(given: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(found, dict):
        for name, value in given.items():
            if not name.endswith(WRITE_ONLY):
                yield from lost(value, found.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        for item, other in zip(given, found, strict=True):
            yield from lost(item, other, path)
    elif given != found and str(given) != str(found) and not reference(given, found):
        yield f"{path}: {given!r} came back as {found!r}"


def behaviour(token: str) -> Behaviour:
    endpoints = {api: f"http://127.0.0.1:1/{api}/" for api in ("compute", "dns", "certificateManager")}
    config = Config(endpoints, "p", "europe-west3", attribution=False)
    kind = kind_of(token)
    return (kind.behaviour or Behaviour)(kind, names_of(token), Client(config))


def sent(made: Any, values: Json) -> Json:
    if hasattr(made, "element"):
        return made.element(values, {})  # type: ignore[no-any-return]
    return made._record(values) if hasattr(made, "_record") else made.body(values)  # type: ignore[no-any-return]


@pytest.mark.parametrize("token", TYPES)
def test_goes_out_under_googles_name_and_comes_back(token: str) -> None:
    document, schema = TYPES[token]
    made = behaviour(token)
    inputs = {n: filled(n, p) for n, p in made.names.inputs.items() if n not in LEFT_OUT}
    body = sent(made, inputs)
    strange = set(unknown(schemas(document), {"$ref": schema}, body, ""))
    assert strange - NEWER_THAN_DISCOVERY - DEPRECATED == set()
    labels = {"labels": inputs["labels"]} if "labels" in inputs else {}
    assert list(lost(inputs, made.outputs({**labels, **body}, inputs), "")) == []
