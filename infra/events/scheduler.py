"""A Cloud Scheduler job: calls an address with its own identity, or publishes a message, at set times.

https://cloud.google.com/scheduler/docs/http-target-auth
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import available_timezones

import pulumi
from pulumi_gcp import cloudscheduler

from infra.errors import ConfigError
from infra.events.invoker import invoker
from infra.identity.account import Account, AccountArgs
from infra.site import Site

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


@dataclass(frozen=True)
class HttpTarget:
    """`account` is the id of the identity that the job calls with; `invokes` a Cloud Run service it may call.

    `audience` is by default the address itself; `deadline` of one attempt in seconds, 15 to 1,800.
    """

    uri: pulumi.Input[str]
    account: str
    invokes: pulumi.Input[str] | None = None
    audience: pulumi.Input[str] | None = None
    method: str = "POST"
    body: str | None = None
    deadline: int = 180

    def __post_init__(self) -> None:
        if isinstance(self.uri, str) and not self.uri.startswith("https://"):
            raise ConfigError("uri", self.uri, "an address that begins with https://")
        if self.method not in METHODS:
            raise ConfigError("method", self.method, METHODS)
        if not 15 <= self.deadline <= 1800:
            raise ConfigError("deadline", self.deadline, "15 to 1800 seconds")


@dataclass(frozen=True)
class TopicTarget:
    """Published by Cloud Scheduler's service agent, which the topic must list among its publishers."""

    topic: pulumi.Input[str]
    data: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """`count` more attempts, 0 to 5, `min_backoff` to `max_backoff` seconds apart."""

    count: int
    min_backoff: int = 5
    max_backoff: int = 3600

    def __post_init__(self) -> None:
        if not 0 <= self.count <= 5:
            raise ConfigError("retry.count", self.count, "0 to 5")
        if not 0 < self.min_backoff <= self.max_backoff:
            raise ConfigError("retry.min_backoff", self.min_backoff, f"1 to {self.max_backoff}")


@dataclass(frozen=True)
class ScheduleArgs:
    """`schedule` in unix-cron form, read in `time_zone`. Without `retry` Google's own rules hold."""

    site: Site
    job: str
    schedule: str
    target: HttpTarget | TopicTarget
    time_zone: str = "Etc/UTC"
    retry: Retry | None = None
    paused: bool = False
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\S+( \S+){4}", self.schedule):
            raise ConfigError("schedule", self.schedule, "five fields, such as 0 2 * * *")
        if self.time_zone not in available_timezones():
            raise ConfigError("time_zone", self.time_zone, "a name of the tz database, such as Europe/Berlin")


class Schedule(pulumi.ComponentResource):
    """`member` is the job's own identity, None where it publishes."""

    member: pulumi.Output[str] | None

    def __init__(self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:events:Schedule", name, {}, opts)
        target = args.target
        account = self._account(name, args, target) if isinstance(target, HttpTarget) else None
        self.member = account.member if account else None
        cloudscheduler.Job(
            name,
            name=args.job,
            project=args.site.project,
            region=args.site.region,
            schedule=args.schedule,
            time_zone=args.time_zone,
            paused=args.paused,
            # For a topic Google ignores the deadline, and the provider would ask for it for ever.
            attempt_deadline=f"{target.deadline}s" if isinstance(target, HttpTarget) else None,
            http_target=_http(target, account) if isinstance(target, HttpTarget) and account else None,
            pubsub_target=_publish(target) if isinstance(target, TopicTarget) else None,
            retry_config=_retry(args.retry) if args.retry else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.register_outputs({})

    def _account(self, name: str, args: ScheduleArgs, target: HttpTarget) -> Account:
        site = args.site
        account = Account(
            name,
            AccountArgs(site.project, target.account, f"Calls an address for schedule {args.job}"),
            pulumi.ResourceOptions(parent=self),
        )
        if target.invokes is not None:
            invoker(name, site, target.invokes, account.member, self)
        return account


def _http(target: HttpTarget, account: Account) -> cloudscheduler.JobHttpTargetArgsDict:
    found: cloudscheduler.JobHttpTargetArgsDict = {
        "uri": target.uri,
        "http_method": target.method,
        "oidc_token": {
            "service_account_email": account.email,
            "audience": target.uri if target.audience is None else target.audience,
        },
    }
    if target.body is not None:
        found["body"] = base64.b64encode(target.body.encode()).decode()
        found["headers"] = {"Content-Type": "application/json"}
    return found


def _publish(target: TopicTarget) -> cloudscheduler.JobPubsubTargetArgsDict:
    found: cloudscheduler.JobPubsubTargetArgsDict = {
        "topic_name": target.topic,
        "data": base64.b64encode(target.data.encode()).decode(),
    }
    if target.attributes:
        found["attributes"] = dict(target.attributes)
    return found


def _retry(retry: Retry) -> cloudscheduler.JobRetryConfigArgsDict:
    return {
        "retry_count": retry.count,
        "min_backoff_duration": f"{retry.min_backoff}s",
        "max_backoff_duration": f"{retry.max_backoff}s",
    }
