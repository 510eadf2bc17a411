"""A role that ends by itself, where Privileged Access Manager does not serve: a grant until a moment.

https://cloud.google.com/iam/docs/configuring-temporary-access
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pulumi
from pulumi_gcp import projects

from infra.errors import ConfigError
from infra.identity.rights import require_member, require_role

LONGEST_DAYS = 30


@dataclass(frozen=True)
class ExpiringGrantArgs:
    """`member` holds `role` on `project` from `begins` to `ends`, 30 days at most; `reason` stays with it."""

    project: pulumi.Input[str]
    role: str
    member: str
    begins: datetime
    ends: datetime
    reason: str

    def __post_init__(self) -> None:
        require_role("role", self.role)
        require_member("member", self.member)
        for key, moment in (("begins", self.begins), ("ends", self.ends)):
            if moment.tzinfo is None:
                raise ConfigError(key, str(moment), "a time with its time zone")
        if not timedelta() < self.ends - self.begins <= timedelta(days=LONGEST_DAYS):
            raise ConfigError("ends", str(self.ends), f"up to {LONGEST_DAYS} days after begins")
        if not 1 <= len(self.reason) <= 256:
            raise ConfigError("reason", self.reason or None, "1 to 256 characters")

    @property
    def expression(self) -> str:
        begins, ends = (f"timestamp('{_utc(each)}')" for each in (self.begins, self.ends))
        return f"request.time >= {begins} && request.time < {ends}"


class ExpiringGrant(pulumi.ComponentResource):
    """What has ended stays as a line in the policy that grants nothing, until it leaves the program."""

    def __init__(
        self, name: str, args: ExpiringGrantArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("careplane:identity:ExpiringGrant", name, {}, opts)
        projects.IAMMember(
            name,
            project=args.project,
            role=args.role,
            member=args.member,
            condition={
                "title": f"until {_utc(args.ends)}",
                "description": args.reason,
                "expression": args.expression,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
