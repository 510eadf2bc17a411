"""Google's staff ask before they look: Access Approval. Check 67 (CIS 2.15).

https://cloud.google.com/assured-workloads/access-approval/docs/overview. Access Transparency (CIS 2.14) is no
resource: it is switched on once an organisation, in the console or with Assured Workloads.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import folder, organizations, projects

from infra.errors import ConfigError
from infra.organization.parent import Place

PRODUCTS = (
    "all",
    "appengine.googleapis.com",
    "bigquery.googleapis.com",
    "bigtable.googleapis.com",
    "cloudkms.googleapis.com",
    "compute.googleapis.com",
    "dataflow.googleapis.com",
    "iam.googleapis.com",
    "pubsub.googleapis.com",
    "storage.googleapis.com",
)
MOST_EMAILS = 50


@dataclass(frozen=True)
class AccessApprovalArgs:
    """`emails` are asked, 1 to 50. `products`: all; single ones can be named on an organisation alone.

    `key_version` is the asymmetric Cloud KMS key version that signs approvals; Google's own unless given.
    """

    place: Place
    emails: tuple[str, ...]
    products: tuple[str, ...] = ("all",)
    key_version: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.emails) <= MOST_EMAILS:
            raise ConfigError("emails", len(self.emails), f"1 to {MOST_EMAILS} addresses")
        allowed = ("all",) if self.place.organization is None else PRODUCTS
        for product in self.products or (None,):
            if product not in allowed:
                raise ConfigError("products", product, allowed)


class AccessApproval(pulumi.ComponentResource):
    def __init__(
        self, name: str, args: AccessApprovalArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:organization:AccessApproval", name, {}, opts)
        child, emails, place = pulumi.ResourceOptions(parent=self), list(args.emails), args.place
        if place.organization is not None:
            organizations.AccessApprovalSettings(
                name,
                organization_id=place.organization,
                enrolled_services=[{"cloud_product": each} for each in args.products],
                notification_emails=emails,
                active_key_version=args.key_version,
                opts=child,
            )
        elif place.folder is not None:
            folder.AccessApprovalSettings(
                name,
                folder_id=pulumi.Output.from_input(place.folder).apply(lambda each: each.split("/")[-1]),
                enrolled_services=[{"cloud_product": each} for each in args.products],
                notification_emails=emails,
                active_key_version=args.key_version,
                opts=child,
            )
        else:
            projects.AccessApprovalSettings(
                name,
                project_id=place.project,
                enrolled_services=[{"cloud_product": each} for each in args.products],
                notification_emails=emails,
                active_key_version=args.key_version,
                opts=child,
            )
        self.register_outputs({})
