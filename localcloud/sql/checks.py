"""What an instance must satisfy before it is made or changed."""

from __future__ import annotations

import re

from localcloud import cmek, projects
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.postgres.binaries import major
from localcloud.postgres.config import known_settings
from localcloud.sql.errors import invalid
from localcloud.sql.fleet import flags, service_agent

VERSIONS = tuple(f"POSTGRES_{number}" for number in range(14, 19))
_NAME = re.compile(r"[a-z][a-z0-9-]{0,96}[a-z0-9]|[a-z]")
_NETWORK = re.compile(r"projects/([^/]+)/global/networks/([^/]+)$")


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(f"instance name {name!r}: lowercase letters, digits and hyphens, first a letter.")


def check_instance(cloud: Cloud, project: str, body: Json) -> None:
    """Raise the refusal that Cloud SQL would give."""
    check_name(body.get("name", ""))
    if body.get("databaseVersion") not in VERSIONS:
        raise invalid(
            f"databaseVersion {body.get('databaseVersion')!r}; allowed here: {', '.join(VERSIONS)}."
        )
    check_flags(body)
    check_network(cloud, body)
    check_key(cloud, project, body)


def check_flags(body: Json) -> None:
    known = known_settings(major(body["databaseVersion"]))
    for name in flags(body):
        # A dotted name belongs to an extension; PostgreSQL keeps it without knowing it.
        if "." not in name and name not in known:
            raise invalid(f"database flag '{name}' is unknown to {body['databaseVersion']}.")


def check_network(cloud: Cloud, body: Json) -> None:
    ip = body["settings"].get("ipConfiguration", {})
    network = ip.get("privateNetwork")
    if not network:
        if not ip.get("ipv4Enabled") and not ip.get("pscConfig", {}).get("pscEnabled"):
            raise invalid("at least one of ipv4Enabled, privateNetwork or pscConfig must be set.")
        return
    match = _NETWORK.search(network)
    if match is None:
        raise invalid(f"privateNetwork {network!r}: expected projects/*/global/networks/*.")
    if not _connected(cloud, match[1], match[2]):
        raise ApiError(
            400,
            "Invalid request: Failed to create instance because the network doesn't have at least 1 private "
            f"services connection. Please create a connection for {network} and try again.",
            reason="networkNotPeered",
        )


def _connected(cloud: Cloud, project: str, network: str) -> bool:
    """Whether service networking has a connection with this network (named by project id or number)."""
    number = projects.number(cloud, project)
    wanted = {f"projects/{owner}/global/networks/{network}" for owner in (project, number)}
    for name in cloud.store.names("servicenetworking"):
        body = cloud.store.get("servicenetworking", name) or {}
        if str(body.get("network", "")).removeprefix("https://www.googleapis.com/compute/v1/") in wanted:
            return True
    return False


def check_key(cloud: Cloud, project: str, body: Json) -> None:
    key = body.get("diskEncryptionConfiguration", {}).get("kmsKeyName")
    if key:
        cmek.require_key(cloud, key, body["region"], service_agent(cloud, project))
