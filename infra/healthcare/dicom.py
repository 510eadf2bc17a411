"""A DICOM store in a dataset: images, with notification of new ones and their metadata in BigQuery.

https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.dicomStores
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import healthcare

from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class DicomStoreArgs:
    """`dataset` by full name; `tables` are bq://PROJECT.DATASET.TABLE; bulk imports notify if asked to."""

    site: Site
    dataset: pulumi.Input[str]
    store: str
    topic: pulumi.Input[str] | None = None
    bulk_imports_notify: bool = False
    tables: tuple[pulumi.Input[str], ...] = ()
    retained: bool = False
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        for table in self.tables:
            if isinstance(table, str) and (not table.startswith("bq://") or table.count(".") < 2):
                raise ConfigError("DICOM table", table, "bq://PROJECT.DATASET.TABLE")


class DicomStore(pulumi.ComponentResource):
    """Encrypted by its dataset's key (check 8); `id` is the store's full name."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: DicomStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:healthcare:DicomStore", name, {}, opts)
        self.store = healthcare.DicomStore(
            name,
            name=args.store,
            dataset=args.dataset,
            notification_config={
                "pubsub_topic": args.topic,
                "send_for_bulk_import": args.bulk_imports_notify,
            }
            if args.topic
            else None,
            stream_configs=[{"bigquery_destination": {"table_uri": table}} for table in args.tables] or None,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on), args.retained),
        )
        self.id = self.store.id
        self.register_outputs({"id": self.id})
