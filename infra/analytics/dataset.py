"""A BigQuery dataset under a key of ours that nobody public can read. Checks 13, 25 and 86.

https://cloud.google.com/bigquery/docs/customer-managed-encryption
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import bigquery, projects

from infra.errors import ConfigError
from infra.members import require_member, require_members
from infra.site import Site

NAME = re.compile(r"[A-Za-z0-9_]{1,1024}")
DAY_MS = 24 * 3600 * 1000
WHAT = "a BigQuery dataset"
READER, WRITER, JOBS = "roles/bigquery.dataViewer", "roles/bigquery.dataEditor", "roles/bigquery.jobUser"


@dataclass(frozen=True)
class DatasetArgs:
    """`readers` and `writers` map a short name to an IAM member; writers may also run jobs in the project.

    Tables go after `table_days`, never when None. `location` is the site's region when None; a multi-region
    of the jurisdiction may be named, and the key must lie where the data does.
    """

    site: Site
    dataset: str
    key: pulumi.Input[str]
    readers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    writers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    location: str | None = None
    table_days: int | None = None
    description: str = "Copies of health records for analysis"
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        self.site.jurisdiction.require(self.place, f"BigQuery dataset {self.dataset}")
        if not NAME.fullmatch(self.dataset):
            raise ConfigError("BigQuery dataset", self.dataset, "letters, digits and underscores")
        if self.table_days is not None and self.table_days < 1:
            raise ConfigError("BigQuery table_days", self.table_days, "1 or more, or None")
        require_members([*self.readers.values(), *self.writers.values()], WHAT)

    @property
    def place(self) -> str:
        return self.location or self.site.region


class Dataset(pulumi.ComponentResource):
    """`id` is the full name, `uri` the bq:// address that the Healthcare API writes to.

    Depend on the component where the writers' grants must exist.
    """

    id: pulumi.Output[str]
    uri: pulumi.Output[str]

    def __init__(self, name: str, args: DatasetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:analytics:Dataset", name, {}, opts)
        self._name, self._project = name, args.site.project
        self.dataset = bigquery.Dataset(
            name,
            dataset_id=args.dataset,
            project=args.site.project,
            location=args.place.upper() if "-" not in args.place else args.place,
            description=args.description,
            default_encryption_configuration={"kms_key_name": args.key},
            default_table_expiration_ms=args.table_days * DAY_MS if args.table_days else None,
            delete_contents_on_destroy=not args.site.protected,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.id = self.dataset.id
        self.uri = pulumi.Output.concat("bq://", args.site.project, ".", self.dataset.dataset_id)
        for who, member in args.readers.items():
            self._member(who, READER, member)
        for who, member in args.writers.items():
            self._member(who, WRITER, member)
            self._jobs(who, member)
        self.register_outputs({"uri": self.uri})

    def _member(self, who: str, role: str, member: pulumi.Input[str]) -> None:
        bigquery.DatasetIamMember(
            f"{self._name}-{who}-{role.rsplit('.', 1)[-1]}",
            project=self._project,
            dataset_id=self.dataset.dataset_id,
            role=role,
            member=pulumi.Output.from_input(member).apply(lambda known: require_member(known, WHAT)),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _jobs(self, who: str, member: pulumi.Input[str]) -> None:
        """Running a load job is a right on a project; no dataset can give it."""
        projects.IAMMember(
            f"{self._name}-{who}-jobUser",
            project=self._project,
            role=JOBS,
            member=member,
            opts=pulumi.ResourceOptions(parent=self),
        )
