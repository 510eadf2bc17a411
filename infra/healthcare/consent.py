"""A consent store in a dataset: who agreed to what, for how long.

https://cloud.google.com/healthcare-api/docs/reference/rest/v1/projects.locations.datasets.consentStores
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import healthcare

from infra.errors import ConfigError
from infra.site import Site

SHORTEST_TTL = 24 * 3600
"""Seconds; Google accepts no default shorter than a day."""


@dataclass(frozen=True)
class ConsentStoreArgs:
    """`default_ttl` in seconds is how long a consent holds that names no end; None means for ever."""

    site: Site
    dataset: pulumi.Input[str]
    store: str
    default_ttl: int | None = None
    create_on_update: bool = False
    retained: bool = False
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if self.default_ttl is not None and self.default_ttl < SHORTEST_TTL:
            raise ConfigError(
                "consent default_ttl", self.default_ttl, f"{SHORTEST_TTL} seconds or more, or None"
            )


class ConsentStore(pulumi.ComponentResource):
    """Encrypted by its dataset's key (check 8); `id` is the full name, `name` the short one."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    dataset: pulumi.Output[str]

    def __init__(self, name: str, args: ConsentStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:healthcare:ConsentStore", name, {}, opts)
        store = healthcare.ConsentStore(
            name,
            name=args.store,
            dataset=args.dataset,
            default_consent_ttl=f"{args.default_ttl}s" if args.default_ttl else None,
            enable_consent_create_on_update=args.create_on_update,
            labels=dict(args.site.labels),
            opts=args.site.guard(self, list(args.depends_on), args.retained),
        )
        self.id, self.name, self.dataset = store.id, store.name, store.dataset
        self.register_outputs({"id": self.id})
