"""Whom alerts reach: e-mail addresses and Pub/Sub topics.

https://cloud.google.com/monitoring/support/notification-options
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import monitoring, pubsub

from infra.errors import ConfigError

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class ChannelsArgs:
    """`emails` and `topics` by short names; `agent` is Monitoring's notification agent, an IAM member.

    The agent (service-NUMBER@gcp-sa-monitoring-notification.iam.gserviceaccount.com) publishes to the
    topics, and is granted that here.
    """

    project: pulumi.Input[str]
    emails: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    agent: pulumi.Input[str] | None = None
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        for name, address in self.emails.items():
            if not EMAIL.fullmatch(address):
                raise ConfigError(
                    f"notification e-mail {name}", address, "an address such as ops@example.org"
                )
        if self.topics and self.agent is None:
            raise ConfigError("notification agent", None, "Monitoring's notification agent, for its topics")
        if twice := self.emails.keys() & self.topics.keys():
            raise ConfigError("notification channel", sorted(twice), "a name of its own for each")


class Channels(pulumi.ComponentResource):
    """`ids` maps each short name to the channel's full name; `all` are the same as a tuple."""

    ids: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: ChannelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:monitoring:Channels", name, {}, opts)
        self._name, self._args = name, args
        self.ids = {who: self._email(who, address) for who, address in args.emails.items()}
        self.ids |= {who: self._topic(who, topic) for who, topic in args.topics.items()}
        self.register_outputs({"ids": self.ids})

    @property
    def all(self) -> tuple[pulumi.Input[str], ...]:
        return tuple(self.ids.values())

    def _email(self, who: str, address: str) -> pulumi.Output[str]:
        return self._channel(who, "email", {"email_address": address}, list(self._args.depends_on))

    def _topic(self, who: str, topic: pulumi.Input[str]) -> pulumi.Output[str]:
        assert self._args.agent is not None
        grant = pubsub.TopicIAMMember(
            f"{self._name}-{who}-publisher",
            project=self._args.project,
            topic=topic,
            role="roles/pubsub.publisher",
            member=self._args.agent,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return self._channel(who, "pubsub", {"topic": topic}, [grant, *self._args.depends_on])

    def _channel(
        self, who: str, kind: str, labels: dict[str, pulumi.Input[str]], after: list[pulumi.Resource]
    ) -> pulumi.Output[str]:
        return monitoring.NotificationChannel(
            f"{self._name}-{who}",
            project=self._args.project,
            type=kind,
            display_name=who,
            labels=labels,
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        ).id
