"""Who administers a ring's keys, and that none of them uses the keys. Check 33 (CIS 1.11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import kms

from infra.errors import ConfigError

ADMINISTER = "roles/cloudkms.admin"


@dataclass(frozen=True)
class DutiesArgs:
    """`administrators` and `users` map short names to IAM members; only the administrators are granted here.

    `users` are all that encrypt, decrypt or sign with keys of the `ring` (its id): they are granted key by
    key, by KeyGrants. `role` may be a narrower one, such as careplane_key_administrator.
    """

    ring: pulumi.Input[str]
    administrators: Mapping[str, pulumi.Input[str]]
    users: Mapping[str, pulumi.Input[str]]
    role: pulumi.Input[str] = ADMINISTER

    def __post_init__(self) -> None:
        if not self.administrators:
            raise ConfigError("administrators", None, "at least one IAM member")
        _require_split(_known(self.administrators), _known(self.users))


class Duties(pulumi.ComponentResource):
    """Members known only after creation are compared then, before any of them is granted."""

    def __init__(self, name: str, args: DutiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:kms:Duties", name, {}, opts)
        checked = pulumi.Output.all(dict(args.administrators), dict(args.users)).apply(_split)
        self.grants = {
            who: kms.KeyRingIAMMember(
                f"{name}-{who}",
                key_ring_id=args.ring,
                role=args.role,
                member=checked[who],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for who in args.administrators
        }
        self.register_outputs({})


def _split(members: list[dict[str, str]]) -> dict[str, str]:
    administrators, users = members
    _require_split(administrators.values(), users.values())
    return administrators


def _require_split(administrators: Iterable[str], users: Iterable[str]) -> None:
    if both := set(administrators) & set(users):
        raise ConfigError("administrators", ", ".join(sorted(both)), "members that use no key of the ring")


def _known(members: Mapping[str, pulumi.Input[str]]) -> list[str]:
    return [member for member in members.values() if isinstance(member, str)]
