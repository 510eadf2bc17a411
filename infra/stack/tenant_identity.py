"""Who a tenant's runtime is: a service account of its own, the same at both of its sites."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config import TenantConfig
from infra.identity.account import Account, AccountArgs
from infra.stack.upstream import Upstream

ROLES = ("roles/cloudsql.instanceUser",)
"""None to write log entries, which could bear another tenant's name: Cloud Run writes what is its output."""


@dataclass(frozen=True)
class Identity:
    email: pulumi.Output[str]

    @property
    def member(self) -> pulumi.Output[str]:
        """As IAM names it."""
        return pulumi.Output.concat("serviceAccount:", self.email)

    @property
    def database_user(self) -> pulumi.Output[str]:
        """As Cloud SQL names it."""
        return self.email.apply(lambda email: email.removesuffix(".gserviceaccount.com"))


def identity(config: TenantConfig, first: Upstream | None) -> Identity:
    """Service accounts are global: the second site uses the first one's, which its copy of the data knows."""
    if first is not None:
        return Identity(first.text("serviceAccount"))
    account = Account(
        "runtime",
        AccountArgs(config.project, f"tenant-{config.tenant}", f"Runtime of {config.tenant}", ROLES),
    )
    return Identity(account.email)
