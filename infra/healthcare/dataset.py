"""A tenant's dataset with its FHIR and HL7v2 stores. Checks 8, 26, 39, 78 to 82."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import healthcare

from infra.healthcare.fhir import FhirOptions
from infra.healthcare.hl7 import Hl7Options
from infra.site import Site


@dataclass(frozen=True)
class DatasetArgs:
    """`store` names the FHIR store, `topic` hears of every change in it; `feeds` names an HL7v2 store."""

    site: Site
    dataset: str
    key: pulumi.Input[str]
    store: str
    topic: pulumi.Input[str] | None = None
    feeds: str | None = None
    retained: bool = False
    depends_on: tuple[pulumi.Resource, ...] = ()
    fhir_options: FhirOptions = field(default_factory=FhirOptions)
    hl7_options: Hl7Options = field(default_factory=Hl7Options)


class Dataset(pulumi.ComponentResource):
    """`fhir` and `hl7` are the stores. `retained`: outlives the stack, as an audit trail must."""

    def __init__(self, name: str, args: DatasetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:healthcare:Dataset", name, {}, opts)
        self._guard = args.site.guard(self, retain=args.retained)
        self.dataset = healthcare.Dataset(
            name,
            name=args.dataset,
            project=args.site.project,
            location=args.site.region,
            encryption_spec={"kms_key_name": args.key},
            opts=args.site.guard(self, list(args.depends_on), args.retained),
        )
        self.id = self.dataset.id
        self.fhir = self._fhir(name, args)
        self.hl7 = self._hl7(name, args.feeds, args) if args.feeds else None
        self.register_outputs({"fhir": self.fhir.id})

    def _fhir(self, name: str, args: DatasetArgs) -> healthcare.FhirStore:
        return healthcare.FhirStore(
            f"{name}-{args.store}",
            name=args.store,
            dataset=self.dataset.id,
            version="R4",
            enable_update_create=True,
            disable_referential_integrity=False,
            disable_resource_versioning=False,
            complex_data_type_reference_parsing="ENABLED",
            default_search_handling_strict=True,
            labels=dict(args.site.labels),
            opts=self._guard,
            **args.fhir_options.inputs(args.topic),
        )

    def _hl7(self, name: str, feeds: str, args: DatasetArgs) -> healthcare.Hl7Store:
        return healthcare.Hl7Store(
            f"{name}-{feeds}",
            name=feeds,
            dataset=self.dataset.id,
            labels=dict(args.site.labels),
            opts=self._guard,
            **args.hl7_options.inputs(),
        )
