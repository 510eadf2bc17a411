"""Compute Engine: what Google computes of network and load-balancing resources (no virtual machines).

https://cloud.google.com/compute/docs/reference/rest/beta
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Any

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.network import add_default_route
from localcloud.registry import computed

_TLS13_FEATURES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
_TLS_FEATURES = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
]


def defaults(body: Json, **values: Any) -> None:
    """Set what was not sent."""
    for key, value in values.items():
        if body.get(key) is None:
            body[key] = value


def required(body: Json, name: str, path: str = "") -> Any:
    """A field that a request cannot do without."""
    value = body.get(name)
    if value in (None, "", {}, []):
        raise ApiError(400, f"Required field 'resource.{path}{name}' not specified", reason="required")
    return value


def stored(cloud: Cloud, link: Any) -> Json | None:
    """The resource that a link of whatever form names."""
    path = str(link or "").partition("projects/")[2]
    return cloud.store.get("compute", f"projects/{path}") if path else None


@computed("compute.networks")
def network(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, mtu=1460, networkFirewallPolicyEnforcementOrder="AFTER_CLASSIC_FIREWALL")
    routing = body.setdefault("routingConfig", {})
    defaults(routing, routingMode="REGIONAL", bgpBestPathSelectionMode="LEGACY")
    if new:
        add_default_route(cloud, name, body)


@computed("compute.subnetworks")
def subnetwork(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(
        body,
        privateIpv6GoogleAccess="DISABLE_GOOGLE_ACCESS",
        purpose="PRIVATE",
        stackType="IPV4_ONLY",
        privateIpGoogleAccess=False,
    )
    body["gatewayAddress"] = str(next(_range(body.get("ipCidrRange")).hosts()))


def _range(text: Any) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(str(text))
    except ValueError as error:
        raise ApiError(
            400, f"Invalid value for field 'resource.ipCidrRange': '{text}'. {error}.", reason="invalid"
        ) from None


@computed("compute.addresses", "compute.globalAddresses")
def address(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, addressType="EXTERNAL", status="RESERVED")
    if body["addressType"] == "EXTERNAL":
        defaults(body, networkTier="PREMIUM")
    if not new or body.get("address"):
        return
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    if body.get("purpose") == "VPC_PEERING":
        length = int(body.get("prefixLength") or 20)
        body["address"] = str(
            ipaddress.ip_network((0x0A400000 | number & 0x003FFFFF, length), strict=False)[0]
        )
    elif body["addressType"] == "INTERNAL":
        body["address"] = f"10.{128 + number % 64}.{number >> 8 & 255}.{2 + (number >> 16) % 250}"
    else:
        # A documentation range (RFC 5737): no packet to it ever leaves for a real host.
        body["address"] = f"203.0.113.{1 + number % 254}"


@computed("compute.firewalls")
def firewall(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, direction="INGRESS", priority=1000, disabled=False, logConfig={"enable": False})
    if body["direction"] == "INGRESS" and not any(
        body.get(k) for k in ("sourceRanges", "sourceTags", "sourceServiceAccounts")
    ):
        body["sourceRanges"] = ["0.0.0.0/0"]
    if body["direction"] == "EGRESS":
        defaults(body, destinationRanges=["0.0.0.0/0"])


@computed("compute.routes")
def route(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, priority=1000)


@computed("compute.sslPolicies", "compute.regionSslPolicies")
def ssl_policy(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, profile="COMPATIBLE", minTlsVersion="TLS_1_0")
    if body["minTlsVersion"] == "TLS_1_3" and body["profile"] != "RESTRICTED":
        raise ApiError(
            400,
            f"Invalid value for field 'resource.profile': '{body['profile']}'. "
            "TLS_1_3 needs the profile RESTRICTED.",
            reason="invalid",
        )
    if body["profile"] == "CUSTOM":
        body["enabledFeatures"] = sorted(body.get("customFeatures") or [])
    else:
        body["enabledFeatures"] = _TLS13_FEATURES if body["minTlsVersion"] == "TLS_1_3" else _TLS_FEATURES


@computed("compute.securityPolicies", "compute.regionSecurityPolicies")
def security_policy(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, type="CLOUD_ARMOR")
    rules = body.setdefault("rules", [])
    if not any(rule.get("priority") == 2147483647 for rule in rules):
        rules.append(
            {
                "kind": "compute#securityPolicyRule",
                "priority": 2147483647,
                "action": "allow",
                "preview": False,
                "description": "default rule",
                "match": {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}},
            }
        )


@computed("compute.backendServices", "compute.regionBackendServices")
def backend_service(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(
        body,
        protocol="HTTP",
        timeoutSec=30,
        sessionAffinity="NONE",
        loadBalancingScheme="EXTERNAL",
        connectionDraining={"drainingTimeoutSec": 0},
    )
    if body["protocol"] in ("HTTP", "HTTPS", "HTTP2"):
        defaults(body, portName="http", port=80)
    if secret := (body.get("iap") or {}).pop("oauth2ClientSecret", None):
        body["iap"]["oauth2ClientSecretSha256"] = hashlib.sha256(secret.encode()).hexdigest()


@computed("compute.backendBuckets")
def backend_bucket(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, enableCdn=False)


@computed("compute.healthChecks", "compute.regionHealthChecks")
def health_check(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    kind = str(required(body, "type"))
    block, port = _CHECKS.get(kind, ("", 0))
    if not block:
        raise ApiError(400, f"Invalid value for field 'resource.type': '{kind}'.", reason="invalid")
    defaults(body, checkIntervalSec=5, timeoutSec=5, healthyThreshold=2, unhealthyThreshold=2)
    if body["timeoutSec"] > body["checkIntervalSec"]:
        raise ApiError(
            400,
            f"Invalid value for field 'resource.timeoutSec': '{body['timeoutSec']}'. "
            "It is greater than checkIntervalSec.",
            reason="invalid",
        )
    check = body.setdefault(block, {})
    if port and not any(check.get(each) for each in ("port", "portName", "portSpecification")):
        check["port"] = port
    if kind.startswith("HTTP"):
        defaults(check, requestPath="/")
    if not kind.startswith("GRPC"):
        defaults(check, proxyHeader="NONE")


_CHECKS = {
    "HTTP": ("httpHealthCheck", 80),
    "HTTPS": ("httpsHealthCheck", 443),
    "HTTP2": ("http2HealthCheck", 443),
    "TCP": ("tcpHealthCheck", 80),
    "SSL": ("sslHealthCheck", 443),
    "GRPC": ("grpcHealthCheck", 0),
    "GRPC_WITH_TLS": ("grpcTlsHealthCheck", 0),
}


@computed("compute.targetHttpsProxies", "compute.regionTargetHttpsProxies")
def https_proxy(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, quicOverride="NONE")


@computed("compute.globalForwardingRules", "compute.forwardingRules")
def forwarding_rule(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, IPProtocol="TCP", loadBalancingScheme="EXTERNAL", networkTier="PREMIUM")
    if reserved := _reserved(cloud, name, str(body.get("IPAddress") or "")):
        body["IPAddress"] = reserved["address"]
    if not body.get("IPAddress"):
        body["IPAddress"] = _rule_address(name, body)
    if body.get("serviceLabel"):
        project, region = name.split("/")[1], name.split("/")[3]
        body["serviceName"] = f"{body['serviceLabel']}.{body['name']}.il4.{region}.lb.{project}.internal"
    if "/serviceAttachments/" in str(body.get("target")):
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
        defaults(body, pscConnectionId=str(number), pscConnectionStatus="ACCEPTED")


def _reserved(cloud: Cloud, name: str, given: str) -> Json | None:
    """The address that a rule names, by link, by part of one, or by name alone."""
    if "projects/" in given:
        return stored(cloud, given)
    if not re.match(r"[a-z]", given):
        return None
    scope = name.rpartition("/forwardingRules/")[0]
    path = f"{'/'.join(name.split('/')[:2])}/{given}" if "/" in given else f"{scope}/addresses/{given}"
    return cloud.store.get("compute", path)


def _rule_address(name: str, body: Json) -> str:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    if str(body["loadBalancingScheme"]).startswith("INTERNAL"):
        return f"10.{128 + number % 64}.{number >> 8 & 255}.{2 + (number >> 16) % 250}"
    return f"203.0.113.{1 + number % 254}"


@computed("compute.sslCertificates", "compute.regionSslCertificates")
def certificate(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    body.pop("privateKey", None)
    defaults(body, type="SELF_MANAGED")
    if body["type"] == "MANAGED":
        managed = body.setdefault("managed", {})
        managed["status"] = "ACTIVE"
