"""A folder that Google holds to a compliance regime: Assured Workloads. Check 90.

https://cloud.google.com/assured-workloads/docs/control-packages
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_gcp import assuredworkloads

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction

REGIMES: dict[str, tuple[str, ...]] = {
    "ASSURED_WORKLOADS_FOR_PARTNERS": (),
    "AU_REGIONS_AND_US_SUPPORT": ("au",),
    "CA_PROTECTED_B": ("ca",),
    "CA_REGIONS_AND_SUPPORT": ("ca",),
    "CJIS": ("us",),
    "EU_REGIONS_AND_SUPPORT": ("eu", "de", "fr"),
    "FEDRAMP_HIGH": ("us",),
    "FEDRAMP_MODERATE": ("us",),
    "HEALTHCARE_AND_LIFE_SCIENCES_CONTROLS": ("us",),
    "HEALTHCARE_AND_LIFE_SCIENCES_CONTROLS_US_SUPPORT": ("us",),
    "HIPAA": ("us",),
    "HITRUST": ("us",),
    "IL2": ("us",),
    "IL4": ("us",),
    "IL5": ("us",),
    "IRS_1075": ("us",),
    "ISR_REGIONS": ("il",),
    "ISR_REGIONS_AND_SUPPORT": ("il",),
    "ITAR": ("us",),
    "JP_REGIONS_AND_SUPPORT": ("jp",),
    "KSA_REGIONS_AND_SUPPORT_WITH_SOVEREIGNTY_CONTROLS": ("sa",),
    "REGIONAL_CONTROLS": (),
    "US_REGIONAL_ACCESS": ("us",),
}
"""The regimes that the provider knows, each with the jurisdictions it fits; none named means any."""
PARTNERS = (
    "LOCAL_CONTROLS_BY_S3NS",
    "SOVEREIGN_CONTROLS_BY_CNTXT",
    "SOVEREIGN_CONTROLS_BY_CNTXT_NO_EKM",
    "SOVEREIGN_CONTROLS_BY_PSN",
    "SOVEREIGN_CONTROLS_BY_SIA_MINSAIT",
    "SOVEREIGN_CONTROLS_BY_T_SYSTEMS",
    "SPAIN_DATA_BOUNDARY_BY_TELEFONICA",
)
_TITLE = re.compile(r"[A-Za-z0-9 -]{4,30}")


@dataclass(frozen=True)
class AssuredWorkloadArgs:
    """`organization` is a number; `location` one of the jurisdiction; `folder` names the consumer folder.

    `sovereign` asks for sovereign controls, of Google or of a `partner`; `parent` is a folder to lie in.
    `retained`: survives destroy, as Google deletes no workload whose folder holds a locked project.
    """

    jurisdiction: Jurisdiction
    organization: pulumi.Input[str]
    location: str
    regime: str
    title: str
    billing_account: str
    folder: str
    parent: pulumi.Input[str] | None = None
    partner: str | None = None
    sovereign: bool = False
    protected: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    retained: bool = False

    def __post_init__(self) -> None:
        self.jurisdiction.require(self.location, "Assured Workloads location")
        if self.regime not in REGIMES:
            raise ConfigError("regime", self.regime, REGIMES)
        fits = REGIMES[self.regime]
        if fits and self.jurisdiction.name not in fits:
            usable = [name for name, areas in REGIMES.items() if not areas or self.jurisdiction.name in areas]
            raise ConfigError(f"regime in {self.jurisdiction.name}", self.regime, usable)
        if self.partner not in (None, *PARTNERS):
            raise ConfigError("partner", self.partner, PARTNERS)
        if not _TITLE.fullmatch(self.title):
            raise ConfigError("title", self.title, "4 to 30 letters, digits, spaces or hyphens")


class AssuredWorkload(pulumi.ComponentResource):
    """`folder` is the consumer folder, folders/N, under which the cell's projects belong."""

    folder: pulumi.Output[str]

    def __init__(
        self, name: str, args: AssuredWorkloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:organization:AssuredWorkload", name, {}, opts)
        workload = assuredworkloads.Workload(
            name,
            organization=args.organization,
            location=args.location,
            compliance_regime=args.regime,
            display_name=args.title,
            billing_account=f"billingAccounts/{args.billing_account.removeprefix('billingAccounts/')}",
            provisioned_resources_parent=args.parent,
            partner=args.partner,
            enable_sovereign_controls=True if args.sovereign else None,
            resource_settings=[{"resource_type": "CONSUMER_FOLDER", "display_name": args.folder}],
            violation_notifications_enabled=True,
            labels=dict(args.labels),
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protected, retain_on_delete=args.retained or None
            ),
        )
        self.id = workload.id
        self.folder = workload.resources.apply(_consumer_folder)
        self.register_outputs({"folder": self.folder})


def _consumer_folder(resources: Sequence[Any]) -> str:
    """Google names a folder by its number alone."""
    return next(
        f"folders/{each.resource_id}" for each in resources if each.resource_type == "CONSUMER_FOLDER"
    )
