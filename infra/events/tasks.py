"""A Cloud Tasks queue: calls to one service, at a rate that it bears, tried again until they succeed.

https://cloud.google.com/tasks/docs/creating-http-target-tasks#queue-level
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import cloudtasks

from infra.errors import ConfigError
from infra.events.invoker import invoker
from infra.identity.account import Account, AccountArgs
from infra.site import Site


@dataclass(frozen=True)
class Rate:
    """At most so many calls a second, and so many at a time."""

    per_second: float = 50
    concurrent: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.per_second <= 500:
            raise ConfigError("rate.per_second", self.per_second, "more than 0, at most 500")
        if not 1 <= self.concurrent <= 5000:
            raise ConfigError("rate.concurrent", self.concurrent, "1 to 5000")


@dataclass(frozen=True)
class Retries:
    """`attempts` in all, -1 without end; between them `min_backoff` to `max_backoff` seconds."""

    attempts: int = 100
    min_backoff: float = 1
    max_backoff: float = 600

    def __post_init__(self) -> None:
        if self.attempts == 0 or self.attempts < -1:
            raise ConfigError("retries.attempts", self.attempts, "-1, or 1 and more")
        if not 0 < self.min_backoff <= self.max_backoff:
            raise ConfigError("retries.min_backoff", self.min_backoff, f"more than 0, to {self.max_backoff}")


@dataclass(frozen=True)
class QueueArgs:
    """Tasks are called with the identity `account`, at `host` alone, over HTTPS, whatever a task asks for.

    `service` is the Cloud Run service there, `audience` what the token is for; `enqueuers` maps a short name
    to an IAM member. `log_sample` is the share of calls that are logged, 0 to 1.
    """

    site: Site
    queue: str
    account: str
    service: pulumi.Input[str]
    host: pulumi.Input[str]
    audience: pulumi.Input[str]
    enqueuers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    rate: Rate = field(default_factory=Rate)
    retries: Retries = field(default_factory=Retries)
    log_sample: float = 1.0
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.host, str) and ("/" in self.host or ":" in self.host):
            raise ConfigError("host", self.host, "a host name, without scheme, port or path")
        if not 0 <= self.log_sample <= 1:
            raise ConfigError("log_sample", self.log_sample, "0 to 1")


class Queue(pulumi.ComponentResource):
    """`id` is its full name; `member` the identity that its tasks are called with."""

    id: pulumi.Output[str]
    member: pulumi.Output[str]

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:events:Queue", name, {}, opts)
        site = args.site
        account = Account(
            name,
            AccountArgs(site.project, args.account, f"Calls a service for queue {args.queue}"),
            pulumi.ResourceOptions(parent=self),
        )
        self.member = account.member
        invoker(name, site, args.service, self.member, self)
        queue = cloudtasks.Queue(
            name,
            name=args.queue,
            project=site.project,
            location=site.region,
            rate_limits={
                "max_dispatches_per_second": args.rate.per_second,
                "max_concurrent_dispatches": args.rate.concurrent,
            },
            retry_config={
                "max_attempts": args.retries.attempts,
                "min_backoff": _seconds(args.retries.min_backoff),
                "max_backoff": _seconds(args.retries.max_backoff),
            },
            http_target={
                "uri_override": {
                    "scheme": "HTTPS",
                    "host": args.host,
                    "uri_override_enforce_mode": "ALWAYS",
                },
                "oidc_token": {"service_account_email": account.email, "audience": args.audience},
            },
            stackdriver_logging_config={"sampling_ratio": args.log_sample},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.id = queue.id
        for who, member in args.enqueuers.items():
            cloudtasks.QueueIamMember(
                f"{name}-{who}",
                project=site.project,
                location=site.region,
                name=queue.name,
                role="roles/cloudtasks.enqueuer",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"id": self.id})


def _seconds(value: float) -> str:
    return f"{value:g}s"
