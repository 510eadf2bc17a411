"""Once a customer and site: keys, stores, topics, bucket, secret, database, identity, service."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.config import TenantConfig
from infra.secrets.secret import Secret, SecretArgs
from infra.site import Site
from infra.stack import tenant_private, tenant_stores
from infra.stack.home import CELL, Home
from infra.stack.tenant_database import instance
from infra.stack.tenant_identity import Identity, identity
from infra.stack.tenant_keys import Keys, keys
from infra.stack.tenant_messages import Messages
from infra.stack.tenant_watch import watch
from infra.stack.tenant_workloads import Workloads
from infra.stack.upstream import Upstream
from infra.storage.bucket import Bucket, BucketArgs, DualRegion


def build(config: TenantConfig) -> dict[str, Any]:
    """A second site's stack stands beside the first one's, whose identity, documents and secret it shares."""
    name = config.tenant
    home = Home(config.cell_stack, name if config.placement == "dedicated" else CELL)
    first = Upstream(config.recovers_from) if config.recovers_from else None
    site = Site(config.project, config.region, config.jurisdiction, config.protected, {"tenant": name})
    own = identity(config, first)
    found = keys(config, site, home, own, first)
    messages = Messages(config, site, home, found.clinical, own.member, found.ready)
    documents, secret, kept = _kept(config, site, own, found, first)
    database = instance(config, site, home, found, own, first)
    stores = (
        tenant_private.stores(config, site, home, own, messages, database)
        if config.profile.fhir == "runtime"
        else tenant_stores.stores(
            config, site, home, own, found, messages, _tables(config, site, home, found)
        )
    )
    workloads = Workloads(
        config,
        site,
        home,
        own,
        database,
        found.clinical,
        {
            "CAREPLANE_BLIND_INDEX_SECRET": secret,
            **stores.environment,
            **found.environment,
            **messages.environment,
        },
        (*found.ready, *stores.ready, *kept, *messages.ready),
    )
    watch(config)
    base = f"https://{name}.{config.domain}" if config.domain else workloads.uri
    return {
        "tenant": name,
        "project": config.project,
        "placement": config.placement,
        "baseUrl": base,
        "fhirUrl": pulumi.Output.concat(base, "/fhir"),
        "tokenUrl": pulumi.Output.concat(base, "/auth/token"),
        "serviceUrl": workloads.uri,
        "fhirStore": stores.fhir,
        "hl7v2Store": stores.feeds,
        "auditStore": stores.audit,
        "sqlInstance": database.name,
        "database": database.database,
        "topics": messages.topics,
        "bucket": documents,
        "secret": secret,
        "keys": found.named,
        "serviceAccount": own.email,
        "profile": config.profile.name,
        "jurisdiction": config.jurisdiction.name,
        "locations": [config.region, *([config.paired_region] if config.recoverable else [])],
        "site": home.text("site"),
        "active": config.active,
        "minInstances": config.min_instances,
        "jobs": workloads.jobs,
    }


_Kept = tuple[pulumi.Output[str], pulumi.Output[str], tuple[pulumi.Resource, ...]]


def _kept(config: TenantConfig, site: Site, own: Identity, found: Keys, first: Upstream | None) -> _Kept:
    """Documents and the secret of the blind index: one of each a tenant, in both regions where it has two."""
    if first is not None:
        return first.text("bucket"), first.text("secret"), ()
    partner = config.paired_region if config.recoverable else None
    bucket = Bucket(
        "documents",
        BucketArgs(
            site,
            f"{config.project}-{config.tenant}-documents",
            found.documents,
            {"runtime": own.member},
            found.ready,
            dual_region=DualRegion(partner) if partner else None,
            read_only=config.read_only,
        ),
    )
    secret = Secret(
        "blind-index",
        SecretArgs(
            site,
            f"{config.tenant}-blind-index",
            found.clinical,
            own.member,
            found.ready,
            {partner: found.secrets} if partner and found.secrets is not None else {},
        ),
    )
    return bucket.name, secret.id, (bucket, secret)


def _tables(config: TenantConfig, site: Site, home: Home, found: Keys) -> pulumi.Output[str] | None:
    """Where records are streamed to for analysis, where the tenant has asked for it."""
    if not config.analytics:
        return None
    from infra.stack.tenant_analytics import tables

    return tables(config, site, home, found)
