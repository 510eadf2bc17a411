"""What a hospital may tell our router: its own ranges and their parts; every other route is dropped.

Otherwise one hospital could announce another's range and receive its messages.
https://cloud.google.com/network-connectivity/docs/router/reference/bgp-route-policy-reference
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.network.ranges import require_ranges
from infra.site import Site

EVERYTHING = "0.0.0.0/0"


@dataclass(frozen=True)
class LearnedArgs:
    """`accepted` on `router`; `name` is what its peers list as import policy."""

    site: Site
    router: pulumi.Input[str]
    name: str
    accepted: tuple[str, ...]

    def __post_init__(self) -> None:
        require_ranges(f"{self.name}.accepted", self.accepted)

    @property
    def terms(self) -> list[compute.RouterRoutePolicyTermArgsDict]:
        """Tried in order of priority; `accept()` and `drop()` both end the search."""
        accepting = [_term(number, each, "accept()") for number, each in enumerate(self.accepted)]
        return [*accepting, _term(len(accepting), EVERYTHING, "drop()")]


class LearnedRoutes(pulumi.ComponentResource):
    name: pulumi.Output[str]

    def __init__(self, name: str, args: LearnedArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:LearnedRoutes", name, {}, opts)
        policy = compute.RouterRoutePolicy(
            name,
            name=args.name,
            project=args.site.project,
            region=args.site.region,
            router=args.router,
            type="ROUTE_POLICY_TYPE_IMPORT",
            terms=args.terms,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = policy.name
        self.register_outputs({"name": self.name})


def _term(priority: int, within: str, action: str) -> compute.RouterRoutePolicyTermArgsDict:
    expression = f"destination.inAnyRange(prefix('{within}').orLonger())"
    return {"priority": priority, "match": {"expression": expression}, "actions": [{"expression": action}]}
