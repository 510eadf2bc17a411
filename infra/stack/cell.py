"""Once a site: what its tenants share. The first site of a cell also makes the projects and the network."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pulumi

from infra.audit.bucket import AuditBucket, AuditBucketArgs
from infra.audit.project import ProjectAudit, ProjectAuditArgs
from infra.config import CellConfig
from infra.registry.registry import Registry, RegistryArgs
from infra.site import Site
from infra.stack import cell_first, cell_second
from infra.stack.cell_databases import Databases
from infra.stack.cell_keys import Keys
from infra.stack.cell_watch import watch
from infra.stack.housing import Housing
from infra.stack.upstream import Upstream


def build(config: CellConfig) -> dict[str, Any]:
    first = Upstream(config.paired_stack) if config.paired_stack else None
    housing = cell_second.build(config, first) if first else cell_first.build(config)
    site = Site(
        housing.home.project, config.region, config.jurisdiction, config.protected, {"cell": config.site}
    )
    keys = Keys(config, site, housing)
    databases = Databases(config, site, housing, keys, first)
    registry = _registry(site, housing, keys)
    bucket = _audit(config, site, housing, keys)
    channels = watch(config, housing, bucket)
    edge = _optional(config.domain, "cell_edge", config, site, housing, keys, first)
    _optional(config.cache, "cell_cache", config, site, housing, keys)
    _optional(config.delivery, "cell_delivery", config, site, housing, keys, registry)
    return {
        "site": config.site,
        "region": config.region,
        "locations": list(config.locations),
        "jurisdiction": config.jurisdiction.name,
        "profile": config.profile.name,
        "project": housing.home.project,
        "projects": {
            name: {"project": each.project, "number": each.number, "agents": dict(each.agents)}
            for name, each in housing.projects.items()
        },
        "network": housing.network,
        "subnetwork": housing.subnetwork,
        "keys": {name: key.id for name, key in keys.ring.keys.items()},
        "keyBackend": keys.backend,
        "image": pulumi.Output.concat(registry.prefix, "/runtime"),
        "sqlAdministrator": {"email": housing.administrator.email, "user": housing.administrator.user},
        "pooled": databases.pooled,
        "auditDatabase": databases.audit,
        "admission": first.output("admission") if first else config.delivery is not None,
        "perimeter": housing.perimeter,
        "channels": list(channels),
        "edge": edge,
        "roles": Upstream(config.organization_stack).output("roles"),
    }


def _optional(wanted: object, module: str, *arguments: Any) -> Any:
    """Loading the SDK's resource classes takes time: only those that the configuration asks for."""
    return import_module(f"infra.stack.{module}").build(*arguments) if wanted else None


def _registry(site: Site, housing: Housing, keys: Keys) -> Registry:
    readers = {name: each.agents["run"] for name, each in housing.projects.items()}
    return Registry(
        "registry", RegistryArgs(site, "careplane", keys.ring.keys["data"].id, readers, keys.granted("data"))
    )


def _audit(config: CellConfig, site: Site, housing: Housing, keys: Keys) -> AuditBucket:
    """The second site has a bucket of its own, so that the trail survives the loss of the first."""
    bucket = AuditBucket(
        "audit",
        AuditBucketArgs(site, keys.ring.keys["audit"].id, config.audit_locked, keys.granted("audit")),
    )
    for name, each in housing.projects.items():
        ProjectAudit(
            f"audit-{name}",
            ProjectAuditArgs(
                each.project,
                bucket.id,
                housing.home.project,
                tuple(each.ready),
                sink=f"audit-{config.site}" if config.paired_stack else "audit",
                configures=not config.paired_stack,
            ),
        )
    return bucket
