"""An Eventarc trigger: what happens in Google Cloud calls a Cloud Run service (checks 29, 40).

https://cloud.google.com/eventarc/docs/run/route-trigger-cloud-pubsub and route-trigger-cloud-audit-logs
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import eventarc

from infra.errors import ConfigError
from infra.events.invoker import invoker
from infra.identity.account import Account, AccountArgs
from infra.site import Site

RECEIVER = "roles/eventarc.eventReceiver"


@dataclass(frozen=True)
class TopicSource:
    """Messages of a topic of ours, which keeps its own key and storage policy."""

    topic: pulumi.Input[str]


@dataclass(frozen=True)
class AuditSource:
    """Calls that Cloud Audit Logs record: `service` such as healthcare.googleapis.com, `method` in full.

    `resource` narrows them to one resource by name, a pattern where it holds `*`.
    """

    service: str
    method: str
    resource: str | None = None

    def __post_init__(self) -> None:
        if not self.service.endswith(".googleapis.com"):
            raise ConfigError("service", self.service, "a name that ends in .googleapis.com")


@dataclass(frozen=True)
class TriggerArgs:
    """`service` is a Cloud Run service of the same project and region; `account` the identity's id."""

    site: Site
    trigger: str
    source: TopicSource | AuditSource
    service: pulumi.Input[str]
    account: str
    path: str = "/"
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ConfigError("path", self.path, "a path that begins with /")


class Trigger(pulumi.ComponentResource):
    """`member` is the trigger's own identity: it may call this service, and nothing else."""

    id: pulumi.Output[str]
    member: pulumi.Output[str]

    def __init__(self, name: str, args: TriggerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:events:Trigger", name, {}, opts)
        site = args.site
        account = Account(
            name,
            AccountArgs(
                site.project,
                args.account,
                f"Calls a service for trigger {args.trigger}",
                (RECEIVER,) if isinstance(args.source, AuditSource) else (),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.member = account.member
        calls = invoker(name, site, args.service, self.member, self)
        trigger = eventarc.Trigger(
            name,
            name=args.trigger,
            project=site.project,
            location=site.region,
            service_account=account.email,
            matching_criterias=_criteria(args.source),
            transport=_transport(args.source),
            destination={
                "cloud_run_service": {"service": args.service, "region": site.region, "path": args.path}
            },
            labels=dict(site.labels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, calls, *account.grants]),
        )
        self.id = trigger.id
        self.register_outputs({"id": self.id})


def _criteria(source: TopicSource | AuditSource) -> list[eventarc.TriggerMatchingCriteriaArgsDict]:
    if isinstance(source, TopicSource):
        return [{"attribute": "type", "value": "google.cloud.pubsub.topic.v1.messagePublished"}]
    found: list[eventarc.TriggerMatchingCriteriaArgsDict] = [
        {"attribute": "type", "value": "google.cloud.audit.log.v1.written"},
        {"attribute": "serviceName", "value": source.service},
        {"attribute": "methodName", "value": source.method},
    ]
    if source.resource and "*" in source.resource:
        pattern: eventarc.TriggerMatchingCriteriaArgsDict = {
            "attribute": "resourceName",
            "value": source.resource,
            "operator": "match-path-pattern",
        }
        return [*found, pattern]
    return [*found, {"attribute": "resourceName", "value": source.resource}] if source.resource else found


def _transport(source: TopicSource | AuditSource) -> eventarc.TriggerTransportArgsDict | None:
    """For audit logs Google makes the topic itself."""
    return {"pubsub": {"topic": source.topic}} if isinstance(source, TopicSource) else None
