"""Cloud Run behind the load balancer: a serverless NEG and its backend service, guarded and logged.

A serverless NEG, its backend service and its security policy lie in the project of the Cloud Run services;
a URL map of another project may name the backend service (cross-project service referencing). So the cell's
pooled tenants share one backend with a URL mask, and each dedicated tenant has one in its own project.
https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.edge.domain import require_domain, require_name
from infra.errors import ConfigError
from infra.site import Site

HSTS = "Strict-Transport-Security: max-age=63072000; includeSubDomains"
"""Two years: a browser that came once never tries HTTP again."""


@dataclass(frozen=True)
class BackendArgs:
    """One `service`, or with `domain` every service of the project by its host: `<service>.<domain>`.

    `policy` is a Cloud Armor policy of the same project (check 48). Every request is logged (check 62).
    """

    site: Site
    name: str
    policy: pulumi.Input[str]
    service: str | None = None
    domain: str | None = None

    def __post_init__(self) -> None:
        require_name("backend.name", self.name)
        if (self.service is None) == (self.domain is None):
            raise ConfigError(
                "backend.service", self.service, "a service, or a domain for the URL mask: one of both"
            )
        if self.service is not None:
            require_name("backend.service", self.service)
        if self.domain is not None:
            require_domain(self.domain)

    @property
    def target(self) -> compute.RegionNetworkEndpointGroupCloudRunArgsDict:
        return {"service": self.service} if self.service else {"url_mask": f"<service>.{self.domain}"}


class ServerlessBackend(pulumi.ComponentResource):
    """`id` is what a URL map names, of this project or another."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:ServerlessBackend", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = compute.RegionNetworkEndpointGroup(
            name,
            name=args.name,
            project=args.site.project,
            region=args.site.region,
            network_endpoint_type="SERVERLESS",
            cloud_run=args.target,
            opts=child,
        )
        backend = compute.BackendService(
            name,
            name=args.name,
            project=args.site.project,
            load_balancing_scheme="EXTERNAL_MANAGED",
            protocol="HTTPS",
            backends=[{"group": group.id}],
            security_policy=args.policy,
            custom_response_headers=[HSTS],
            enable_cdn=False,
            log_config={"enable": True, "sample_rate": 1.0},
            opts=child,
        )
        self.id = backend.id
        self.register_outputs({"id": self.id})
