"""The keys of a tenant that a second site can take over: usable in both regions. Checks 1 to 5, 40 and 88.

What is encrypted by the application (`fields`), what signs tokens (`token`) and what documents in two regions
lie under (`documents`) must outlive a region: a multi-region of Cloud KMS holds them. A secret's copy needs a
key of its own region: `secrets`, in the partner's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi
from pulumi_gcp import kms

from infra.errors import ConfigError
from infra.kms.ring import Ring, RingArgs
from infra.site import Site


@dataclass(frozen=True)
class RecoverableKeysArgs:
    """`ring` names both rings' owner; `partner` is the second site's region."""

    site: Site
    ring: str
    partner: str
    protection_level: str = "HSM"

    def __post_init__(self) -> None:
        area = self.site.jurisdiction
        if area.key_region is None:
            raise ConfigError("jurisdiction", area.name, "one that holds a multi-region of Cloud KMS")
        if area.require(self.partner, "partner") == self.site.region:
            raise ConfigError(
                "partner", self.partner, [each for each in area.regions if each != self.partner]
            )


class RecoverableKeys(pulumi.ComponentResource):
    """`keys` holds `fields`, `token` and `documents`; `secrets` is the partner region's."""

    keys: dict[str, kms.CryptoKey]
    secrets: kms.CryptoKey

    def __init__(
        self, name: str, args: RecoverableKeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:recovery:RecoverableKeys", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        shared = replace(args.site, region=args.site.jurisdiction.key_region or "")
        self.keys = Ring(
            f"{name}-shared",
            RingArgs(
                shared,
                args.ring,
                {"fields": "ENCRYPT_DECRYPT", "token": "ASYMMETRIC_SIGN", "documents": "ENCRYPT_DECRYPT"},
                args.protection_level,
            ),
            child,
        ).keys
        partner = replace(args.site, region=args.partner)
        self.secrets = Ring(
            f"{name}-partner",
            RingArgs(partner, f"{args.ring}-secrets", {"secrets": "ENCRYPT_DECRYPT"}, args.protection_level),
            child,
        ).keys["secrets"]
        self.register_outputs({"keys": {key: each.id for key, each in self.keys.items()}})
