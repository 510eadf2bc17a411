"""Cloud VPN: https://cloud.google.com/network-connectivity/docs/vpn"""

from __future__ import annotations

from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved
from localcloud.plugin.types.compute.base import (
    GLOBAL,
    NAMED,
    NETWORK,
    REGION,
    Regional,
    Settable,
    absolute,
    given,
    linked,
)


class ExternalVpnGateway(Settable):
    pass


class HaVpnGateway(Settable, Regional):
    pass


class VpnTunnel(Settable, Regional):
    """Only its labels can change."""

    references = (
        ("vpnGateway", REGION + "/vpnGateways"),
        ("targetVpnGateway", REGION + "/targetVpnGateways"),
        ("peerGcpGateway", REGION + "/vpnGateways"),
        ("peerExternalGateway", GLOBAL + "/externalVpnGateways"),
        ("router", REGION + "/routers"),
    )

    def body(self, values: Json) -> Json | None:
        body: Json = super().body(values) or {}
        if body.get("router"):
            body["router"] = absolute(self, body["router"], values)
        return {**body, **given(values, "vpnGatewayInterface", "peerExternalGatewayInterface")}


KINDS = (
    Kind(
        token="gcp:compute/haVpnGateway:HaVpnGateway",
        api="compute",
        path=f"{REGION}/vpnGateways/{{name}}",
        behaviour=HaVpnGateway,
        set_labels=True,
        mask=False,
        defaults={"gatewayIpVersion": "IPV4", "stackType": "IPV4_ONLY"},
        fields={**NAMED, **NETWORK, "params": Field(update=False, written=True)},
        replace=frozenset(
            {"description", "gatewayIpVersion", "network", "params", "stackType", "vpnInterfaces"}
        ),
        computed=frozenset({"vpnInterfaces"}),
        equal=linked("network", "vpnInterfaces.interconnectAttachment"),
    ),
    Kind(
        token="gcp:compute/externalVpnGateway:ExternalVpnGateway",
        api="compute",
        path=f"{GLOBAL}/externalVpnGateways/{{name}}",
        behaviour=ExternalVpnGateway,
        set_labels=True,
        mask=False,
        fields={
            **NAMED,
            "interfaces.id": always(0),
            "params": Field(update=False, written=True),
        },
        replace=frozenset({"description", "interfaces", "params", "redundancyType"}),
    ),
    Kind(
        token="gcp:compute/vPNTunnel:VPNTunnel",
        api="compute",
        path=f"{REGION}/vpnTunnels/{{name}}",
        behaviour=VpnTunnel,
        set_labels=True,
        mask=False,
        defaults={"ikeVersion": 2},
        fields={
            **NAMED,
            "cipherSuite.phase1.prves": moved("prf"),
            "params": Field(update=False, written=True),
            "sharedSecret": Field(written=True),
            "sharedSecretWo": moved("sharedSecret", decode=lambda value: None),
            "sharedSecretWoVersion": local(),
            "tunnelId": moved("id"),
        },
        replace=frozenset(
            {
                "cipherSuite",
                "description",
                "ikeVersion",
                "localTrafficSelectors",
                "params",
                "peerExternalGateway",
                "peerExternalGatewayInterface",
                "peerGcpGateway",
                "peerIp",
                "remoteTrafficSelectors",
                "router",
                "sharedSecret",
                "sharedSecretWoVersion",
                "targetVpnGateway",
                "vpnGateway",
                "vpnGatewayInterface",
            }
        ),
        computed=frozenset({"peerIp", "localTrafficSelectors", "remoteTrafficSelectors"}),
        equal={
            **linked("peerExternalGateway", "peerGcpGateway", "router", "targetVpnGateway", "vpnGateway"),
            "localTrafficSelectors": as_set,
            "remoteTrafficSelectors": as_set,
        },
    ),
)
