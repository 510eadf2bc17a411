"""The provider's configuration: which addresses it may speak to."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from localcloud.plugin.values import UNKNOWN

ONLY = "this plugin speaks only to localcloud"
_SUFFIX = "CustomEndpoint"


class ConfigError(ValueError):
    """A configuration key that cannot be used; names the key, what was given and what is allowed."""

    def __init__(self, key: str, given: str, allowed: str) -> None:
        super().__init__(f"gcp:{key}: {given!r} is not allowed; {ONLY}; allowed: {allowed}")
        self.key = key
        self.given = given
        self.allowed = allowed


class MissingEndpoint(LookupError):
    def __init__(self, api: str) -> None:
        key = f"gcp:{api}{_SUFFIX}"
        super().__init__(f"{key} is not set: {ONLY}; set it to an address such as http://127.0.0.1:17006/v1/")
        self.key = key


@dataclass(frozen=True)
class Config:
    """What `Configure` was given."""

    endpoints: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    region: str = ""
    zone: str = ""
    token: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    attribution: bool = True

    def endpoint(self, api: str) -> str:
        if api not in self.endpoints:
            raise MissingEndpoint(api)
        return self.endpoints[api]


def read(values: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Config:
    values = {key: value for key, value in values.items() if value is not UNKNOWN}
    endpoints = {key.removesuffix(_SUFFIX): str(value) for key, value in values.items() if _is_endpoint(key)}
    for api, url in endpoints.items():
        require_loopback(f"{api}{_SUFFIX}", url)
    if not endpoints:
        raise ConfigError(
            "<service>CustomEndpoint", "", "at least one loopback address per Google API in use"
        )
    token = values.get("accessToken") or environ.get("GOOGLE_OAUTH_ACCESS_TOKEN", "")
    labels = _object(values.get("defaultLabels"))
    attribution = str(values.get("addPulumiAttributionLabel", "true")).lower() != "false"
    place = {key: str(values.get(key) or "") for key in ("project", "region", "zone")}
    return Config(endpoints=endpoints, token=token, labels=labels, attribution=attribution, **place)


def _object(value: Any) -> dict[str, str]:
    """Settings that are objects arrive as JSON text."""
    return dict(json.loads(value) if isinstance(value, str) and value else value or {})


def require_loopback(key: str, url: str) -> None:
    allowed = "http://<a loopback address such as 127.0.0.1>:<port>/…/, ending in a slash"
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.port is not None and _is_loopback(parts.hostname or "")
    except ValueError:
        usable = False
    if not usable or not re.fullmatch(r".*/[^/]+/", url):
        raise ConfigError(key, url, allowed)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_endpoint(key: str) -> bool:
    return key.endswith(_SUFFIX)
