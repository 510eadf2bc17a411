"""Where a tenant's records and its audit trail lie: Google's Healthcare API, or databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import healthcare

from infra.config import TenantConfig
from infra.healthcare.dataset import Dataset, DatasetArgs
from infra.healthcare.fhir import Consent, FhirOptions, Stream, Validation
from infra.site import Site
from infra.stack.home import Home
from infra.stack.tenant_identity import Identity
from infra.stack.tenant_keys import Keys
from infra.stack.tenant_messages import Messages

_ROLES = {False: "roles/healthcare.fhirResourceEditor", True: "roles/healthcare.fhirResourceReader"}
"""The runtime's on the records, by whether the tenant is read-only."""


@dataclass(frozen=True)
class Stores:
    """By full name: `fhir` records, `feeds` HL7v2 messages (empty where none are), `audit` the trail."""

    fhir: pulumi.Input[str]
    feeds: pulumi.Input[str]
    audit: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    ready: tuple[pulumi.Resource, ...] = ()


def stores(
    config: TenantConfig,
    site: Site,
    home: Home,
    identity: Identity,
    keys: Keys,
    messages: Messages,
    tables: pulumi.Output[str] | None,
) -> Stores:
    """The audit store lies in the cell's project under the cell's key, apart from the tenant's own data."""
    purpose = {**site.labels, "careplane-purpose": "audit"}
    shared = Site(home.text("project"), site.region, site.jurisdiction, site.protected, purpose)
    audit = Dataset(
        "audit",
        DatasetArgs(shared, f"{config.tenant}-audit", home.part("keys", "audit"), "audit", retained=True),
    )
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
            fhir_options=_options(config, tables),
        ),
    )
    _more(config, site, records)
    writer = _grant("audit-writer", audit, home.part("roles", "careplane_audit_writer"), identity)
    editor = _grant("records-editor", records, _ROLES[config.read_only], identity)
    assert records.hl7, "feeds were asked for"
    environment = {"CAREPLANE_AUDIT_STORE": audit.fhir.id, "CAREPLANE_FHIR_STORE": records.fhir.id}
    return Stores(records.fhir.id, records.hl7.id, audit.fhir.id, environment, (writer, editor))


def _options(config: TenantConfig, tables: pulumi.Output[str] | None) -> FhirOptions:
    # The runtime asks for whole compartments itself; a client's own scope is still enforced.
    consent = Consent(header="PERMIT_EMPTY_SCOPE") if config.profile.consent else None
    streams = (Stream(tables),) if tables is not None else ()
    return FhirOptions(consent=consent, validation=Validation(), streams=streams)


def _more(config: TenantConfig, site: Site, records: Dataset) -> None:
    """Stores that only some tenants have."""
    if config.profile.consent:
        from infra.healthcare.consent import ConsentStore, ConsentStoreArgs

        ConsentStore("consents", ConsentStoreArgs(site, records.id, "consents"))
    if config.imaging:
        from infra.healthcare.dicom import DicomStore, DicomStoreArgs

        DicomStore("images", DicomStoreArgs(site, records.id, "images"))


def _grant(
    name: str, dataset: Dataset, role: pulumi.Input[str], identity: Identity
) -> healthcare.FhirStoreIamMember:
    """On the store, never the project (check 26)."""
    return healthcare.FhirStoreIamMember(
        name,
        fhir_store_id=dataset.fhir.id,
        role=role,
        member=identity.member,
        opts=pulumi.ResourceOptions(parent=dataset),
    )
