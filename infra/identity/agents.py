"""Google's own service identities in a project, which need the use of our keys before they can hold data.

https://cloud.google.com/iam/docs/service-agents. BigQuery, Logging and
Storage make theirs when asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_gcp import bigquery, logging, projects, storage


@dataclass(frozen=True)
class AgentsArgs:
    """`services` by short name, such as `pubsub` for pubsub.googleapis.com."""

    project: pulumi.Input[str]
    services: tuple[str, ...]
    depends_on: tuple[pulumi.Resource, ...] = ()


class ServiceAgents(pulumi.ComponentResource):
    """`members` maps a service's short name to its agent as an IAM member."""

    members: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AgentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:identity:ServiceAgents", name, {}, opts)
        self._name, self._args = name, args
        self.members = {service: self._member(service) for service in args.services}
        self.register_outputs({"members": self.members})

    def _member(self, service: str) -> pulumi.Output[str]:
        lookup = pulumi.InvokeOutputOptions(parent=self, depends_on=list(self._args.depends_on))
        if service == "bigquery":
            return bigquery.get_default_service_account_output(project=self._args.project, opts=lookup).member
        if service == "storage":
            return storage.get_project_service_account_output(project=self._args.project, opts=lookup).member
        if service == "logging":
            settings = logging.get_project_cmek_settings_output(project=self._args.project, opts=lookup)
            return settings.service_account_id.apply(lambda email: f"serviceAccount:{email}")
        return projects.ServiceIdentity(
            f"{self._name}-{service}",
            project=self._args.project,
            service=f"{service}.googleapis.com",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.depends_on)),
        ).member
