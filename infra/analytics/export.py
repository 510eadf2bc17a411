"""A schedule on which a FHIR store is exported to BigQuery.

Cloud Scheduler calls `fhirStores.export` as a service account that can do nothing else.
https://cloud.google.com/healthcare-api/docs/how-tos/fhir-export-bigquery
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudscheduler, healthcare, projects

from infra.errors import ConfigError
from infra.identity.account import Account, AccountArgs
from infra.site import Site

PERMISSIONS = ("healthcare.fhirStores.export", "healthcare.operations.get")
SCOPE = "https://www.googleapis.com/auth/cloud-healthcare"
CRON = re.compile(r"\S+( \S+){4}")
STORE = re.compile(r"projects/[^/]+/locations/([^/]+)/datasets/[^/]+/fhirStores/[^/]+")
DISPOSITIONS = ("WRITE_APPEND", "WRITE_EMPTY", "WRITE_TRUNCATE")


@dataclass(frozen=True)
class FhirExportArgs:
    """`store` by full name, `dataset` as bq://PROJECT.DATASET; `schedule` is unix-cron in `time_zone`.

    `account` names the service account and the job. `role` is a custom role with `PERMISSIONS`; when None
    the project gets one of its own, named after the account. No `types` means every resource type.
    """

    site: Site
    store: pulumi.Input[str]
    dataset: pulumi.Input[str]
    account: str
    schedule: str = "0 2 * * *"
    time_zone: str = "Etc/UTC"
    types: tuple[str, ...] = ()
    disposition: str = "WRITE_TRUNCATE"
    role: pulumi.Input[str] | None = None
    paused: bool = False
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not CRON.fullmatch(self.schedule):
            raise ConfigError("export schedule", self.schedule, "five fields of unix-cron: 0 2 * * *")
        if self.disposition not in DISPOSITIONS:
            raise ConfigError("export disposition", self.disposition, DISPOSITIONS)
        if isinstance(self.dataset, str) and not self.dataset.startswith("bq://"):
            raise ConfigError("export dataset", self.dataset, "bq://PROJECT.DATASET")
        if isinstance(self.store, str):
            self._require_store(self.store)

    def _require_store(self, store: str) -> None:
        found = STORE.fullmatch(store)
        if not found:
            raise ConfigError("export store", store, "projects/P/locations/L/datasets/D/fhirStores/S")
        self.site.jurisdiction.require(found[1], "FHIR store to export")


class FhirExport(pulumi.ComponentResource):
    """`account` is the identity that calls; what the Healthcare agent may write is the dataset's to give."""

    def __init__(self, name: str, args: FhirExportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:analytics:FhirExport", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.account = Account(
            f"{name}-caller",
            AccountArgs(args.site.project, args.account, "Calls the export of a FHIR store"),
            child,
        )
        grant = healthcare.FhirStoreIamMember(
            name,
            fhir_store_id=args.store,
            role=args.role if args.role is not None else self._role(name, args),
            member=self.account.member,
            opts=child,
        )
        cloudscheduler.Job(
            name,
            name=args.account,
            project=args.site.project,
            region=args.site.region,
            description="Export of a FHIR store to BigQuery",
            schedule=args.schedule,
            time_zone=args.time_zone,
            paused=args.paused,
            attempt_deadline="180s",
            retry_config={"retry_count": 3, "min_backoff_duration": "60s", "max_backoff_duration": "600s"},
            http_target={
                "http_method": "POST",
                "uri": pulumi.Output.concat("https://healthcare.googleapis.com/v1/", args.store, ":export"),
                "headers": {"Content-Type": "application/json"},
                "body": pulumi.Output.from_input(args.dataset).apply(lambda uri: _body(uri, args)),
                "oauth_token": {"service_account_email": self.account.email, "scope": SCOPE},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grant, *args.depends_on]),
        )
        self.register_outputs({"account": self.account.email})

    def _role(self, name: str, args: FhirExportArgs) -> pulumi.Output[str]:
        """Google's smallest role with the right to export can also delete the store."""
        return projects.IAMCustomRole(
            name,
            project=args.site.project,
            role_id=args.account.replace("-", "_"),
            title="Exports a FHIR store",
            permissions=list(PERMISSIONS),
            opts=pulumi.ResourceOptions(parent=self),
        ).id


def _body(dataset: str, args: FhirExportArgs) -> str:
    """The request in the base64 that Cloud Scheduler wants."""
    destination = {
        "datasetUri": dataset,
        "schemaConfig": {"schemaType": "ANALYTICS_V2", "recursiveStructureDepth": "3"},
        "writeDisposition": args.disposition,
    }
    request = {"bigqueryDestination": destination} | ({"_type": ",".join(args.types)} if args.types else {})
    return base64.b64encode(json.dumps(request, sort_keys=True).encode()).decode()
