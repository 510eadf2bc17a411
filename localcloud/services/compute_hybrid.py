"""Compute Engine: what Google computes of routers, VPN and VLAN attachments. No packet ever flows.

https://cloud.google.com/network-connectivity/docs
"""

from __future__ import annotations

import hashlib
import ipaddress

from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.registry import computed
from localcloud.services.compute import defaults, required, stored

_VPN_STATUS = "Tunnel is up and running."


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def _documentation_ip(name: str) -> str:
    """RFC 5737: no packet to it ever leaves for a real host."""
    return f"198.51.100.{1 + _number(name) % 254}"


def _link_local(name: str, length: int) -> ipaddress.IPv4Network:
    """A link-local network (RFC 3927) of its own for each name."""
    address = 0xA9FE0100 | (_number(name) & 0xFFFF)
    return ipaddress.IPv4Network((max(address, 0xA9FE0100) & 0xA9FEFFFF, length), strict=False)


@computed("compute.vpnGateways")
def vpn_gateway(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    required(body, "network")
    defaults(body, stackType="IPV4_ONLY", gatewayIpVersion="IPV4")
    interfaces = body.get("vpnInterfaces") or [{}, {}]
    for n, interface in enumerate(interfaces):
        defaults(interface, id=n)
        if not interface.get("interconnectAttachment"):
            defaults(interface, ipAddress=_documentation_ip(f"{name}/{n}"))
    body["vpnInterfaces"] = interfaces


@computed("compute.externalVpnGateways")
def external_gateway(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    wanted = _REDUNDANCY.get(str(body.get("redundancyType")))
    found = len(body.get("interfaces") or [])
    if wanted is not None and found != wanted:
        raise ApiError(
            400,
            f"Invalid value for field 'resource.interfaces': {body['redundancyType']} needs {wanted} "
            f"interfaces, not {found}.",
            reason="invalid",
        )


_REDUNDANCY = {"SINGLE_IP_INTERNALLY_REDUNDANT": 1, "TWO_IPS_REDUNDANCY": 2, "FOUR_IPS_REDUNDANCY": 4}


@computed("compute.vpnTunnels")
def vpn_tunnel(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    """The shared secret is kept by nobody; only its digest is shown."""
    if not new:
        return
    required(body, "sharedSecret")
    if not body.get("vpnGateway") and not body.get("targetVpnGateway"):
        raise ApiError(400, "Required field 'resource.vpnGateway' not specified", reason="required")
    digest = hashlib.sha256(body["sharedSecret"].encode()).hexdigest()[:28]
    body |= {"sharedSecret": "*************", "sharedSecretHash": digest}
    defaults(body, ikeVersion=2, status="ESTABLISHED", detailedStatus=_VPN_STATUS)
    if peer := _peer_ip(cloud, body):
        defaults(body, peerIp=peer)
    if body.get("vpnGateway"):
        defaults(body, localTrafficSelector=["0.0.0.0/0"], remoteTrafficSelector=["0.0.0.0/0"])


def _peer_ip(cloud: Cloud, body: Json) -> str | None:
    if gateway := stored(cloud, body.get("peerExternalGateway")):
        wanted = body.get("peerExternalGatewayInterface") or 0
        found = [i for i in gateway.get("interfaces", []) if i.get("id", 0) == wanted]
        return found[0].get("ipAddress") if found else None
    if gateway := stored(cloud, body.get("peerGcpGateway")):
        found = [i for i in gateway["vpnInterfaces"] if i.get("id", 0) == body.get("vpnGatewayInterface", 0)]
        return found[0].get("ipAddress") if found else None
    return None


@computed("compute.routers")
def router(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    interfaces = {each.get("name"): each for each in body.get("interfaces") or []}
    for interface in interfaces.values():
        _interface(name, interface)
    for peer in body.get("bgpPeers") or []:
        _peer(name, peer, interfaces)


def _interface(router: str, interface: Json) -> None:
    defaults(interface, managementType="MANAGED_BY_USER", ipVersion="IPV4")
    if not interface.get("ipRange") and not interface.get("subnetwork"):
        network = _link_local(f"{router}/{interface.get('name')}", 30)
        interface["ipRange"] = f"{network[1]}/{network.prefixlen}"


def _peer(router: str, peer: Json, interfaces: dict[str | None, Json]) -> None:
    interface = interfaces.get(peer.get("interfaceName"))
    if interface is None:
        raise ApiError(
            400,
            f"Invalid value for field 'resource.bgpPeers.interfaceName': '{peer.get('interfaceName')}'. "
            f"The router has no such interface.",
            reason="invalid",
        )
    defaults(peer, managementType="MANAGED_BY_USER", advertiseMode="DEFAULT", enable="TRUE", enableIpv6=False)
    defaults(
        peer,
        bfd={
            "sessionInitializationMode": "DISABLED",
            "minReceiveInterval": 1000,
            "minTransmitInterval": 1000,
            "multiplier": 5,
        },
    )
    if interface.get("ipRange"):
        own = ipaddress.IPv4Interface(interface["ipRange"])
        other = next((host for host in own.network.hosts() if host != own.ip), own.ip)
        defaults(peer, ipAddress=str(own.ip), peerIpAddress=str(other))


@computed("compute.interconnectAttachments")
def attachment(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    """As if the partner or the cross-connect were there."""
    required(body, "router")
    defaults(body, type="DEDICATED", adminEnabled=True, stackType="IPV4_ONLY", mtu=1440, encryption="NONE")
    dedicated = body["type"] == "DEDICATED"
    if dedicated:
        required(body, "interconnect")
        defaults(body, bandwidth="BPS_10G", vlanTag8021q=2 + _number(name) % 4093)
        body["privateInterconnectInfo"] = {"tag8021q": body["vlanTag8021q"]}
        network = _link_local(name, int(body.get("subnetLength") or 29))
        defaults(
            body,
            cloudRouterIpAddress=f"{network[1]}/{network.prefixlen}",
            customerRouterIpAddress=f"{network[2]}/{network.prefixlen}",
        )
    else:
        domain = {"AVAILABILITY_DOMAIN_1": "1", "AVAILABILITY_DOMAIN_2": "2"}
        defaults(body, edgeAvailabilityDomain="AVAILABILITY_DOMAIN_ANY")
        key = hashlib.sha256(name.encode()).hexdigest()[:32]
        region = name.split("/")[3]
        defaults(body, pairingKey=f"{key}/{region}/{domain.get(body['edgeAvailabilityDomain'], 'any')}")
    defaults(
        body,
        state="ACTIVE" if dedicated else "PENDING_PARTNER",
        operationalStatus="OS_ACTIVE" if dedicated else "OS_UNPROVISIONED",
        googleReferenceId=hashlib.sha256(name.encode()).hexdigest()[:16],
    )
