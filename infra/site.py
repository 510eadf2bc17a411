"""Where a component stands: project, region and the jurisdiction that bounds both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from infra.jurisdiction import Jurisdiction


@dataclass(frozen=True)
class Site:
    """Passed to every component. `protected` is lifted by `careplane:decommission` alone (check 72)."""

    project: pulumi.Input[str]
    region: str
    jurisdiction: Jurisdiction
    protected: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.jurisdiction.require(self.region, "gcp:region")

    def guard(
        self, parent: pulumi.Resource, depends_on: list[pulumi.Resource] | None = None, retain: bool = False
    ) -> pulumi.ResourceOptions:
        """Options of a stateful resource: protected until decommissioned; `retain` outlives even that."""
        return pulumi.ResourceOptions(
            parent=parent, depends_on=depends_on, protect=self.protected, retain_on_delete=retain or None
        )
