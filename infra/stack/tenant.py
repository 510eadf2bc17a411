"""Once a customer and site: keys, stores, topics, bucket, secret, database, identity, service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import healthcare

from infra.config import TenantConfig
from infra.healthcare.dataset import Dataset, DatasetArgs
from infra.identity.account import Account, AccountArgs
from infra.kms.grants import SIGN, VIEW, GrantArgs, KeyGrants
from infra.kms.ring import Ring, RingArgs
from infra.monitoring.dead_letters import DeadLetterAlert, DeadLetterAlertArgs
from infra.secrets.secret import Secret, SecretArgs
from infra.site import Site
from infra.stack.home import CELL, Home
from infra.stack.tenant_database import instance
from infra.stack.tenant_messages import Messages
from infra.stack.tenant_workloads import Workloads
from infra.storage.bucket import Bucket, BucketArgs

ROLES = ("roles/cloudsql.instanceUser", "roles/logging.logWriter")


def build(config: TenantConfig) -> dict[str, Any]:
    name, dedicated = config.tenant, config.placement == "dedicated"
    home = Home(config.cell_stack, name if dedicated else CELL)
    site = Site(config.project, config.region, config.jurisdiction, config.protected, {"tenant": name})
    account = Account("runtime", AccountArgs(config.project, f"tenant-{name}", f"Runtime of {name}", ROLES))
    keys = _keys(config, site, home, account, dedicated)
    messages = Messages(site, name, home, keys.clinical, account.member, keys.ready)
    stores = _stores(config, site, home, account, keys, messages)
    bucket = Bucket(
        "documents",
        BucketArgs(
            site, f"{config.project}-{name}-documents", keys.clinical, {"runtime": account.member}, keys.ready
        ),
    )
    secret = Secret(
        "blind-index", SecretArgs(site, f"{name}-blind-index", keys.clinical, account.member, keys.ready)
    )
    database = instance(config, site, home, keys.clinical, account, keys.ready)
    workloads = Workloads(
        config,
        site,
        home,
        account,
        database,
        keys.clinical,
        {
            "CAREPLANE_AUDIT_STORE": stores.audit.fhir.id,
            "CAREPLANE_BLIND_INDEX_SECRET": secret.id,
            "CAREPLANE_FHIR_STORE": stores.fhir,
            **keys.environment,
            **messages.environment,
        },
        (*keys.ready, *stores.ready, bucket, secret, *messages.ready),
    )
    for collector in ("dead-letters", "audit-dead-letters"):
        DeadLetterAlert(collector, DeadLetterAlertArgs(config.project, f"{name}-{collector}"))
    base = f"https://{name}.{config.domain}" if config.domain else workloads.uri
    return {
        "tenant": name,
        "project": config.project,
        "placement": config.placement,
        "baseUrl": base,
        "fhirUrl": pulumi.Output.concat(base, "/fhir"),
        "tokenUrl": pulumi.Output.concat(base, "/auth/token"),
        "fhirStore": stores.fhir,
        "hl7v2Store": stores.feeds,
        "auditStore": stores.audit.fhir.id,
        "sqlInstance": database.name,
        "database": database.database,
        "topics": messages.topics,
        "bucket": bucket.name,
        "secret": secret.id,
        "keys": {key: resource.id for key, resource in keys.ring.keys.items()},
        "serviceAccount": account.email,
        "profile": config.profile.name,
        "jurisdiction": config.jurisdiction.name,
        "locations": [config.region],
        "site": home.text("site"),
        "active": config.active,
        "jobs": workloads.jobs,
    }


@dataclass(frozen=True)
class Keys:
    """`ready`: the grants without which Google refuses to create what the keys protect."""

    ring: Ring
    ready: tuple[pulumi.Resource, ...]

    @property
    def clinical(self) -> pulumi.Output[str]:
        return self.ring.keys["clinical"].id

    @property
    def environment(self) -> dict[str, pulumi.Input[str]]:
        return {
            "CAREPLANE_FIELD_KEY": self.ring.keys["fields"].id,
            "CAREPLANE_TOKEN_KEY": self.ring.keys["token"].id,
        }


def _keys(config: TenantConfig, site: Site, home: Home, account: Account, dedicated: bool) -> Keys:
    ring = Ring(
        "keys",
        RingArgs(
            site,
            config.tenant,
            {"clinical": "ENCRYPT_DECRYPT", "fields": "ENCRYPT_DECRYPT", "token": "ASYMMETRIC_SIGN"},
            config.profile.protection_level,
        ),
    )
    services = [
        "healthcare",
        "pubsub",
        "run",
        "secretmanager",
        "storage",
        *(["sqladmin"] if dedicated else []),
    ]
    runtime = {"runtime": account.member}
    clinical = KeyGrants(
        "clinical", GrantArgs(ring.keys["clinical"].id, {name: home.agent(name) for name in services})
    )
    own = (
        KeyGrants("fields", GrantArgs(ring.keys["fields"].id, runtime)),
        KeyGrants("token-sign", GrantArgs(ring.keys["token"].id, runtime, SIGN)),
        KeyGrants("token-view", GrantArgs(ring.keys["token"].id, runtime, VIEW)),
    )
    return Keys(ring, tuple(grant for grants in (clinical, *own) for grant in grants.grants.values()))


@dataclass(frozen=True)
class Stores:
    """`fhir` and `feeds` by full name; empty where the runtime's own store serves (profile `private`)."""

    audit: Dataset
    fhir: pulumi.Input[str]
    feeds: pulumi.Input[str]
    ready: tuple[pulumi.Resource, ...]


def _stores(
    config: TenantConfig, site: Site, home: Home, account: Account, keys: Keys, messages: Messages
) -> Stores:
    """The audit store lies in the cell's project under the cell's key, apart from the tenant's own data."""
    shared = Site(home.text("project"), site.region, site.jurisdiction, site.protected, site.labels)
    audit = Dataset(
        "audit",
        DatasetArgs(shared, f"{config.tenant}-audit", home.part("keys", "audit"), "audit", retained=True),
    )
    writer = _store_grant("audit-writer", audit, home.part("roles", "careplane_audit_writer"), account)
    if config.profile.fhir == "runtime":
        return Stores(audit, "", "", (writer,))
    records = Dataset(
        "records",
        DatasetArgs(
            site,
            config.tenant,
            keys.clinical,
            "ehr",
            messages.changes,
            "feeds",
            depends_on=(*keys.ready, *messages.ready),
        ),
    )
    editor = _store_grant("records-editor", records, "roles/healthcare.fhirResourceEditor", account)
    assert records.hl7
    return Stores(audit, records.fhir.id, records.hl7.id, (writer, editor))


def _store_grant(
    name: str, dataset: Dataset, role: pulumi.Input[str], account: Account
) -> healthcare.FhirStoreIamMember:
    """On the store, never the project (check 26)."""
    return healthcare.FhirStoreIamMember(
        name,
        fhir_store_id=dataset.fhir.id,
        role=role,
        member=account.member,
        opts=pulumi.ResourceOptions(parent=dataset),
    )
