"""Rights for an emergency: asked for with a reason, approved, gone by themselves, and never unnoticed.

Privileged Access Manager: https://cloud.google.com/iam/docs/pam-overview (HIPAA 164.312(a)(2)(ii), AC-2(2)).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import privilegedaccessmanager

from infra.errors import ConfigError
from infra.identity.rights import require_member, require_role
from infra.identity.usage import UsageAlert, UsageAlertArgs

LONGEST_MINUTES = 12 * 60
SHORTEST_MINUTES = 30
"""Google's own least: https://cloud.google.com/iam/docs/pam-create-entitlements"""
_RESOURCES = {"projects": "Project", "folders": "Folder", "organizations": "Organization"}
_PARENT = re.compile(rf"({'|'.join(_RESOURCES)})/[^/]+")
_ID = re.compile(r"[a-z][a-z0-9-]{3,62}")


@dataclass(frozen=True)
class BreakGlassArgs:
    """`eligible` members may ask for `roles` on `parent`, with a reason, for `minutes` (60; 30 to 720).

    One of `approvers` must agree, with a reason too, unless `unapproved` says that nobody need. `alert` says
    where its use is seen and who is told: in the logs of `parent` itself, or in a log bucket brought them.
    `notified` are addresses that Google writes to besides.
    """

    parent: pulumi.Input[str]
    entitlement: str
    roles: tuple[str, ...]
    eligible: tuple[str, ...]
    approvers: tuple[str, ...]
    alert: UsageAlertArgs
    minutes: int = 60
    unapproved: bool = False
    notified: tuple[str, ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.parent, str) and not _PARENT.fullmatch(self.parent):
            raise ConfigError("parent", self.parent, [f"{kind}/ID" for kind in _RESOURCES])
        if not _ID.fullmatch(self.entitlement):
            raise ConfigError("entitlement", self.entitlement, "4 to 63 of a-z, 0-9 and -, a letter first")
        if not SHORTEST_MINUTES <= self.minutes <= LONGEST_MINUTES:
            raise ConfigError("minutes", self.minutes, f"{SHORTEST_MINUTES} to {LONGEST_MINUTES}")
        self._require_bucket()
        self._require_people()

    def _require_bucket(self) -> None:
        project = self.alert.project
        known = isinstance(self.parent, str) and isinstance(project, str)
        if known and self.alert.bucket is None and self.parent != f"projects/{project}":
            allowed = f"a log bucket of {project} that a sink brings the log entries of {self.parent} to"
            raise ConfigError("alert: bucket", None, allowed)

    def _require_people(self) -> None:
        if bool(self.approvers) == self.unapproved:
            raise ConfigError("approvers", ", ".join(self.approvers) or None, "approvers, or unapproved=True")
        for key, least in (("roles", self.roles), ("eligible", self.eligible)):
            if not least:
                raise ConfigError(key, None, "at least one")
        for role in self.roles:
            require_role("roles", role)
        for key, members in (("eligible", self.eligible), ("approvers", self.approvers)):
            for member in members:
                require_member(key, member)


class BreakGlass(pulumi.ComponentResource):
    """`name` is the entitlement's full name, which a person asks for a grant of."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: BreakGlassArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:identity:BreakGlass", name, {}, opts)
        parent = pulumi.Output.from_input(args.parent)
        self.alert = UsageAlert(
            f"{name}-used", args.alert, args.entitlement, pulumi.ResourceOptions(parent=self)
        )
        # The alert first: no entitlement is there whose use nobody would see.
        self.name = privilegedaccessmanager.Entitlement(
            name,
            entitlement_id=args.entitlement,
            parent=parent,
            location="global",
            max_request_duration=f"{args.minutes * 60}s",
            eligible_users=[{"principals": list(args.eligible)}],
            requester_justification_config={"unstructured": {}},
            privileged_access={
                "gcp_iam_access": {
                    "resource": pulumi.Output.concat("//cloudresourcemanager.googleapis.com/", parent),
                    "resource_type": parent.apply(_resource_type),
                    "role_bindings": [{"role": role} for role in args.roles],
                }
            },
            approval_workflow={
                "manual_approvals": {
                    "require_approver_justification": True,
                    "steps": [{"approvals_needed": 1, "approvers": {"principals": list(args.approvers)}}],
                }
            }
            if args.approvers
            else None,
            additional_notification_targets={"admin_email_recipients": list(args.notified)}
            if args.notified
            else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.alert, *args.depends_on]),
        ).name
        self.register_outputs({"name": self.name})


def _resource_type(parent: str) -> str:
    return f"cloudresourcemanager.googleapis.com/{_RESOURCES[parent.split('/')[0]]}"
