"""Eventarc's own store of events in a project and region, under a key of ours.

There is one a project and region: whoever makes the first trigger there makes this too.
https://cloud.google.com/eventarc/docs/use-cmek
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import eventarc

from infra.errors import ConfigError
from infra.site import Site


@dataclass(frozen=True)
class EncryptionArgs:
    """`key` of the site's region, granted to Eventarc's service agent first (`depends_on`)."""

    site: Site
    key: pulumi.Input[str]
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.key, str) and f"/locations/{self.site.region}/" not in self.key:
            raise ConfigError("key of Eventarc", self.key, f"a key in locations/{self.site.region}")


class Encryption(pulumi.ComponentResource):
    """Triggers depend on it, so that no event is stored before the key is set."""

    def __init__(self, name: str, args: EncryptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:events:Encryption", name, {}, opts)
        site = args.site
        eventarc.GoogleChannelConfig(
            name,
            name=pulumi.Output.concat(
                "projects/", site.project, "/locations/", site.region, "/googleChannelConfig"
            ),
            project=site.project,
            location=site.region,
            crypto_key_name=args.key,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.register_outputs({})
