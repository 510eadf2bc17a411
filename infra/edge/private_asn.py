"""BGP numbers for a Cloud Router. https://cloud.google.com/network-connectivity/docs/router/concepts/overview"""

from __future__ import annotations

from infra.errors import ConfigError

PARTNER = 16550
"""What Partner Interconnect requires, and nothing else may use."""


def require_asn(key: str, given: int) -> int:
    """A private one (RFC 6996), of 16 or 32 bits."""
    if not (64512 <= given <= 65534 or 4200000000 <= given <= 4294967294):
        raise ConfigError(key, given, "64512 to 65534 or 4200000000 to 4294967294")
    return given
