"""Domain names and host labels that certificates, DNS and URL masks can carry (RFC 1035)."""

from __future__ import annotations

import re

from infra.errors import ConfigError

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+[a-z]([-a-z0-9]{{0,61}}[a-z0-9])")
_HOST = re.compile(_LABEL)
_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def require_domain(given: str) -> str:
    """A registered name without scheme, wildcard or trailing dot: `eu.careplane.example`."""
    if len(given) > 253 or not _DOMAIN.fullmatch(given):
        raise ConfigError("domain", given, "a domain name such as eu.careplane.example, in lower case")
    return given


def require_host(key: str, given: str) -> str:
    """One label below the domain: the tenant's name."""
    if not _HOST.fullmatch(given):
        raise ConfigError(key, given, "one label of a host name: lower-case letters, digits and hyphens")
    return given


def require_name(key: str, given: str) -> str:
    """A name that Compute Engine takes for a resource."""
    if not _SERVICE.fullmatch(given):
        raise ConfigError(key, given, "lower-case letters, digits and hyphens, beginning with a letter")
    return given
