"""A Cloud KMS key ring and its keys: rotation, protection level, destroy delay, location. Checks 1 to 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_gcp import kms

from infra.site import Site

ROTATION = "7776000s"
"""90 days, the longest that check 1 allows."""
DESTROY_DELAY = "2592000s"
"""30 days between the order to destroy a key version and its end (check 3)."""

Purpose = Literal["ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN"]
_ALGORITHMS: dict[Purpose, str] = {
    "ENCRYPT_DECRYPT": "GOOGLE_SYMMETRIC_ENCRYPTION",
    "ASYMMETRIC_SIGN": "EC_SIGN_P256_SHA256",
}


@dataclass(frozen=True)
class RingArgs:
    """`keys` maps a name to a purpose (asymmetric keys do not rotate); `retained` ones outlive the stack."""

    site: Site
    ring: str
    keys: dict[str, Purpose]
    protection_level: str = "HSM"
    retained: tuple[str, ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()


class Ring(pulumi.ComponentResource):
    """One ring; `keys` holds the CryptoKey of each name. A ring is never deleted, by Google either."""

    keys: dict[str, kms.CryptoKey]

    def __init__(self, name: str, args: RingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:kms:Ring", name, {}, opts)
        self.ring = kms.KeyRing(
            name,
            name=args.ring,
            project=args.site.project,
            location=args.site.region,
            opts=args.site.guard(self, list(args.depends_on)),
        )
        self.keys = {key: self._key(f"{name}-{key}", key, args) for key in args.keys}
        self.register_outputs({"keys": {key: resource.id for key, resource in self.keys.items()}})

    def _key(self, name: str, key: str, args: RingArgs) -> kms.CryptoKey:
        purpose = args.keys[key]
        return kms.CryptoKey(
            name,
            name=key,
            key_ring=self.ring.id,
            purpose=purpose,
            rotation_period=ROTATION if purpose == "ENCRYPT_DECRYPT" else None,
            destroy_scheduled_duration=DESTROY_DELAY,
            version_template={"algorithm": _ALGORITHMS[purpose], "protection_level": args.protection_level},
            labels=dict(args.site.labels),
            opts=args.site.guard(self, retain=key in args.retained),
        )
