"""Hospitals' lines to declare components with."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.edge.vpn import VpnArgs
from tests.infra.sites import SITE


def secret(value: str) -> pulumi.Output[str]:
    """Made where the test runs: an output belongs to the loop that it was made in."""
    return pulumi.Output.secret(value)


def vpn(hospital: str, **changes: Any) -> VpnArgs:
    given: dict[str, Any] = {
        "site": SITE,
        "network": "cell",
        "hospital": hospital,
        "peers": ("198.51.100.7", "198.51.100.8"),
        "peer_asn": 65010,
        "secrets": (secret("first"), secret("second")),
        "links": ("169.254.10.0/30", "169.254.10.4/30"),
        "advertised": ("10.11.0.0/24",),
        "accepted": ("10.80.0.0/16",),
    }
    return VpnArgs(**{**given, **changes})
