"""Address ranges and ports that a firewall rule may name: never everything, never SSH or RDP.

Checks 42 and 47.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from infra.errors import ConfigError

WIDEST = {4: 8, 6: 24}
"""Shortest prefix of a named range, by IP version: 0.0.0.0/1 twice is 0.0.0.0/0."""
ADMINISTRATION = {22: "SSH", 3389: "RDP"}
"""Ports of remote administration: no rule opens them, from anywhere."""

PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Ranges that Cloud NAT never carries: they are reached by VPN, Interconnect or within the network."""


def require_range(key: str, given: str) -> str:
    """The range as given, or a ConfigError: a network address with a prefix no shorter than `WIDEST`."""
    allowed = (
        f"a network such as 198.51.100.0/24, prefix /{WIDEST[4]} (IPv4) or /{WIDEST[6]} (IPv6) or longer"
    )
    try:
        network = ipaddress.ip_network(given)
    except ValueError:
        raise ConfigError(key, given, allowed) from None
    if network.prefixlen < WIDEST[network.version]:
        raise ConfigError(key, given, allowed)
    return given


def require_ranges(key: str, given: Sequence[str]) -> None:
    """At least one range, each allowed and none twice."""
    if not given:
        raise ConfigError(key, None, "at least one range")
    for each in given:
        require_range(key, each)
    if len(set(given)) < len(given):
        raise ConfigError(key, list(given), "each range once")


def require_port(key: str, given: str) -> None:
    """`443` or `8000-8010`; a ConfigError where that holds port 22 or 3389."""
    allowed = "a port or a range of ports from 1 to 65535 without 22 (SSH) and 3389 (RDP)"
    first, _, last = given.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise ConfigError(key, given, allowed)
    low, high = int(first), int(last or first)
    if not 1 <= low <= high <= 65535 or any(low <= port <= high for port in ADMINISTRATION):
        raise ConfigError(key, given, allowed)


def is_public(given: str) -> bool:
    """Whether the way there leads over the internet and so through Cloud NAT."""
    network = ipaddress.ip_network(given)
    return not any(
        network.version == private.version and network.subnet_of(private)  # type: ignore[arg-type]
        for private in PRIVATE
    )
