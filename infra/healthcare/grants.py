"""Who may use a store, granted on that store and nowhere above it. Checks 25 to 27.

Roles: https://cloud.google.com/iam/docs/roles-permissions/healthcare
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_gcp import healthcare

from infra.errors import ConfigError
from infra.members import require_member, require_members

Kind = Literal["fhirStores", "hl7V2Stores", "dicomStores", "consentStores"]

ROLES: dict[Kind, tuple[str, ...]] = {
    "fhirStores": ("fhirResourceEditor", "fhirResourceReader", "fhirStoreAdmin", "fhirStoreViewer"),
    "hl7V2Stores": (
        "hl7V2Consumer",
        "hl7V2Editor",
        "hl7V2Ingest",
        "hl7V2StoreAdmin",
        "hl7V2StoreViewer",
    ),
    "dicomStores": ("dicomEditor", "dicomStoreAdmin", "dicomStoreViewer", "dicomViewer"),
    "consentStores": (
        "attributeDefinitionEditor",
        "attributeDefinitionReader",
        "consentArtifactAdmin",
        "consentArtifactEditor",
        "consentArtifactReader",
        "consentEditor",
        "consentReader",
        "consentStoreAdmin",
        "consentStoreViewer",
        "userDataMappingEditor",
        "userDataMappingReader",
    ),
}
"""Google's roles that a store of each kind takes, without their prefix `roles/healthcare.`."""
CUSTOM = re.compile(r"(organizations|projects)/[^/]+/roles/[^/]+")


@dataclass(frozen=True)
class Grant:
    """One role for one IAM member."""

    role: pulumi.Input[str]
    member: pulumi.Input[str]


@dataclass(frozen=True)
class StoreGrantsArgs:
    """`store` by full name, or for a consent store its short name with its `dataset`'s full one."""

    kind: Kind
    store: pulumi.Input[str]
    grants: Mapping[str, Grant]
    dataset: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if self.kind not in ROLES:
            raise ConfigError("store kind", self.kind, ROLES)
        if self.kind == "consentStores":
            if self.dataset is None:
                raise ConfigError("dataset of a consent store", None, "the dataset's full name")
        elif isinstance(self.store, str) and f"/{self.kind}/" not in self.store:
            raise ConfigError("store", self.store, f"…/datasets/DATASET/{self.kind}/STORE, never a dataset")
        for grant in self.grants.values():
            if isinstance(grant.role, str):
                require_role(self.kind, grant.role)
        require_members([grant.member for grant in self.grants.values()], "a store")


def require_role(kind: Kind, role: str) -> str:
    """The role, if it is one for a store of that kind or of our own; a ConfigError otherwise."""
    known = [f"roles/healthcare.{each}" for each in ROLES[kind]]
    if role not in known and not CUSTOM.fullmatch(role):
        raise ConfigError(f"role on {kind}", role, [*known, "a custom role by its full name"])
    return role


class StoreGrants(pulumi.ComponentResource):
    """`grants` by their short names. Values known only later are judged when they are known."""

    grants: dict[str, pulumi.Resource]

    def __init__(self, name: str, args: StoreGrantsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:healthcare:StoreGrants", name, {}, opts)
        self._args = args
        self.grants = {who: self._grant(f"{name}-{who}", grant) for who, grant in args.grants.items()}
        self.register_outputs({})

    def _grant(self, name: str, grant: Grant) -> pulumi.Resource:
        kind, store = self._args.kind, self._args.store
        role = pulumi.Output.from_input(grant.role).apply(lambda known: require_role(kind, known))
        member = pulumi.Output.from_input(grant.member).apply(lambda known: require_member(known, "a store"))
        opts = pulumi.ResourceOptions(parent=self)
        match kind:
            case "fhirStores":
                return healthcare.FhirStoreIamMember(
                    name, fhir_store_id=store, role=role, member=member, opts=opts
                )
            case "hl7V2Stores":
                return healthcare.Hl7StoreIamMember(
                    name, hl7_v2_store_id=store, role=role, member=member, opts=opts
                )
            case "dicomStores":
                return healthcare.DicomStoreIamMember(
                    name, dicom_store_id=store, role=role, member=member, opts=opts
                )
        assert self._args.dataset is not None
        return healthcare.ConsentStoreIamMember(
            name,
            dataset=self._args.dataset,
            consent_store_id=store,
            role=role,
            member=member,
            opts=opts,
        )
