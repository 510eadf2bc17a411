"""Cloud Armor before every backend: nothing is let in but requests for our hosts, from our geography,
without a known attack, within their tenant's limit. Check 48.

A policy's rules are tried in order and the first that matches decides; so refusals come first, the limits,
which let in, last, and what matches nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_domain, require_host, require_name
from infra.edge.geography import outside, region_codes
from infra.edge.limits import RateLimit
from infra.edge.waf import WafRule, all_rules
from infra.errors import ConfigError
from infra.network.ranges import require_range
from infra.site import Site

METHODS = "DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT"
GEOGRAPHY, METHOD, WAF, TENANT, LIMIT, LAST = 1000, 1100, 2000, 10000, 20000, 2147483647
"""Priorities; the sets of the WAF are 10 apart, tenants with a limit of their own follow one another."""
BODY = "64KB"
"""The most of a body that the sets of the WAF can look at."""


@dataclass(frozen=True)
class ArmorArgs:
    """`limit` is every tenant's, `limits` those of named ones (append new ones: the order is the priority).

    `regions` are codes beside the jurisdiction's own. `probes` (4 ranges at most) may come from anywhere,
    e.g. the prober of Cloud DNS; all other rules hold for them. `waf` changes sets, leaves out none.
    """

    site: Site
    domain: str
    name: str = "edge"
    limit: RateLimit = field(default_factory=RateLimit)
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    waf: tuple[WafRule, ...] = ()

    def __post_init__(self) -> None:
        require_domain(self.domain)
        require_name("armor.name", self.name)
        region_codes(self.site.jurisdiction, self.regions)
        if len(self.probes) > 4:
            raise ConfigError("probes", len(self.probes), "4 ranges at most: an expression holds 5 parts")
        for each in self.probes:
            require_range("probes", each)
        for tenant in self.limits:
            require_host("limits", tenant)
        all_rules(self.waf)
        if len(self.limits) > LIMIT - TENANT:
            raise ConfigError("limits", len(self.limits), f"{LIMIT - TENANT} at most")


class Armor(pulumi.ComponentResource):
    """`id` is what a backend service of the same project attaches."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: ArmorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Armor", name, {}, opts)
        policy = compute.SecurityPolicy(
            name,
            name=args.name,
            description="Enforced before every backend of the edge",
            project=args.site.project,
            type="CLOUD_ARMOR",
            rules=rules(args),
            adaptive_protection_config={
                "layer7_ddos_defense_config": {"enable": True, "rule_visibility": "STANDARD"}
            },
            advanced_options_config={
                "json_parsing": "STANDARD",
                "log_level": "VERBOSE",
                "request_body_inspection_size": BODY,
            },
            labels=dict(args.site.labels),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = policy.id
        self.register_outputs({"id": self.id})


def rules(args: ArmorArgs) -> list[compute.SecurityPolicyRuleArgsDict]:
    codes = region_codes(args.site.jurisdiction, args.regions)
    sets = enumerate(all_rules(args.waf))
    return [
        _deny(GEOGRAPHY, outside(codes, args.probes), f"Outside {args.site.jurisdiction.name}"),
        _deny(METHOD, f"!request.method.matches('^({METHODS})$')", "A method that FHIR does not use"),
        *(_deny(WAF + 10 * n, each.expression, each.description, each.preview) for n, each in sets),
        *(
            _limit(TENANT + number, host_expression(tenant, args.domain), limit, f"Limit of {tenant}")
            for number, (tenant, limit) in enumerate(args.limits.items())
        ),
        _limit(LIMIT, host_expression(None, args.domain), args.limit, "Limit of every tenant"),
        {
            "action": "deny(403)",
            "priority": LAST,
            "preview": False,
            "description": "Default: not a host of ours",
            "match": {"versioned_expr": "SRC_IPS_V1", "config": {"src_ip_ranges": ["*"]}},
        },
    ]


def host_expression(tenant: str | None, domain: str) -> str:
    """Matches one tenant's host, or any one label below the domain; with or without the port."""
    label = tenant or "[a-z0-9-]+"
    return f"request.headers['host'].matches('(?i)^{label}[.]{domain.replace('.', '[.]')}(:443)?$')"


def _deny(
    priority: int, expression: str, description: str, preview: bool = False
) -> compute.SecurityPolicyRuleArgsDict:
    return {
        "action": "deny(403)",
        "priority": priority,
        "preview": preview,
        "description": description,
        "match": {"expr": {"expression": expression}},
    }


def _limit(
    priority: int, expression: str, limit: RateLimit, description: str
) -> compute.SecurityPolicyRuleArgsDict:
    return {
        "action": limit.action,
        "priority": priority,
        "preview": False,
        "description": description,
        "match": {"expr": {"expression": expression}},
        "rate_limit_options": limit.options,
    }
